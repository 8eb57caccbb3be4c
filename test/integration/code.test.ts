/** A run's code is pinned: what counts, what travels, and what is refused. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { storeKey } from '#contracts/names.ts';
import type { ObjectStore } from '#ports/store.ts';
import { bundlePipeline } from '#workers/code/bundle.ts';
import { findPipeline, findPipelines } from '#workers/code/find-pipelines.ts';
import { materializeProgram, pinProgram } from '#workers/code/program.ts';
import { makeProject, type Project, pipelineOf } from '../fixtures/project.ts';
import { failureOf, type Runtime, startRuntime, startStore } from '../fixtures/runtime.ts';

let server: Awaited<ReturnType<typeof startStore>>;
let store: ObjectStore;
const open: { project?: Project; runtime?: Runtime } = {};
beforeAll(async () => {
  server = await startStore();
  store = await server.open();
});
afterAll(() => server.close());
/** esbuild's own child process of this process. */
async function killEsbuild(): Promise<number> {
  let killed = 0;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const [, name, parent] = /^\d+ \((.*)\) \S (\d+)/.exec(stat) ?? [];
    if (name !== 'esbuild' || Number(parent) !== process.pid) continue;
    process.kill(Number(pid), 'SIGKILL');
    killed++;
  }
  return killed;
}

afterEach(async () => {
  await open.runtime?.close();
  await open.project?.remove();
  open.runtime = undefined as never;
  open.project = undefined as never;
});

async function project(files: Record<string, string>): Promise<Project> {
  open.project = await makeProject({ 'package.json': '{"type":"module"}', ...files });
  return open.project;
}
function runtime(of: Project): Runtime {
  open.runtime = startRuntime(of, store);
  return open.runtime;
}

/** Two steps in modules of their own, one of which imports a third module and a package. */
const modular = {
  'pipelines/demo/pipeline.ts': [
    "import { definePipeline } from 'ratchet-ml';",
    "import { z } from 'zod';",
    "import { left } from './steps/left.ts';",
    "import { right } from './steps/right.ts';",
    "export default definePipeline({ name: 'demo', params: z.object({}), graph: ({ run }) => { run(left, {}); run(right, {}); } });",
  ].join('\n'),
  'pipelines/demo/steps/left.ts': [
    "import { defineStep } from 'ratchet-ml';",
    "import { z } from 'zod';",
    "import { answer } from '../answer.ts';",
    "import pad from 'tiny-pad';",
    "export const left = defineStep({ name: 'left', input: z.object({}), output: z.string(), run: () => pad(answer) });",
  ].join('\n'),
  'pipelines/demo/steps/right.ts': [
    "import { defineStep } from 'ratchet-ml';",
    "import { z } from 'zod';",
    "export const right = defineStep({ name: 'right', cache: { files: ['words.txt'] }, input: z.object({}), output: z.number(), run: () => 1 });",
  ].join('\n'),
  'pipelines/demo/answer.ts': "export const answer = '42';\n",
  'pipelines/demo/words.txt': 'a b c',
  'pipelines/demo/README.md': 'notes',
  'node_modules/tiny-pad/package.json': '{"name":"tiny-pad","version":"1.0.0","type":"module","exports":"./index.js"}',
  'node_modules/tiny-pad/index.js': "export default (text) => '<' + text + '>';",
};

