import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { listRuns, runProgress, signalNodeProgress } from '#adapters/temporal/runs.ts';
import { endedRun, readRun } from '#cli/kit/runs/reader.ts';
import type { Session } from '#cli/kit/session.ts';
import { RunEnded, startPipeline } from '#pipelines/client.ts';
import { createFolderStore } from '../conformance/folder-store.ts';
import {
  failing,
  type Harness,
  type PipelineCase,
  raceWithTaskFailures,
  ref,
  startDevServer,
  startHarness,
  step,
} from './harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ environment: await startDevServer() });
});
afterAll(() => harness?.stop());

const echo = (input: never) => input;
/** What definePipeline would give, as far as the client looks at it; its graph returns { n: number }. */
const pipeline = (definition: PipelineCase) => ({
  name: harness.pipeline(definition),
  params: z.object({ rate: z.number().default(1) }),
  result: undefined as { n: number } | undefined,
});
const client = () => harness.environment.client;

test('the same trigger twenty times at once is one run, and twenty handles of it', async () => {
  const one = pipeline({ nodes: [step('a', 'echo', { n: 5 })], result: ref('a'), steps: { echo } });
  const runs = await Promise.all(
    Array.from({ length: 20 }, () => startPipeline(client(), one, { rate: 2 }, { trigger: { id: 'monday' } })),
  );
  expect(new Set(runs.map(({ runId }) => runId))).toEqual(new Set([`run/${one.name}/monday`]));
  expect(runs.filter(({ already }) => !already)).toHaveLength(1);
  const results: { n: number }[] = await Promise.all(runs.map((run) => run.result()));
  expect(results).toEqual(Array(20).fill({ n: 5 }));
  expect(harness.calls.filter((call) => call.startsWith(`run/${one.name}/`))).toHaveLength(1);
  // Also when it is over.
  expect((await startPipeline(client(), one, {}, { trigger: { id: 'monday' } })).already).toBe(true);
});

test('params that do not fit start nothing', async () => {
  const one = pipeline({ nodes: [], steps: {} });
  await expect(startPipeline(client(), one, { rate: 'fast' as never })).rejects.toThrow(z.ZodError);
});

test('any Temporal client starts a pipeline by its name, with JSON or with nothing', async () => {
  const { name } = pipeline({ nodes: [step('a', 'echo', 1)], result: ref('a'), steps: { echo } });
  const handle = await client().workflow.start(name, { taskQueue: 'ratchet', workflowId: `by-hand-${name}` });
  expect(await raceWithTaskFailures(handle, handle.result())).toMatchObject({ status: 'finished', output: 1 });
  expect(harness.plans.at(-1)).toMatchObject({ params: {}, envelope: {}, workflowId: `by-hand-${name}` });
});

test('progress tells each change, with the last word of a running node, until the end', async () => {
  let go = () => {};
  const released = new Promise<void>((resolve) => {
    go = resolve;
  });
  const one = pipeline({
    nodes: [step('slow', 'slow'), step('then', 'echo', ref('slow'))],
    result: ref('then'),
    steps: { echo, slow: () => released.then(() => ({ n: 1 })) },
  });
  const run = await startPipeline(client(), one, {});
  const seen: string[] = [];
  for await (const { status, nodes } of run.progress()) {
    const slow = nodes.find(({ id }) => id === 'slow');
    seen.push(`${status} ${slow?.status} ${slow?.progress}`);
    if (slow?.status === 'running' && slow.progress === null)
      await signalNodeProgress(client(), run.runId, 'slow', 'epoch 7/20');
    if (slow?.progress === 'epoch 7/20') go();
  }
  expect(seen).toContain('running running epoch 7/20');
  expect(seen.at(-1)).toBe('finished done null');
  // Late words are of no use, and no failure.
  await signalNodeProgress(client(), run.runId, 'slow', 'too late');
});

test('a failed run throws its message and hands over its nodes', async () => {
  const one = pipeline({
    nodes: [step('bad', 'bad')],
    steps: { bad: () => Promise.reject(failing('column target is missing', 'DataInvalid')) },
  });
  const error = await (await startPipeline(client(), one, {})).result().catch((error: unknown) => error);
  expect(error).toBeInstanceOf(RunEnded);
  expect(error).toMatchObject({
    message: 'node bad: column target is missing',
    status: 'failed',
    failure: { type: 'DataInvalid', node: 'bad' },
    result: { status: 'failed', nodes: [{ id: 'bad', status: 'failed', reason: 'column target is missing' }] },
  });
});

