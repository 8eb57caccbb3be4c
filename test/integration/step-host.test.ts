/** Whatever a user's step does, it hurts its own process only, and one clear message says what happened. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeLog } from '#activities/dispatch/node-log.ts';
import { HostDied } from '#activities/dispatch/step-work.ts';
import type { UserError } from '#contracts/failures.ts';
import { bundlePipeline } from '#workers/code/bundle.ts';
import { writeWhole } from '#workers/code/code-store.ts';
import { findPipeline } from '#workers/code/find-pipelines.ts';
import type { JobHooks } from '#workers/step-host/host.ts';
import { StepHosts } from '#workers/step-host/pool.ts';
import { makeProject, type Project, pipelineOf } from '../fixtures/project.ts';

let project: Project;
let hosts: StepHosts;
let bundle: string;
let bundlePath: (digest: string) => Promise<string>;

const steps: Record<string, string> = {
  one: '() => 1',
  pid: '() => process.pid',
  fails: "() => { throw new Error('no such table') }",
  throwsText: "() => { throw 'just text' }",
  nan: '() => ({ deep: { auc: Number.NaN } })',
  bigint: '() => 5n',
  date: '() => ({ at: new Date() })',
  circular: '() => { const a = {}; a.a = a; return a; }',
  large: "() => 'x'.repeat(10_000_000)",
  exits: '() => process.exit(7)',
  blocks: '() => { for (;;) {} }',
  heap: '() => { const a = []; for (;;) a.push(new Array(100_000).fill(1.5)); }',
  buffers:
    'async () => { const a = []; for (;;) { a.push(Buffer.alloc(50_000_000, 1)); await new Promise((go) => setTimeout(go, 5)); } }',
  rejects: "async () => { Promise.reject(new Error('nobody listens')); return 1; }",
  later:
    "async () => { setTimeout(() => { throw new Error('from a timer') }, 5); await new Promise((go) => setTimeout(go, 5000)); }",
  waits:
    "(_, { signal }) => new Promise((_, no) => { setTimeout(() => {}, 100_000); signal.addEventListener('abort', () => no(signal.reason)); })",
  deaf: '() => new Promise(() => { setTimeout(() => {}, 100_000); })',
  prints: "() => { console.log('to the log'); process.stderr.write('errors too\\n'); return null; }",
  tells: "(_, { progress }) => { progress(3, 20, 'auc 0.71'); return null; }",
  usesWorkdir: "(_, { workdir }) => { require('node:fs').writeFileSync(workdir + '/a', 'x'); return workdir; }",
  readsAsOf: '(_, { asOf }) => asOf',
};

beforeAll(async () => {
  project = await makeProject({
    'package.json': '{"type":"module"}',
    'pipelines/demo/pipeline.ts': pipelineOf('demo', steps),
  });
  const built = await bundlePipeline(project.root, await findPipeline(project.root, 'demo'));
  bundle = built.digest;
  bundlePath = async (digest) => {
    const path = `${project.root}/.ratchet/code/${digest}.mjs`;
    await writeWhole(path, built.code);
    return path;
  };
  hosts = new StepHosts({ root: project.root, size: 2, bundlePath });
});
afterAll(async () => {
  await hosts.close();
  await project.remove();
});

function run(step: string, hooks: JobHooks & { patienceMs?: number } = {}) {
  const job = {
    step,
    input: {},
    asOf: '2026-01-01T00:00:00Z',
    seed: 1,
    workdir: `${project.root}/work/${step}`,
    log: nodeLog(project.root, 'run/demo/1', step),
  };
  return hosts.run({ bundle, memoryMb: 128 }, job, { timeoutMs: 60_000, ...hooks });
}
const failing = (step: string, hooks: JobHooks = {}): Promise<UserError> =>
  run(step, hooks).then(
    (ran) => Promise.reject(new Error(`it gave ${JSON.stringify(ran)}`)),
    (error: UserError) => error,
  );

describe('a step host', () => {
  it('runs one step after another in one warm process', async () => {
    const first = (await run('pid')).output;
    expect((await run('pid')).output).toBe(first);
    expect(first).not.toBe(process.pid);
  });

  it.each([
    ['fails', 'StepFailed', /^Step "fails" failed: no such table \(pipelines\/demo\/pipeline\.ts:\d+\)$/],
    ['throwsText', 'StepFailed', /just text/],
    ['nan', 'InvalidOutput', /output\.deep\.auc is NaN: carry figures that are not finite as strings/],
    ['bigint', 'InvalidOutput', /the bigint 5n/],
    ['date', 'InvalidOutput', /output\.at is a Date/],
    ['circular', 'InvalidOutput', /refers to itself/],
    ['large', 'InvalidOutput', /10,000,002 bytes .*65,536 .*saveDataset/],
    ['rejects', 'StepFailed', /nobody handled it: nobody listens \(pipelines\/demo\/pipeline\.ts:\d+\)/],
    ['later', 'StepFailed', /from a timer/],
    ['exits', 'StepHostDied', /exit code 7: return a value or throw an error instead of calling process\.exit\(\)/],
    ['heap', 'StepHostDied', /more memory than its 128 MiB/],
    ['buffers', 'StepHostDied', /more memory than its 128 MiB/],
  ])('says of a step that %s: %s', async (step, type, message) => {
    const error = await failing(step);
    expect(error.type).toBe(type);
    expect(error.message).toMatch(message);
    expect((await run('one')).output).toBe(1);
  });

  it('kills a step that blocks its event loop when its time is up, and says that it blocked', async () => {
    const error = await failing('blocks', { timeoutMs: 300 });
    expect(error.message).toMatch(/longer than its timeout of 0\.3 s and blocked its event loop/);
    expect(error).toMatchObject({ type: 'StepHostDied', killed: false });
  });

  it('tells a step whose time is up from one that blocks', async () => {
    expect((await failing('deaf', { timeoutMs: 300 })).message).toMatch(/timeout of 0\.3 s: give it less to do/);
    expect((await failing('waits', { timeoutMs: 300 })).message).toMatch(/timeout of 0\.3 s: give it less to do/);
  });

  it('ends a step that is cancelled, also one that does not listen', async () => {
    for (const step of ['waits', 'deaf', 'blocks']) {
      const cancel = new AbortController();
      const ended = failing(step, { signal: cancel.signal });
      setTimeout(() => cancel.abort(new Error('cancelled')), 100);
      expect((await ended).message).toBe('cancelled');
    }
  });

  it('knows a process that somebody killed from one that a step ended', async () => {
    const pid = (await run('pid')).output as number;
    const ended = failing('deaf');
    setTimeout(() => process.kill(pid, 'SIGKILL'), 100);
    // The step runs in the process that was idle: the one that was asked for its pid.
    const error = await ended;
    expect(error).toBeInstanceOf(HostDied);
    expect(error).toMatchObject({ killed: true });
    expect((await run('one')).output).toBe(1);
  });

  it('writes what a step prints to the log of its node', async () => {
    await run('prints');
    expect(await readFile(nodeLog(project.root, 'run/demo/1', 'prints'), 'utf8')).toBe('to the log\nerrors too\n');
  });

  it('hands on progress, makes and removes the work folder, and sees that asOf was read', async () => {
    const told: string[] = [];
    await run('tells', { progress: (text) => told.push(text) });
    expect(told).toEqual(['3/20, auc 0.71']);
    const { output } = await run('usesWorkdir');
    await expect(readFile(`${output}/a`)).rejects.toThrow('ENOENT');
    expect(await run('readsAsOf')).toEqual({ output: '2026-01-01T00:00:00Z', readAsOf: true });
    expect((await run('one')).readAsOf).toBe(false);
  });

  it('lets those who wait too long for a free host come back later', async () => {
    const cancel = new AbortController();
    const busy = [failing('deaf', { signal: cancel.signal }), failing('deaf', { signal: cancel.signal })];
    await expect(run('one', { patienceMs: 200 })).rejects.toThrow('all 2 step hosts are busy');
    cancel.abort(new Error('enough'));
    await Promise.all(busy);
    expect((await run('one', { patienceMs: 30_000 })).output).toBe(1);
  });
});

describe('a definition that is wrong', () => {
  async function compileError(text: string): Promise<UserError> {
    const broken = await makeProject({ 'package.json': '{"type":"module"}', 'pipelines/demo/pipeline.ts': text });
    const built = await bundlePipeline(broken.root, await findPipeline(broken.root, 'demo')).catch(
      (error: UserError) => error,
    );
    if (built instanceof Error) return built;
    const path = `${broken.root}/.ratchet/code/${built.digest}.mjs`;
    await writeWhole(path, built.code);
    const own = new StepHosts({ root: broken.root, bundlePath: async () => path });
    try {
      return await own
        .compile({ bundle: built.digest }, { params: {}, champion: null, asOf: '2026-01-01T00:00:00.000Z' })
        .then(
          () => Promise.reject(new Error('it compiled')),
          (error: UserError) => error,
        );
    } finally {
      await own.close();
      await broken.remove();
    }
  }
  const head = "import { definePipeline } from 'ratchet-ml';\nimport { z } from 'zod';\n";

  it.each([
    [
      'throws while it is loaded',
      `${head}throw new Error('at the top');`,
      /at the top \(pipelines\/demo\/pipeline\.ts:3\)/,
    ],
    [
      'throws in its graph',
      `${head}export default definePipeline({ name: 'demo', params: z.object({}),\n graph: () => { throw new Error('in the graph'); } });`,
      /in the graph.*pipelines\/demo\/pipeline\.ts:4|pipelines\/demo\/pipeline\.ts:4.*in the graph/,
    ],
    ['does not parse', `${head}const const = 1;`, /pipelines\/demo\/pipeline\.ts:3: /],
    [
      'imports what is not installed',
      `${head}import 'left-pad-that-is-not-there';`,
      /pipeline\.ts:3: "left-pad-that-is-not-there" is not installed in this project: npm install left-pad-that-is-not-there/,
    ],
    [
      'uses a word of ours without its import',
      `${head}export default definePipeline({ name: 'demo', params: z.object({}), triggers: any(1),\n graph: () => null });`,
      /any is not defined \(pipelines\/demo\/pipeline\.ts:3\)\. Import it: import \{ any \} from 'ratchet-ml'$/,
    ],
    [
      'uses one in its graph',
      `${head}export default definePipeline({ name: 'demo', params: z.object({}),\n graph: ({ run }) => run(validateData, {}) });`,
      /pipeline\.ts:4: .*validateData is not defined\. Import it: import \{ validateData \} from 'ratchet-ml'$/,
    ],
    [
      'uses a word of nobody',
      `${head}export default definePipeline({ name: 'demo', params: z.object({}),\n graph: () => nobody });`,
      /pipeline\.ts:4: .*nobody is not defined$/,
    ],
    ['has no default export', `${head}export const x = 1;`, /no default export made by definePipeline/],
  ])('that %s is refused with its place', async (_, text, message) => {
    const error = await compileError(text);
    expect(error).toMatchObject({ type: 'InvalidPipeline' });
    expect(error.message).toMatch(message);
    expect(error.message).not.toMatch(/workers\/|node:internal/);
  });

  it('that never comes to an end is given up', async () => {
    const error = await compileError(
      `${head}export default definePipeline({ name: 'demo', params: z.object({}), graph: () => { for (;;) {} } });`,
    );
    expect(error.message).toMatch(/longer than its timeout of 5 s and blocked/);
  });
});

it('a host that was begun is the one that answers first, and no second is begun beside it', async () => {
  const begun = new StepHosts({ root: project.root, size: 2, bundlePath });
  try {
    await Promise.all([begun.begin({ bundle }), begun.begin({ bundle })]);
    const children = await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8');
    await begun.begin({ bundle });
    expect((await begun.describe({ bundle })).name).toBe('demo');
    expect(await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')).toBe(children);
  } finally {
    await begun.close();
  }
});
