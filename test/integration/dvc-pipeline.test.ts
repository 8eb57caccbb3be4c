/** `ratchet repro`, `data status|diff`, `metrics` and `params` on a pipeline that DVC ran: what is changed, what is run, and dvc.lock byte for byte. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runVerbIn } from '../fixtures/verbs.ts';

const golden = join(import.meta.dirname, '..', 'golden', 'dvc');
const folder = mkdtempSync(join(tmpdir(), 'ratchet-dvc-pipeline-'));
type Recorded = Record<string, { exit_code: number; json?: unknown }>;
const recordedIn = (name: string) => JSON.parse(readFileSync(join(golden, name), 'utf8')) as Recorded;
const probes = recordedIn('status-probes.json');
const recorded = recordedIn('recorded.json');

let bin = '';
beforeAll(() => {
  // Commands of the recorded pipeline say python.
  bin = join(folder, 'bin');
  mkdirSync(bin);
  symlinkSync(execFileSync('sh', ['-c', 'command -v python3'], { encoding: 'utf8' }).trim(), join(bin, 'python'));
});
afterAll(() => {
  execFileSync('chmod', ['-R', 'u+w', folder]);
  rmSync(folder, { recursive: true, force: true });
});

let root = '';
let count = 0;
const fresh = (): string => {
  count += 1;
  const place = join(folder, String(count));
  mkdirSync(place);
  return place;
};
const verb = (...args: string[]) => runVerbIn(root, { PATH: `${bin}:${process.env.PATH}`, SHELL: '/bin/sh' }, ...args);
const ok = async (...args: string[]) => {
  const told = await verb(...args);
  expect(told, told.stderr).toMatchObject({ code: 0 });
  return told;
};
const json = async (...args: string[]) => JSON.parse((await ok(...args, '--json')).stdout);
const text = (path: string) => readFileSync(join(root, path), 'utf8');
const write = (path: string, content: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
};
const edit = (path: string, from: string | RegExp, to: string) => {
  const before = text(path);
  const after = before.replace(from, to);
  expect(after, `${path} has ${from}`).not.toBe(before);
  writeFileSync(join(root, path), after);
};
const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' });
/** Which stages ran, in order. */
const ran = async (...args: string[]) => {
  const { stages } = await json('repro', '--local', ...args);
  return Object.fromEntries(
    (stages as { stage: string; outcome: string }[]).map(({ stage, outcome }) => [stage, outcome]),
  );
};

