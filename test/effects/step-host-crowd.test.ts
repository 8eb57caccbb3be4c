/** Many pipelines at once: their processes are counted by themselves, as they start, among those of this test. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { nodeLog } from '#activities/dispatch/node-log.ts';
import type { UserError } from '#contracts/failures.ts';
import { bundlePipeline } from '#workers/code/bundle.ts';
import { writeWhole } from '#workers/code/code-store.ts';
import { findPipelines } from '#workers/code/find-pipelines.ts';
import { StepHosts } from '#workers/step-host/pool.ts';
import { makeProject, type Project, pipelineOf } from '../fixtures/project.ts';

const PLANS = 60;
const STEPS = 15;
const room = { plans: 2, stepsMb: 384, idle: 3 };

let project: Project;
let hosts: StepHosts;
const bundles = new Map<string, string>();
const made = () => `${project.root}/alive`;

/** Each process appends how many there were when it started, itself among them. */
const counting = `
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
const of = (pid, file) => { try { return readFileSync('/proc/' + pid + '/' + file, 'utf8'); } catch { return ''; } };
const siblings = readdirSync('/proc').filter((pid) => /^[0-9]+$/.test(pid) && of(pid, 'cmdline').includes('step-host-')
  && of(pid, 'stat').split(') ')[1]?.split(' ')[1] === String(process.ppid) && of(pid, 'stat').split(') ')[1]?.[0] !== 'Z');
appendFileSync('alive', siblings.length + '\\n');
`;
const slow = 'async () => { await new Promise((go) => setTimeout(go, 20)); return process.pid; }';
const memory = 'const held = []; for (let n = 0; n < 200; n++) held.push(Buffer.alloc(20_000_000, 1));';

beforeAll(async () => {
  const names = Array.from({ length: PLANS }, (_, n) => `p${n}`);
  project = await makeProject({
    'package.json': '{"type":"module"}',
    ...Object.fromEntries(
      names.map((name) => [`pipelines/${name}/pipeline.ts`, `${counting}${pipelineOf(name, { slow })}`]),
    ),
    'pipelines/heavy-graph/pipeline.ts': pipelineOf('heavy-graph', {}).replace(
      '({ run }) => {',
      `({ run }) => { ${memory}`,
    ),
    'pipelines/heavy-module/pipeline.ts': `${memory}\n${pipelineOf('heavy-module', { slow })}`,
    'pipelines/endless/pipeline.ts': pipelineOf('endless', {}).replace('({ run }) => {', '({ run }) => { for (;;) {}'),
  });
  const code = new Map<string, Uint8Array>();
  for (const pipeline of await findPipelines(project.root)) {
    const built = await bundlePipeline(project.root, pipeline);
    bundles.set(pipeline.name, built.digest);
    code.set(built.digest, built.code);
  }
  hosts = new StepHosts({
    ...{ root: project.root, size: 2, room },
    bundlePath: async (digest) => {
      const path = `${project.root}/.ratchet/code/${digest}.mjs`;
      await writeWhole(path, code.get(digest) ?? new Uint8Array());
      return path;
    },
  });
});
afterAll(async () => {
  await hosts.close();
  await project.remove();
});

const where = (name: string) => ({ bundle: bundles.get(name) ?? '', memoryMb: 128 });
const plan = (name: string, signal?: AbortSignal) =>
  hosts.compile(where(name), { params: {}, champion: null, asOf: '2026-01-01T00:00:00.000Z' }, signal);
const step = (name: string) => {
  const place = { workdir: `${project.root}/work/${name}`, log: nodeLog(project.root, name, 'slow') };
  return hosts.run(where(name), { step: 'slow', input: {}, asOf: '2026-01-01T00:00:00Z', seed: 1, ...place }, {});
};
const most = async () => Math.max(...(await readFile(made(), 'utf8')).trim().split('\n').map(Number));

it(`${PLANS} plans and ${STEPS} steps of as many pipelines at once: all end, and few processes are there at any time`, async () => {
  const names = Array.from({ length: PLANS }, (_, n) => `p${n}`);
  const done = await Promise.all([...names.map((name) => plan(name)), ...names.slice(0, STEPS).map(step)]);
  expect(done).toHaveLength(PLANS + STEPS);
  // Steps of 128 MiB each: three at once.
  expect(await most()).toBeLessThanOrEqual(room.plans + room.stepsMb / 128 + room.idle);
});

it.each([
  ['heavy-graph', /The graph of "heavy-graph" used more memory than its 128 MiB: let its module and its graph/],
  [
    'heavy-module',
    /The pipeline, while it was loaded, used more memory than its 128 MiB: let its module and its graph/,
  ],
])('a plan is weighed beside its heap: %s is ended, with the reason, and its place is free', async (name, words) => {
  for (let times = 0; times < room.plans + 1; times++) {
    const error = await plan(name).then(
      () => Promise.reject(new Error('it was made')),
      (failure: UserError) => failure,
    );
    expect(error).toMatchObject({ type: 'StepHostDied', killed: false });
    expect(error.message).toMatch(words);
  }
  expect((await plan('p0')).graph.pipeline).toBe('p0');
});

it('whoever is cancelled while it waits, or while its graph is built, leaves its place to others', async () => {
  const stop = new AbortController();
  const crowd = Array.from({ length: room.plans + 4 }, () => plan('endless', stop.signal));
  const last = plan('p1');
  const ends = Promise.allSettled(crowd);
  stop.abort(new Error('the run was cancelled'));
  for (const end of await ends) expect(end).toMatchObject({ reason: { message: 'the run was cancelled' } });
  expect((await last).graph.pipeline).toBe('p1');
});