describe('what counts as the code of a step', () => {
  const digests = async (of: Runtime) => {
    const { plan } = await of.plan();
    return { left: plan.steps.left?.digest, right: plan.steps.right?.digest, bundle: plan.bundle };
  };

  it.each([
    [
      'its own module',
      'pipelines/demo/steps/left.ts',
      `${modular['pipelines/demo/steps/left.ts']}\n// edited`,
      ['left'],
    ],
    ['a module that it imports', 'pipelines/demo/answer.ts', "export const answer = '43';\n", ['left']],
    [
      'the version of a package',
      'node_modules/tiny-pad/package.json',
      modular['node_modules/tiny-pad/package.json'].replace('1.0.0', '1.0.1'),
      ['left'],
    ],
    ['a file that it declares', 'pipelines/demo/words.txt', 'a b c d', ['right']],
    ['no file that it has nothing to do with', 'pipelines/demo/README.md', 'other notes', []],
    [
      'not the wiring of the graph',
      'pipelines/demo/pipeline.ts',
      `${modular['pipelines/demo/pipeline.ts']}\n// edited`,
      [],
    ],
  ])('%s', async (_, path, text, changed) => {
    const demo = await project(modular);
    const of = runtime(demo);
    const before = await digests(of);
    expect(await digests(of)).toEqual(before);
    await demo.write({ [path]: text });
    // A package's version is read anew when something of the project was touched, or the lock file.
    if (path.startsWith('node_modules'))
      await demo.write({ 'package.json': '{"type":"module","dependencies":{"tiny-pad":"1.0.1"}}' });
    const after = await digests(of);
    expect(['left', 'right'].filter((step) => before[step as 'left'] !== after[step as 'left'])).toEqual(changed);
  });

  it('the module that calls a factory, not only the factory', async () => {
    const demo = await project({
      'pipelines/demo/factory.ts':
        "import { defineStep } from 'ratchet-ml';\nimport { z } from 'zod';\nexport const make = (name: string, run: () => number) => defineStep({ name, input: z.object({}), output: z.number(), run });\n",
      'pipelines/demo/one.ts': "import { make } from './factory.ts';\nexport const one = make('one', () => 1);\n",
      'pipelines/demo/pipeline.ts':
        "import { definePipeline } from 'ratchet-ml';\nimport { z } from 'zod';\nimport { one } from './one.ts';\nexport default definePipeline({ name: 'demo', params: z.object({}), graph: ({ run }) => { run(one, {}); } });\n",
    });
    const of = runtime(demo);
    const before = (await of.plan()).plan.steps.one?.digest;
    await demo.write({
      'pipelines/demo/one.ts': "import { make } from './factory.ts';\nexport const one = make('one', () => 2);\n",
    });
    expect((await of.plan()).plan.steps.one?.digest).not.toBe(before);
  });

  it('the same in any folder: two checkouts give one bundle', async () => {
    const demo = await project(modular);
    const other = await makeProject({ 'package.json': '{"type":"module"}', ...modular });
    const [a, b] = await Promise.all(
      [demo, other].map(async ({ root }) => bundlePipeline(root, await findPipeline(root, 'demo'))),
    );
    await other.remove();
    expect(a?.closures['pipelines/demo/steps/left.ts']).toBe(b?.closures['pipelines/demo/steps/left.ts']);
  });
});

describe('a run keeps the code it was planned with', () => {
  const version = (text: string) => pipelineOf('demo', { say: `() => '${text}'` }, { say: 'cache: false,' });

  it('when the pipeline is edited while it runs, also on a worker that never saw the files', async () => {
    const demo = await project({ 'pipelines/demo/pipeline.ts': version('old') });
    const of = runtime(demo);
    const planned = await of.plan();
    await demo.write({ 'pipelines/demo/pipeline.ts': version('new') });
    expect((await of.dispatch(of.call(planned, 'say'))).output).toBe('old');
    expect((await of.dispatch(of.call(await of.plan(), 'say'))).output).toBe('new');

    const elsewhere = await makeProject({ 'package.json': '{"type":"module"}' });
    const another = startRuntime(elsewhere, store);
    expect((await another.dispatch(another.call(planned, 'say'))).output).toBe('old');
    await another.close();
    await elsewhere.remove();
  });

  it('when its champion moves and it is planned again', async () => {
    const demo = await project({ 'pipelines/demo/pipeline.ts': version('old') });
    const of = runtime(demo);
    const { plan } = await of.plan();
    await demo.write({ 'pipelines/demo/pipeline.ts': version('new') });
    const again = await of.plan({ rejudge: true, previous: plan });
    expect(again.plan.steps).toEqual(plan.steps);
    expect(again.plan.bundle).toBe(plan.bundle);
  });

  it('and runs no other bytes: what was tampered with in the store is refused', async () => {
    const demo = await project({ 'pipelines/demo/pipeline.ts': version('good') });
    const of = runtime(demo);
    const planned = await of.plan();
    const key = storeKey.code(planned.plan.bundle);
    const bytes = Buffer.from((await store.get(key)) ?? []).toString('utf8');
    await store.put(key, bytes.replace("'good'", "'evil'").replace('"good"', '"evil"'));
    await of.hosts.close();

    const elsewhere = await makeProject({ 'package.json': '{"type":"module"}' });
    const another = startRuntime(elsewhere, store);
    const failure = await failureOf(another.dispatch(another.call(planned, 'say')));
    expect(failure).toMatchObject({ type: 'OutsideRefused', final: true });
    expect(failure.message).toMatch(/other bytes than the run was planned with/);
    // The next plan of this code puts it right.
    await runtime(demo).plan();
    expect(Buffer.from((await store.get(key)) ?? []).toString('utf8')).toBe(bytes);
    await another.close();
    await elsewhere.remove();
  });

  it('and mends a local copy that was damaged', async () => {
    const demo = await project({ 'pipelines/demo/pipeline.ts': version('whole') });
    const of = runtime(demo);
    const planned = await of.plan();
    await of.hosts.close();
    const copy = join(demo.root, '.ratchet', 'code', `${planned.plan.bundle}.mjs`);
    await writeFile(copy, 'throw 1');
    const fresh = startRuntime(demo, store);
    expect((await fresh.dispatch(fresh.call(planned, 'say'))).output).toBe('whole');
    await fresh.close();
  });
});