describe('a pipeline that DVC ran', () => {
  /** As its first commit left it, with its data. */
  beforeEach(async () => {
    const place = fresh();
    for (const name of ['repo', 'remote']) execFileSync('tar', ['xzf', join(golden, `${name}.tar.gz`)], { cwd: place });
    root = join(place, 'repo');
    git('checkout', '-q', 'c1');
    await ok('data', 'pull', '--force');
  });

  const changes: Record<string, () => void> = {
    touch_mtime_only: () => utimesSync(join(root, 'src/step.py'), 1, 1),
    dep_changed: () => appendFileSync(join(root, 'src/step.py'), '# changed\n'),
    param_changed: () => edit('params.yaml', 'lr: 0.01', 'lr: 0.02'),
    untracked_param_changed: () => edit('params.yaml', 'epochs: 10', 'epochs: 11'),
    nested_param_changed: () => edit('params.yaml', 'beta: 0.9', 'beta: 0.8'),
    param_int_to_float: () => edit('params.yaml', 'seed: 42', 'seed: 42.0'),
    param_reorder_keys: () => edit('params.yaml', 'name: adam, beta: 0.9', 'beta: 0.9, name: adam'),
    desc_only_changed: () => edit('dvc.yaml', 'desc: first stage', 'desc: the first stage'),
    cmd_changed: () => edit('dvc.yaml', 'step.py out/froz.txt 0', 'step.py  out/froz.txt 0'),
    out_deleted: () => rmSync(join(root, 'out/prep.txt')),
    out_modified: () => writeFileSync(join(root, 'out/prep.txt'), 'other'),
    noncached_out_modified: () => writeFileSync(join(root, 'sub/res.txt'), 'other'),
    metric_deleted: () => rmSync(join(root, 'metrics.json')),
    frozen_dep_changed: () => writeFileSync(join(root, 'frozen_in.txt'), 'other'),
    dir_file_added: () => writeFileSync(join(root, 'data/imgs/new.txt'), 'new'),
    dir_ignored_file_added: () => writeFileSync(join(root, 'data/imgs/new.tmp'), 'new'),
    dir_file_renamed: () => renameSync(join(root, 'data/imgs/10.txt'), join(root, 'data/imgs/11.txt')),
    lock_removed: () => rmSync(join(root, 'dvc.lock')),
    dep_missing: () => rmSync(join(root, 'data/raw.csv')),
    dotdvc_deleted_data: () => rmSync(join(root, 'data/single.bin')),
  };
  test.each(Object.keys(changes))('what `dvc status` says: %s', async (name) => {
    changes[name]?.();
    expect(await json('data', 'status')).toEqual(probes[name]?.json);
    expect(await verb('data', 'status', '-q')).toMatchObject({ code: 1, stdout: '' });
  });

  test('what DVC refuses is refused, with the place where it stands', async () => {
    expect(await verb('data', 'status', 'nosuch')).toMatchObject({ code: 2, stderr: expect.stringMatching(/nosuch/) });
    edit('params.yaml', 'seed: 42\n', '');
    expect(await verb('data', 'status')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/dvc\.yaml, stages\.prepare\.cmd: could not find 'seed'/),
    });
    write('dvc.yaml', 'stages: {\n');
    expect(await verb('data', 'status')).toMatchObject({
      stderr: expect.stringMatching(/dvc\.yaml, line \d, column \d/),
    });
  });

  test('a status of one stage', async () => {
    appendFileSync(join(root, 'src/eval.py'), '# changed\n');
    expect(await json('data', 'status', 'evaluate')).toEqual(probes.status_target?.json);
  });

  test.each(['c1', 'c2'])('run anew it gives the dvc.lock of %s byte for byte', async (commit) => {
    git('checkout', '-q', commit);
    await ok('data', 'pull', '--force');
    rmSync(join(root, 'dvc.lock'));
    await ok('repro', '--local', '--force');
    expect(git('status', '--porcelain')).toBe('');
    expect(await json('data', 'status')).toEqual(recorded.status_after_repro?.json);
  });

  test('differences between commits, and of the workspace', async () => {
    git('checkout', '-q', 'c2');
    await ok('data', 'pull', '--force');
    const sorted = (found: Record<string, { path: string }[]>) =>
      Object.fromEntries(
        Object.entries(found).map(([kind, each]) => [
          kind,
          [...each].sort((a, b) => (JSON.stringify(a.path) < JSON.stringify(b.path) ? -1 : 1)),
        ]),
      );
    const said = (step: string) => recorded[step]?.json as Record<string, { path: string }[]>;
    expect(sorted(await json('data', 'diff', 'c1', 'c2'))).toEqual(sorted(said('diff_c1_c2')));
    expect(sorted(await json('data', 'diff', 'c1', 'c2', '--show-hash'))).toEqual(sorted(said('diff_c1_c2_hash')));
    expect(await json('data', 'diff', 'c2', 'c2')).toEqual({});
    // The workspace was as c2 became when it was looked at.
    expect(sorted(await json('data', 'diff', 'c1'))).toEqual(sorted(said('diff_ws')));
    expect(await json('metrics', 'diff', 'c1', 'c2')).toEqual(recorded.metrics_diff_c1_c2?.json);
    expect(await json('metrics', 'diff', 'c1')).toEqual(recorded.metrics_diff_ws?.json);
    expect(await json('metrics', 'diff', 'c1', 'c2', '--all')).toEqual(recorded.metrics_diff_all?.json);
    expect(await json('params', 'diff', 'c1', 'c2')).toEqual(recorded.params_diff_c1_c2?.json);
    expect(await json('params', 'diff', 'c1', 'c2', '--all')).toEqual(recorded.params_diff_all?.json);
    expect(await json('params', 'diff', 'c1', 'c2', '--deps')).toEqual(recorded.params_diff_deps?.json);
    expect(await json('metrics', 'show', 'c1', 'c2')).toEqual(recorded.metrics_show_all_tags?.json);
    git('checkout', '-q', 'c1');
    await ok('data', 'checkout');
    expect(await json('metrics', 'show')).toEqual(recorded.metrics_show?.json);
    expect(await verb('data', 'diff', 'nosuch')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no revision nosuch/),
    });
    expect(await verb('data', 'diff', '--', '--output=x')).toMatchObject({ code: 2 });
    expect(existsSync(join(root, 'x'))).toBe(false);
  });

  test('what nothing changed for is skipped, what changed is run with all behind it, and the run cache knows what was', async () => {
    const before = text('dvc.lock');
    expect(Object.entries(await ran()).filter(([, outcome]) => outcome !== 'unchanged')).toEqual([['clock', 'ran']]);
    edit('params.yaml', 'lr: 0.01', 'lr: 0.03');
    expect(await ran('evaluate')).toEqual({
      ...{ prepare: 'unchanged', 'split@us': 'unchanged' },
      ...{ 'train@us-1': 'ran', evaluate: 'ran' },
    });
    expect(await json('data', 'status', 'train@us-1', 'evaluate')).toEqual({});
    edit('params.yaml', 'lr: 0.03', 'lr: 0.04');
    await ok('repro', '--local', 'evaluate');
    edit('params.yaml', 'lr: 0.04', 'lr: 0.03');
    expect(await ran('evaluate')).toMatchObject({ 'train@us-1': 'cached', evaluate: 'cached' });
    expect(await ran('evaluate', '--no-run-cache')).toMatchObject({ 'train@us-1': 'unchanged' });
    edit('params.yaml', 'lr: 0.03', 'lr: 0.01');
    await ok('repro', '--local', '--no-run-cache');
    expect(text('dvc.lock')).toBe(before);
    // A change that gives the same bytes ends there.
    appendFileSync(join(root, 'src/step.py'), '# a remark\n');
    edit('dvc.yaml', 'deps: [models/us_1, src/eval.py]', 'deps: [models/us_1]');
    expect(await ran('evaluate')).toMatchObject({ prepare: 'ran', 'split@us': 'ran', evaluate: 'unchanged' });
    // A deleted output comes from the cache.
    rmSync(join(root, 'models/us_1'), { recursive: true });
    expect(await ran('train@us-1')).toMatchObject({ 'train@us-1': 'cached' });
    expect(readdirSync(join(root, 'models/us_1'))).toEqual(['m.txt']);
  });

  test('data that changed is tracked as it is now, as with DVC', async () => {
    appendFileSync(join(root, 'data/raw.csv'), 'more\n');
    expect(await ran('prepare')).toEqual({ prepare: 'ran' });
    expect(await json('data', 'status', 'data/raw.csv', 'prepare')).toEqual({});
    expect(git('diff', '--name-only').split('\n')).toEqual(['data/raw.csv.dvc', 'dvc.lock', '']);
  });

  test('says what it would run, and runs nothing', async () => {
    edit('params.yaml', 'lr: 0.01', 'lr: 0.05');
    const { stages } = await json('repro', '--local', '--dry', 'evaluate');
    expect(stages).toEqual([
      { stage: 'prepare', outcome: 'unchanged' },
      { stage: 'split@us', outcome: 'unchanged' },
      { stage: 'train@us-1', outcome: 'would run' },
      { stage: 'evaluate', outcome: 'would run' },
    ]);
    expect((await ok('repro', '--local', '--dry', 'train@us-1')).stdout).toContain(
      'would run  train@us-1\n           > python src/step.py models/us_1/m.txt 0.05 out/split_us.txt\n',
    );
    expect(git('status', '--porcelain')).toBe(' M params.yaml\n');
  });
});

