/** A batch over real step hosts: what one item does, it does to itself; what was done before a death is not done again. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { BatchAnswer, BatchCall } from '#contracts/batch.ts';
import type { StepCode } from '#contracts/plan.ts';
import { bundlePipeline } from '#workers/code/bundle.ts';
import { writeWhole } from '#workers/code/code-store.ts';
import { findPipeline } from '#workers/code/find-pipelines.ts';
import { attemptBatch } from '../fixtures/batch-attempt.ts';
import { makeProject, type Project } from '../fixtures/project.ts';

/** Notes each of its executions in a file, then does what its input says; what kills does so the first time only. */
const text = `
import { appendFileSync, readFileSync } from 'node:fs';
import { definePipeline, defineStep } from 'ratchet-ml';
import { z } from 'zod';
const tally = defineStep({
  name: 'tally',
  input: z.strictObject({ n: z.number(), act: z.string().optional(), fresh: z.string() }),
  output: z.number(),
  run: async ({ n, act, fresh }, { progress }) => {
    appendFileSync(process.cwd() + '/' + fresh, n + '\\n');
    const first = readFileSync(process.cwd() + '/' + fresh, 'utf8').split('\\n').filter((line) => line === String(n)).length === 1;
    if (act === 'tells') { progress(3, 20); await new Promise(() => { setTimeout(() => {}, 600_000); }); }
    if (act === 'throws') throw new Error('no such row');
    if (act === 'exits') process.exit(3);
    if (act === 'hangs') await new Promise(() => { setTimeout(() => {}, 600_000); });
    if (act === 'blocks') for (;;) {}
    if (act === 'rejects') Promise.reject(new Error('nobody listens'));
    if (act === 'is large') return 'x'.repeat(100_000);
    if (act === 'is killed' && first) process.kill(process.pid, 'SIGKILL');
    if (act === 'kills its worker' && first) { process.kill(process.ppid, 'SIGKILL'); await new Promise(() => { setTimeout(() => {}, 600_000); }); }
    return n * 2;
  },
});
export default definePipeline({ name: 'demo', params: z.object({}), graph: ({ run }) => { run(tally, { n: 1, fresh: 'x' }); } });
`;

let project: Project;
let bundle: string;
/** Name of the file of executions: another one for each test, so that no result of another one counts. */
let fresh = '';
let tests = 0;
beforeAll(async () => {
  project = await makeProject({ 'package.json': '{"type":"module"}', 'pipelines/demo/pipeline.ts': text });
  const built = await bundlePipeline(project.root, await findPipeline(project.root, 'demo'));
  bundle = built.digest;
  await writeWhole(`${project.root}/.ratchet/code/${bundle}.mjs`, built.code);
});
afterAll(() => project.remove());
beforeEach(() => {
  fresh = `executions-${++tests}`;
});

/** @param acts by item */
function batch(
  size: number,
  acts: Record<number, string> = {},
  code: Partial<StepCode> = {},
  cache = false,
): BatchCall {
  const at = '2026-01-01T00:00:00.000Z';
  const trigger = { kind: 'manual' as const, id: 't', reason: '', figures: {}, who: 'test', at };
  return {
    run: { id: `run/demo/${fresh}`, pipeline: 'demo', model: null, environment: 'dev', asOf: at, trigger },
    step: 'tally',
    code: {
      ...{ kind: 'typescript', digest: '0'.repeat(64), effect: false, cache, timeout: '10m', attempts: 3 },
      ...{ queue: null, place: 'any', memoryMb: 128, program: null },
      ...code,
    },
    bundle,
    cache,
    items: Array.from({ length: size }, (_, n) => ({
      node: `each[${n}]/tally`,
      input: { n, fresh, ...(acts[n] === undefined ? {} : { act: acts[n] }) },
    })),
    settled: true,
  };
}
const activity = () => ({ workflowExecution: { workflowId: `run/demo/${fresh}`, runId: fresh } });
const attempt = (call: BatchCall, info = {}) => attemptBatch(project.root, call, { ...activity(), ...info });
const outputs = ({ items }: BatchAnswer) =>
  items.map((item) => (item && 'outcome' in item ? item.outcome.output : item));
async function executions(): Promise<number[]> {
  const lines = await readFile(join(project.root, fresh), 'utf8').catch(() => '');
  return lines.split('\n').filter(Boolean).map(Number);
}
const twice = (all: readonly number[]) => all.filter((n, index) => all.indexOf(n) !== index);
const doubled = (size: number, others: Record<number, unknown>) =>
  Array.from({ length: size }, (_, n) => (n in others ? others[n] : n * 2));

it.concurrent.for([
  ['throws', { alone: 1 }],
  ['exits', { alone: 1 }],
  ['rejects', { alone: 1 }],
  ['is killed', { alone: 0 }],
  ['is large', { failure: expect.objectContaining({ type: 'InvalidOutput' }) }],
] as const)('one item that %s takes itself along, and nobody else', async ([act, item]) => {
  fresh = `executions-${act}`;
  const call = batch(60, { 30: act });
  const answer = await attempt(call).answer;
  expect(outputs(answer)).toEqual(doubled(60, { 30: item }));
  expect(answer.slow).toBe(false);
});

