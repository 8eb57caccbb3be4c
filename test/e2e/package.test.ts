/** What `npm run build` makes: installed into a project of its own, it serves servers, worker, types and the command line. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { environment, sources } from './world/ratchet.ts';
import { writeRows } from './world/rows.ts';

/** Below the clone, whose node_modules serve as the dependencies that npm would install. */
const project = join(sources, '.ratchet', 'e2e-package');
const installed = join(project, 'node_modules', 'ratchet-ml');

const ratchet = (...args: string[]) =>
  spawnSync(process.execPath, [join(installed, 'bin.mjs'), ...args], {
    cwd: project,
    env: environment(project),
    encoding: 'utf8',
  });

/** Paths of the packed files. */
let held: string[] = [];
beforeAll(() => {
  rmSync(project, { recursive: true, force: true });
  mkdirSync(installed, { recursive: true });
  execFileSync('npm', ['run', 'build'], { cwd: sources, stdio: 'pipe' });
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', join(sources, 'dist'), '--json', '--pack-destination', project], { encoding: 'utf8' }),
  ) as { filename: string; files: { path: string }[] }[];
  held = packed?.files.map(({ path }) => path) ?? [];
  execFileSync('tar', ['-xzf', join(project, packed?.filename ?? ''), '-C', installed, '--strip-components=1']);
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
});
afterAll(() => {
  ratchet('down');
});

const script = `import json, os
import mlflow, pandas as pd
from sklearn.linear_model import LogisticRegression

job = json.load(open(os.environ["RATCHET_JOB"]))
rows = pd.read_parquet(job["inputs"]["features"]["path"])
model = LogisticRegression().fit(rows.drop(columns=["y"]), rows["y"])
mlflow.sklearn.log_model(model, name="model", input_example=rows.drop(columns=["y"]).head(3))
`;

test('a pipeline is written, its types hold, and its model is promoted', () => {
  writeFileSync(join(project, 'fit.py'), script);
  writeRows(join(project, 'customers.csv'));
  const made = ratchet('init', '--trainer', 'fit.py', '--data', 'customers.csv', '--target', 'y');
  expect(made.status, made.stderr).toBe(0);

  const options = { strict: true, module: 'nodenext', target: 'es2023', noEmit: true, types: [] };
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...options, skipLibCheck: true }, include: ['pipelines/**/*.ts'] }),
  );
  const tsc = spawnSync(process.execPath, [join(sources, 'node_modules/typescript/bin/tsc'), '-p', project], {
    encoding: 'utf8',
  });
  expect(tsc.stdout).toBe('');

  const dev = ratchet('dev');
  expect(dev.status, dev.stderr).toBe(0);
  const ran = ratchet('run', 'customers', '--wait', '--json');
  expect(ran.status, `${ran.stdout}${ran.stderr}`).toBe(0);
  expect(JSON.parse(ran.stdout)).toMatchObject({ status: 'promoted', modelVersion: '1' });
  expect(ratchet('check').status).toBe(0);
});

test('data is added and a dvc.yaml is run, also where the code is in bundles', () => {
  const repository = join(project, 'data-repository');
  mkdirSync(join(repository, 'data'), { recursive: true });
  const own = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(installed, 'bin.mjs'), ...args], {
      cwd: repository,
      env: environment(repository),
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    return stdout;
  };
  own('data', 'init');
  for (const name of ['a', 'b']) writeFileSync(join(repository, 'data', name), name);
  own('data', 'add', 'data');
  expect(JSON.parse(own('data', 'verify', '--json'))).toEqual({ whole: 3, damaged: [], absent: [] });
  writeFileSync(join(repository, 'params.yaml'), 'n: 1\n');
  writeFileSync(
    join(repository, 'dvc.yaml'),
    'stages:\n  s:\n    cmd: cat data/a data/b > out\n    deps: [data]\n    params: [n]\n    outs: [out]\n',
  );
  expect(JSON.parse(own('repro', '--local', '--json'))).toEqual({ stages: [{ stage: 's', outcome: 'ran' }] });
  expect(JSON.parse(own('data', 'status', '--json'))).toEqual({});
});

test('it holds its licence, its words, what is built and what runs need, and nothing else', () => {
  const code = [
    'adapters',
    'contracts',
    'decisions',
    'expectations',
    'features',
    'pipelines',
    'programs',
    'stack',
    'workers',
    'workflows',
  ];
  const texts = [
    'CHANGELOG.md',
    'LICENSE',
    'NOTICE',
    'README.md',
    'THIRD-PARTY-LICENSES.md',
    'bin.mjs',
    'package.json',
  ];
  expect([...new Set(held.map((path) => path.split('/')[0]))].toSorted()).toEqual(
    [...texts, ...code, 'trainers'].toSorted(),
  );
  expect([...new Set(held.map((path) => extname(path)))].toSorted()).toEqual(
    ['', '.cjs', '.in', '.js', '.lock', '.md', '.mjs', '.json', '.py', '.ts'].toSorted(),
  );
  // Sources only of the pipeline for the demo, which is there as any project's.
  const sources = held.filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'));
  expect(sources.filter((path) => !path.startsWith('pipelines/flight-delays/'))).toEqual([]);
});

test('the pipeline that the package brings is there for the demo', () => {
  cpSync(join(installed, 'pipelines', 'flight-delays'), join(project, 'pipelines', 'flight-delays'), {
    recursive: true,
  });
  const graph = ratchet('graph', 'flight-delays');
  expect(graph.stdout, graph.stderr).toMatch(/validateData/);
});