describe('a program outside of TypeScript', () => {
  const python = async () => ({ python: '/env/bin/python', bin: '/env/bin' });
  const program = { kind: 'program', command: ['python', 'train.py', '--fast'] } as const;

  it('travels with all Python files of its folder and its lock, and is laid out again byte for byte', async () => {
    const demo = await project({
      'p/train.py': 'import model',
      'p/model.py': 'x = 1',
      'p/notes.txt': '-',
      'p/requirements.lock': 'numpy==2.0',
    });
    const pinned = await pinProgram(store, join(demo.root, 'p'), { ...program, command: [...program.command] }, 'test');
    expect(pinned.pinned.files.map(({ path }) => path)).toEqual(['model.py', 'train.py']);
    const folder = join(demo.root, 'job');
    const laid = await materializeProgram(store, pinned, folder, python);
    expect(laid).toEqual({ command: ['/env/bin/python', 'train.py', '--fast'], cwd: folder, path: ['/env/bin'] });
    expect(await readFile(join(folder, 'train.py'), 'utf8')).toBe('import model');

    await demo.write({ 'p/model.py': 'x = 2' });
    expect(
      (await pinProgram(store, join(demo.root, 'p'), { ...program, command: [...program.command] }, 'test')).pinned
        .digest,
    ).not.toBe(pinned.pinned.digest);
    // What was laid out before is checked, not trusted.
    await writeFile(join(folder, 'train.py'), 'import os');
    await materializeProgram(store, pinned, folder, python);
    expect(await readFile(join(folder, 'train.py'), 'utf8')).toBe('import model');
  });

  it('is refused when its bytes in the store are gone or others, until it is pinned again', async () => {
    const demo = await project({ 'p/train.py': 'tampered soon', 'p/requirements.lock': 'scipy==1.0' });
    const pin = () => pinProgram(store, join(demo.root, 'p'), { ...program, command: [...program.command] }, 'test');
    const pinned = await pin();
    const key = storeKey.code(pinned.pinned.files[0]?.digest ?? '');
    await store.put(key, 'evil');
    await expect(materializeProgram(store, pinned, join(demo.root, 'a'), python)).rejects.toThrow(/other bytes/);
    await pin();
    await materializeProgram(store, pinned, join(demo.root, 'b'), python);
    await store.delete(key);
    await expect(materializeProgram(store, pinned, join(demo.root, 'c'), python)).rejects.toThrow(/is gone/);
  });

  it.each([
    ['a script', { command: ['python', 'trian.py'] }, /there is no trian\.py in .*\/p\./],
    [
      'the match of a glob',
      { command: ['python', 'train.py'], files: ['*.sql'] },
      /no file in .*\/p matches "\*\.sql"/,
    ],
    ['a lock', { command: ['python', 'train.py'], lock: 'gpu.lock' }, /there is no lock file gpu\.lock in .*\/p/],
    [
      'a file inside of the folder',
      { command: ['python', 'train.py'], files: ['../secret.py'] },
      /lies outside of the pipeline's folder/,
    ],
  ])('names what is missing: %s', async (_, declared, message) => {
    const demo = await project({ 'p/train.py': '', 'secret.py': '' });
    await expect(pinProgram(store, join(demo.root, 'p'), { kind: 'program', ...declared }, 'test')).rejects.toThrow(
      message,
    );
  });
});

describe('the pipelines of a project', () => {
  it('are the folders below pipelines/ with a pipeline.ts', async () => {
    const demo = await project({
      'pipelines/b/pipeline.ts': '',
      'pipelines/a/pipeline.js': '',
      'pipelines/notes/readme.md': '',
      'pipelines/x.ts': '',
    });
    expect((await findPipelines(demo.root)).map(({ name }) => name)).toEqual(['a', 'b']);
    await expect(findPipeline(demo.root, 'c')).rejects.toThrow(/no pipeline "c" .* there are: a, b/);
    await rm(join(demo.root, 'pipelines'), { recursive: true });
    await expect(findPipeline(demo.root, 'c')).rejects.toThrow(/`ratchet init` writes one/);
  });

  it('must be called as their folder is', async () => {
    const demo = await project({ 'pipelines/demo/pipeline.ts': pipelineOf('other', { one: '() => 1' }) });
    await expect(runtime(demo).plan()).rejects.toThrow(
      /pipelines\/demo defines a pipeline called "other": folder and name must be the same/,
    );
  });
});

describe('esbuild', () => {
  it('that was killed is started anew, while it is idle and while it works', async () => {
    const { root } = await project(modular);
    const found = await findPipeline(root, 'demo');
    const before = await bundlePipeline(root, found);
    expect(await killEsbuild()).toBe(1);
    expect((await bundlePipeline(root, found)).digest).toBe(before.digest);
    const working = Promise.all([1, 2, 3].map(() => bundlePipeline(root, found)));
    expect(await killEsbuild()).toBe(1);
    expect((await working).map(({ digest }) => digest)).toEqual([1, 2, 3].map(() => before.digest));
  });
});