test('a refused candidate completes the run, which is found by its search attributes and shows its story', async () => {
  const one = pipeline({
    nodes: [step('validateData', 'validateData'), step('gate', 'gate', ref('validateData'))],
    result: { n: 1 },
    steps: {
      validateData: () => ({ snapshot: { digest: 'md5:0123' }, passed: true }),
      gate: () => ({
        passed: false,
        record: { outcome: 'refused', reasons: ['auc fell by 0.02 | more'], evidence: { html: 's3://b/r.html' } },
      }),
    },
  });
  const run = await startPipeline(client(), one, {}, { trigger: { kind: 'drift', id: 't1' } });
  expect(await run.report()).toMatchObject({
    status: 'refused',
    verdict: 'refused',
    reasons: ['auc fell by 0.02 | more'],
    report: 's3://b/r.html',
  });
  const filter = { pipeline: one.name, trigger: 'drift', verdict: 'refused', stage: 'gate', dataDigest: 'md5:0123' };
  let found = await listRuns(client(), filter);
  for (let tries = 0; tries < 100 && found.length === 0; tries++) {
    await pause(100);
    found = await listRuns(client(), filter);
  }
  expect(found).toMatchObject([{ runId: run.runId, pipeline: one.name, verdict: 'refused', stage: 'gate' }]);
  expect(await listRuns(client(), { pipeline: "it's \\ nobody" })).toEqual([]);

  const meta = (await client().workflow.getHandle(run.runId).query('__temporal_workflow_metadata')) as {
    currentDetails: string;
  };
  expect(meta.currentDetails).toContain('Verdict: **refused**');
  expect(meta.currentDetails).toContain('* auc fell by 0.02 \\| more');
  expect(meta.currentDetails).toMatch(/^\| gate\s+\| ✓\s+\|/m);
});

test('cancel ends a run as cancelled', async () => {
  const one = pipeline({ nodes: [{ id: 'nap', kind: 'wait', input: { duration: '1d' } }], steps: {} });
  const run = await startPipeline(client(), one, {});
  for await (const { nodes } of run.progress()) if (nodes[0]?.status === 'running') await run.cancel();
  await expect(run.result()).rejects.toMatchObject({ status: 'cancelled', message: `${run.runId} was cancelled` });
});

test('a run that left no record is told as it ended, and found in the listing', async () => {
  // As much of a session as reading a run takes.
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-starting-'));
  const session = {
    ...{ store: createFolderStore(folder), environment: 'dev' },
    record: async (id: string) => harness.records.get(id) ?? null,
    temporal: async () => ({ client: client() }),
  } as unknown as Session;
  const type = `nobody-${Math.random().toString(36).slice(2, 8)}`;
  const unplanned = await client().workflow.start(type, { taskQueue: 'ratchet', workflowId: `odd/${type}` });
  await expect(unplanned.result()).rejects.toThrow();
  // Asked from another environment, whose store it has no place in.
  const elsewhere = { ...session, environment: 'prod', record: async () => null } as unknown as Session;
  expect(await readRun(elsewhere, unplanned.workflowId)).toMatchObject({
    kind: 'unrecorded',
    result: {
      runId: unplanned.workflowId,
      pipeline: type,
      status: 'failed',
      reasons: [`there is no pipeline ${type}`],
    },
  });
  await expect(endedRun(elsewhere, unplanned.workflowId, 'retry')).rejects.toThrow(
    /left no record.*there is no pipeline/,
  );
  await expect
    .poll(() => listRuns(client(), { pipeline: type }), { timeout: 120_000 })
    .toMatchObject([{ runId: unplanned.workflowId, status: 'FAILED' }]);

  const napping = pipeline({ nodes: [{ id: 'nap', kind: 'wait', input: { duration: '1h' } }], steps: {} });
  const { workflowId } = await harness.start(napping.name);
  expect(await readRun(session, workflowId)).toMatchObject({ kind: 'live', runId: workflowId });
  await expect
    .poll(() => runProgress(client(), workflowId), { timeout: 120_000 })
    .toMatchObject({ status: 'running', nodes: [{ id: 'nap', status: 'running' }] });
  await client().workflow.getHandle(workflowId).terminate('enough');
  // It could not write one: whoever reads it first does.
  expect(await readRun(session, workflowId)).toMatchObject({
    kind: 'ended',
    record: { result: { status: 'failed', reasons: ['the run was ended by force: enough'] } },
  });
  expect(await runProgress(client(), workflowId)).toMatchObject({ status: 'failed', approvals: [] });
  await expect(readRun(session, 'run/x/none')).rejects.toThrow(/no run "run\/x\/none"/);
  rmSync(folder, { recursive: true, force: true });
});