describe('a pipeline of one’s own', () => {
  beforeEach(async () => {
    root = fresh();
    git('init', '-q', '.');
    await ok('data', 'init');
  });
  const repro = (...args: string[]) => verb('repro', '--local', ...args);

  test('a command that fails leaves its stage as it was locked, and says how it ended', async () => {
    write('in.txt', '1');
    write(
      'dvc.yaml',
      'stages:\n  a:\n    cmd: cp in.txt a.txt\n    deps: [in.txt]\n    outs: [a.txt]\n  b:\n    cmd: test "$(cat a.txt)" = 1 && cp a.txt b.txt\n    deps: [a.txt]\n    outs: [b.txt]\n  c:\n    cmd: cp b.txt c.txt\n    deps: [b.txt]\n    outs: [c.txt]\n  d:\n    cmd: cp in.txt d.txt\n    deps: [in.txt]\n    outs: [d.txt]\n',
    );
    expect(await ran()).toEqual({ a: 'ran', b: 'ran', c: 'ran', d: 'ran' });
    expect(text('.gitignore')).toBe('/a.txt\n/b.txt\n/c.txt\n/d.txt\n');
    write('in.txt', '2');
    const failed = await repro();
    expect(failed).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/b failed: `test .*` ended with exit code 1/),
    });
    expect(await json('data', 'status')).toEqual({
      b: [{ 'changed deps': { 'a.txt': 'modified' } }, { 'changed outs': { 'b.txt': 'deleted' } }],
      c: [{ 'changed deps': { 'b.txt': 'deleted' } }],
      d: [{ 'changed deps': { 'in.txt': 'modified' } }],
    });
    const kept = await repro('--keep-going', '--json');
    expect(kept.code).toBe(1);
    expect(kept.json().error).toEqual({ type: 'JobFailed', message: 'stages that failed: 1; skipped behind them: 1' });
    expect(kept.json().stages).toEqual([
      ...[
        { stage: 'a', outcome: 'unchanged' },
        { stage: 'b', outcome: 'failed' },
      ],
      ...[
        { stage: 'c', outcome: 'skipped' },
        { stage: 'd', outcome: 'ran' },
      ],
    ]);
    write('in.txt', '1');
    expect(await ran()).toEqual({ a: 'cached', b: 'cached', c: 'unchanged', d: 'cached' });
  });

  test.each([
    ['an output that was not made', 'cmd: "true"\n    outs: [b.txt]', /ran, and its output b\.txt is not there/],
    ['a dependency that is not there', 'cmd: "true"\n    deps: [no.txt]', /needs no\.txt, which is not there/],
    [
      'a parameter that is not there',
      'cmd: "true"\n    params: [x.y]',
      /needs the parameters params\.yaml, which are not there/,
    ],
    [
      'a frozen stage that never ran',
      'cmd: touch b.txt\n    frozen: true\n    outs: [b.txt]',
      /is frozen, and its output b\.txt is not there/,
    ],
    ['a shell that does not know the command', 'cmd: nosuchcommand', /nosuchcommand` ended with exit code 127/],
  ])('%s is told', async (_, stage, message) => {
    write('dvc.yaml', `stages:\n  a:\n    ${stage}\n`);
    const told = await repro();
    expect(told.code).not.toBe(0);
    expect(told.stderr).toMatch(message);
    expect(told.stderr).not.toMatch(/\n\s+at /);
    expect(existsSync(join(root, 'dvc.lock'))).toBe(false);
  });

  test.each([
    [
      'a key that nobody knows',
      'a:\n    cmd: x\n    out: [y]',
      /line 4, column 5: stages\.a\.out: it is not known here/,
    ],
    ['no command', 'a:\n    outs: [y]', /stages\.a\.cmd/],
    [
      'a flag that is no boolean',
      'a:\n    cmd: x\n    outs:\n    - y:\n        cache: 7',
      /line 6, column 9: stages\.a\.outs\.0\.y\.cache/,
    ],
    ['a name that is none', 'a b:\n    cmd: x', /line 2, column 3: a stage cannot be called "a b"/],
    [
      'a circle',
      'a:\n    cmd: x\n    deps: [b]\n    outs: [c]\n  d:\n    cmd: x\n    deps: [c]\n    outs: [b]',
      /a → d → a: each needs the next/,
    ],
    ['an output of two', 'a:\n    cmd: x\n    outs: [c]\n  d:\n    cmd: x\n    outs: [c]', /c is made by a and by d/],
    [
      'an output in another one',
      'a:\n    cmd: x\n    outs: [c]\n  d:\n    cmd: x\n    outs: [c/e]',
      /c\/e of d lies in c of a/,
    ],
    ['an output outside', 'a:\n    cmd: x\n    outs: [../c]', /\.\.\/c is outside of the repository/],
    ['a wdir outside', 'a:\n    cmd: x\n    wdir: ..', /is outside of the repository/],
    ['the repository as an output', 'a:\n    cmd: x\n    outs: [.]', /is the repository itself/],
    ['a dependency elsewhere', 'a:\n    cmd: x\n    deps: ["s3://b/c"]', /s3:\/\/b\/c is not on this machine/],
    ['a list in a text', 'a:\n    cmd: x ${l}', /is a list, which cannot stand in a text/],
    ['an expression that is none', 'a:\n    cmd: x ${a..b}', /\$\{a\.\.b\} is no path/],
    [
      'a foreach over a figure',
      'a:\n    foreach: ${n}\n    do:\n      cmd: x',
      /foreach is 7: a list or a map is wanted/,
    ],
    ['an alias that unfolds without end', 'a: &a\n    cmd: [*a, *a]', /dvc\.yaml/],
  ])('%s is refused before anything runs', async (_, stages, message) => {
    write('params.yaml', 'l: [1]\nn: 7\n');
    write('dvc.yaml', `stages:\n  ${stages}\n`);
    const told = await repro();
    expect(told.code).toBe(2);
    expect(told.stderr).toMatch(message);
    expect(told.stderr).not.toMatch(/\n\s+at /);
  });

  test('parameters of YAML, JSON, TOML and Python, and names nested as in params.yaml', async () => {
    write('params.yaml', 'prepare: { split_ratio: 0.2, random_seed: 42, other: 1 }\n');
    write('p.json', '{ "a": { "b": 1.0 }, "c": 1 }');
    write('p.toml', 'lr = 1e-5\n[net]\nlayers = [64, 32]\n');
    write(
      'p.py',
      'LR: float = 0.1\nSHAPES = {"a": (1, 2)}\nx = open("p.py")\nclass Net:\n  depth = 3\n  def __init__(self):\n    self.width = 8\n',
    );
    write(
      'dvc.yaml',
      'stages:\n  prepare:\n    cmd: echo $DVC_STAGE > out.txt\n    params:\n    - prepare:\n        - split_ratio\n        - random_seed\n    - p.json: [a.b]\n    - p.toml:\n    - p.py: [LR, Net.width, SHAPES.a]\n    outs: [out.txt]\n',
    );
    expect(await ran()).toEqual({ prepare: 'ran' });
    expect(text('out.txt')).toBe('prepare\n');
    expect(text('dvc.lock')).toMatch(
      /params:\n {6}params\.yaml:\n {8}prepare\.random_seed: 42\n {8}prepare\.split_ratio: 0\.2\n {6}p\.json:\n {8}a\.b: 1\.0\n {6}p\.py:\n {8}LR: 0\.1\n {8}Net\.width: 8\n {8}SHAPES\.a:\n {8}- 1\n {8}- 2\n {6}p\.toml:\n {8}lr: 1e-05\n {8}net:\n/,
    );
    write('p.json', '{ "a": { "b": 1 }, "c": 2 }');
    edit('params.yaml', 'other: 1', 'other: 2');
    expect(await json('data', 'status')).toEqual({});
    edit('p.toml', '64', '65');
    edit('p.py', 'width = 8', 'width = 9');
    expect(await json('data', 'status')).toEqual({
      prepare: [{ 'changed deps': { 'p.toml': { net: 'modified' }, 'p.py': { 'Net.width': 'modified' } } }],
    });
    write('p.toml', 'lr = = 1');
    expect(await verb('data', 'status')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/p\.toml, line 1, column \d/),
    });
    write('p.toml', '');
    write('p.py', 'x = (');
    expect(await verb('data', 'status')).toMatchObject({ code: 2, stderr: expect.stringMatching(/p\.py, line 1/) });
  });

  test('an output that stays is not removed, and is no link into the cache', async () => {
    write('.dvc/config.local', '[cache]\n    type = hardlink\n');
    write(
      'dvc.yaml',
      'stages:\n  log:\n    cmd: date >> log.txt; echo a >> log.txt\n    always_changed: true\n    outs:\n    - log.txt:\n        persist: true\n',
    );
    for (const lines of [2, 4, 6]) {
      await ok('repro', '--local');
      expect(text('log.txt').trim().split('\n')).toHaveLength(lines);
    }
    const cache = join(root, '.dvc/cache/files/md5');
    for (const prefix of readdirSync(cache))
      for (const name of readdirSync(join(cache, prefix)))
        expect(
          createHash('md5')
            .update(readFileSync(join(cache, prefix, name)))
            .digest('hex'),
        ).toBe(prefix + name);
  });

  test('what a stage writes on what it reads is told, and locked as it was read', async () => {
    write('in.txt', '1');
    write(
      'dvc.yaml',
      'stages:\n  a:\n    cmd: cp in.txt a.txt && echo more >> in.txt\n    deps: [in.txt]\n    outs: [a.txt]\n',
    );
    expect((await ok('repro', '--local')).stderr).toMatch(
      /in\.txt was written while a ran: what it read is locked, so it will run again/,
    );
    expect(await json('data', 'status')).toEqual({ a: [{ 'changed deps': { 'in.txt': 'modified' } }] });
    expect(existsSync(join(root, '.dvc/cache/runs'))).toBe(false);
    edit('dvc.yaml', 'echo more >> in.txt', 'rm in.txt');
    expect((await ok('repro', '--local')).stderr).toMatch(/in\.txt was written while a ran/);
    expect(await verb('repro', '--local')).toMatchObject({ code: 2, stderr: expect.stringMatching(/a needs in\.txt/) });
  });

  test('an output behind a link that leads out is refused before anything is removed', async () => {
    const outside = join(folder, `outside-${count}`);
    mkdirSync(outside);
    writeFileSync(join(outside, 'x'), 'precious');
    symlinkSync(outside, join(root, 'link'));
    write('dvc.yaml', 'stages:\n  a:\n    cmd: echo a > link/x\n    outs: [link/x]\n');
    expect(await repro()).toMatchObject({ code: 2, stderr: expect.stringMatching(/is behind a link that leads to/) });
    expect(readFileSync(join(outside, 'x'), 'utf8')).toBe('precious');
  });

  test('what is read may lie elsewhere', async () => {
    const outside = join(folder, `read-${count}`);
    mkdirSync(join(outside, 'more'), { recursive: true });
    writeFileSync(join(outside, 'x'), '1');
    writeFileSync(join(outside, 'more', 'y'), '2');
    const far = `../read-${count}`;
    write(
      'dvc.yaml',
      `stages:\n  a:\n    cmd: cat ${far}/x ${far}/more/y > out\n    deps: [${far}/x, ${outside}/more]\n    outs: [out]\n`,
    );
    expect(await ran()).toEqual({ a: 'ran' });
    expect(text('dvc.lock')).toContain(`- path: ${far}/x\n`);
    writeFileSync(join(outside, 'more', 'y'), '3');
    expect(await json('data', 'status')).toEqual({ a: [{ 'changed deps': { [join(outside, 'more')]: 'modified' } }] });
    expect(await ran()).toEqual({ a: 'ran' });
    expect(text('out')).toBe('13');
  });

  test('pipelines in folders, with their own parameters', async () => {
    write('params.yaml', 'x: 1\n');
    write('sub/params.yaml', 'x: 2\n');
    write('dvc.yaml', 'stages:\n  a:\n    cmd: echo ${x} > a.txt\n    outs: [a.txt]\n');
    write(
      'sub/dvc.yaml',
      'stages:\n  a:\n    cmd: cat ../a.txt > a.txt; echo ${x} >> a.txt\n    deps: [../a.txt]\n    outs: [a.txt]\n',
    );
    expect(await ran('sub/dvc.yaml')).toEqual({ a: 'ran', 'sub/dvc.yaml:a': 'ran' });
    expect(text('sub/a.txt')).toBe('1\n2\n');
    expect(existsSync(join(root, 'sub/dvc.lock'))).toBe(true);
    expect(await ran()).toEqual({ a: 'unchanged', 'sub/dvc.yaml:a': 'unchanged' });
  });

  test('foreach and matrix over all that they can be over', async () => {
    write(
      'params.yaml',
      'list: [a, 2, 0.5, true]\nmaps: [{ n: x }, { n: y }]\nby: { k: { v: 1 }, l: { v: 2 } }\nopts: { lr: 0.1, verbose: true, quiet: false, layers: [1, 2], name: it is }\n',
    );
    write(
      'dvc.yaml',
      'stages:\n  plain:\n    foreach: ${list}\n    do:\n      cmd: echo ${item} > p_${item}\n      outs:\n      - p_${item}\n  maps:\n    foreach: ${maps}\n    do:\n      cmd: echo ${item.n} > m_${item.n}\n      outs:\n      - m_${item.n}\n  by:\n    foreach: ${by}\n    do:\n      cmd: echo ${key} ${item[v]} > b_${key}\n      outs:\n      - b_${key}\n  grid:\n    matrix:\n      a: [1, 2.5]\n      b: ${maps}\n    cmd: echo ${item.a} ${item.b.n} ${key} > g_${key}\n    outs:\n      - g_${key}\n  opts:\n    cmd: echo ${opts} \\${HOME} > o\n    outs: [o]\n',
    );
    expect(Object.keys(await ran())).toEqual([
      ...['plain@a', 'plain@2', 'plain@0.5', 'plain@true', 'maps@0', 'maps@1', 'by@k', 'by@l'],
      ...['grid@1-b0', 'grid@1-b1', 'grid@2.5-b0', 'grid@2.5-b1', 'opts'],
    ]);
    expect(text('g_2.5-b1')).toBe('2.5 y 2.5-b1\n');
    expect(text('b_l')).toBe('l 2\n');
    expect(text('o')).toBe(`--lr 0.1 --verbose --layers 1 2 --name it is ${process.env.HOME}\n`);
  });
});