it.each(['hangs', 'blocks'])(
  'one that %s is stopped, and goes on alone; those after it are for another batch',
  async (act) => {
    const answer = await attempt(batch(60, { 30: act })).answer;
    expect(answer.slow).toBe(true);
    expect(outputs(answer)).toEqual([...doubled(30, {}), { alone: 0 }, ...Array.from({ length: 29 }, () => null)]);
    expect(twice(await executions())).toEqual([]);
  },
);

it('one whose own time limit is shorter than a batch waits fails by it', async () => {
  const answer = await attempt(batch(20, { 10: 'hangs' }, { timeout: '0.5s', attempts: 1 })).answer;
  expect(outputs(answer)).toEqual(
    doubled(20, {
      10: { failure: { type: 'StepHostDied', message: expect.stringContaining('timeout of 0.5 s'), details: [] } },
    }),
  );
});

it('a worker that is killed in the middle of 500 items: the next one does those that had not ended', async () => {
  const call = batch(500, { 250: 'kills its worker' });
  const path = join(project.root, `${fresh}.json`);
  await writeFile(path, JSON.stringify(call));
  const died = await new Promise<{ signal?: string }>((resolve) => {
    const program = fileURLToPath(new URL('../fixtures/batch-attempt.ts', import.meta.url));
    const args = ['--import', import.meta.resolve('tsx'), program, project.root, path, JSON.stringify(activity())];
    execFile(process.execPath, args, (error) => resolve((error ?? {}) as { signal?: string }));
  });
  expect(died.signal).toBe('SIGKILL');
  const before = await executions();
  expect(before).toHaveLength(251);

  const answer = await attempt(call, { attempt: 2 }).answer;
  expect(outputs(answer)).toEqual(doubled(500, {}));
  const all = await executions();
  expect(twice(all)).toEqual([250]);
  expect(new Set(all).size).toBe(500);
});

it('a worker on another machine has what the heartbeat carried', async () => {
  const known = Array.from({ length: 40 }, (_, n) => ({ node: `each[${n}]/tally`, output: n * 2, readAsOf: false }));
  const heartbeatDetails = { own: 0, deaths: 0, awaySince: null, text: '', done: known };
  const answer = await attempt(batch(60), { attempt: 2, heartbeatDetails }).answer;
  expect(outputs(answer)).toEqual(doubled(60, {}));
  expect(await executions()).toEqual(Array.from({ length: 20 }, (_, n) => n + 40));
});

it('what ends one worker after another is sought among single items', async () => {
  const call = batch(60, { 5: 'hangs' });
  const { answer, environment } = attempt(call);
  await expect.poll(executions).toHaveLength(6);
  environment.cancel('WORKER_SHUTDOWN');
  await answer;
  const last = await attempt(call, { attempt: 4 }).answer;
  expect(outputs(last)).toEqual(Array.from({ length: 60 }, (_, n) => (n < 5 ? n * 2 : { alone: 0 })));
  expect(await executions()).toHaveLength(6);
});

it('what was done counts for the same work alone: a run that goes again asks for other inputs under the same id', async () => {
  const call = batch(20);
  expect(outputs(await attempt(call).answer)).toEqual(doubled(20, {}));
  const other = { ...call, items: call.items.map(({ node }, n) => ({ node, input: { n: n + 100, fresh } })) };
  expect(outputs(await attempt(other).answer)).toEqual(Array.from({ length: 20 }, (_, n) => 2 * (n + 100)));
  // And so does one that found an artifact damaged.
  expect(outputs(await attempt({ ...call, damaged: ['s3://test/x'] }).answer)).toEqual(doubled(20, {}));
  expect(await executions()).toHaveLength(60);
});

it('a worker that stops hands over what is done', async () => {
  const { answer, environment } = attempt(batch(60, { 30: 'hangs' }));
  await expect.poll(executions).toHaveLength(31);
  environment.cancel('WORKER_SHUTDOWN');
  expect(outputs(await answer)).toEqual([...doubled(30, {}), ...Array.from({ length: 30 }, () => null)]);
});

it('a batch that is cancelled ends as cancelled, and begins nothing more', async () => {
  const { answer, environment } = attempt(batch(60, { 30: 'hangs' }));
  await expect.poll(executions).toHaveLength(31);
  environment.cancel('CANCELLED');
  await expect(answer).rejects.toMatchObject({ name: 'CancelledFailure' });
  expect(await executions()).toHaveLength(31);
});

it('results are found in the cache, one by one', async () => {
  const first = await attempt(batch(40, {}, {}, true)).answer;
  expect(first.items[0]).toMatchObject({ outcome: { cached: false, reason: 'miss: first time for this node' } });
  const again = await attempt(batch(60, {}, {}, true), { workflowExecution: { workflowId: 'w', runId: 'other' } })
    .answer;
  expect(outputs(again)).toEqual(doubled(60, {}));
  expect(again.items.map((item) => item && 'outcome' in item && item.outcome.cached)).toEqual(
    Array.from({ length: 60 }, (_, n) => n < 40),
  );
  expect(await executions()).toHaveLength(60);
});

it('beats with the word of the item that it is at, and with what is done', async () => {
  const { answer, environment } = attempt(batch(60, { 30: 'tells' }));
  const beat = await new Promise((resolve) => {
    environment.on('heartbeat', (details) => details.text && resolve(details));
  });
  expect(beat).toMatchObject({
    node: 'each[30]/tally',
    text: '3/20',
    done: doubled(30, {}).map((output) => ({ output })),
  });
  environment.cancel('CANCELLED');
  await expect(answer).rejects.toMatchObject({ name: 'CancelledFailure' });
});
