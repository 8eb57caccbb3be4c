import { createHash } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EndWithoutRecord, endWithoutRecord } from '#adapters/temporal/ends-without-record.ts';
import { approveRun, runProgress } from '#adapters/temporal/runs.ts';
import { canonicalJson } from '#contracts/json.ts';
import type { PlanNode } from '#contracts/plan.ts';
import type { RunProgress } from '#contracts/run.ts';
import { recordFromHistory } from '#records/from-history.ts';
import { waitUntil } from '../fixtures/wait-until.ts';
import { failing, type Harness, ref, startHarness, step } from './harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness?.stop());

const echo = (input: never) => input;
const digest = (evidence: unknown) => createHash('sha256').update(canonicalJson(evidence)).digest('hex');
const approval = (spec: object, id = 'ok'): PlanNode => ({
  id,
  kind: 'approval',
  input: {
    title: 'Ship?',
    evidence: ref('judge'),
    by: ['anna', 'bob', 'carl'],
    quorum: 1,
    timeout: '2d',
    onTimeout: 'reject',
    ...spec,
  } as never,
});
const pipeline = (spec: object = {}, judge: unknown = { auc: 0.7 }) =>
  harness.pipeline({ nodes: [step('judge', 'echo', judge), approval(spec)], result: ref('ok'), steps: { echo } });

async function open(handle: WorkflowHandle): Promise<RunProgress['approvals'][number]> {
  const look = () => runProgress(harness.environment.client, handle.workflowId);
  const { approvals } = await waitUntil(look, (seen) => seen.approvals.length > 0);
  return approvals[0] as RunProgress['approvals'][number];
}
const give = (handle: WorkflowHandle, by: string, evidence: string, more = {}) =>
  approveRun(harness.environment.client, handle.workflowId, {
    node: 'ok',
    approved: true,
    by,
    note: '',
    evidence,
    ...more,
  });

test('waits, tells what it waits for, and hands on who approved', async () => {
  const handle = await harness.start(pipeline());
  const asked = await open(handle);
  expect(asked).toEqual({
    node: 'ok',
    title: 'Ship?',
    by: ['anna', 'bob', 'carl'],
    quorum: 1,
    evidence: digest({ auc: 0.7 }),
    given: [],
  });
  expect((await runProgress(harness.environment.client, handle.workflowId)).status).toBe('waiting');
  expect(await give(handle, 'anna', asked.evidence, { note: 'fine' })).toEqual({
    node: 'ok',
    given: ['anna'],
    quorum: 1,
  });
  expect((await harness.result(handle)).output).toEqual({
    ...{ approved: true, by: 'anna', note: 'fine' },
    evidence: asked.evidence,
  });
  expect(harness.records.get(handle.workflowId)?.approvals).toMatchObject([
    { node: 'ok', approved: true, by: 'anna', evidence: asked.evidence },
  ]);
});

test('a quorum counts heads, not words', async () => {
  const handle = await harness.start(pipeline({ quorum: 2 }));
  const { evidence } = await open(handle);
  await give(handle, 'anna', evidence);
  expect(await give(handle, 'anna', evidence)).toMatchObject({ given: ['anna'], quorum: 2 });
  expect((await open(handle)).given).toEqual(['anna']);
  await give(handle, 'carl', evidence);
  expect((await harness.result(handle)).output).toMatchObject({ approved: true, by: 'anna, carl' });
});

test('one refusal decides', async () => {
  const handle = await harness.start(pipeline({ quorum: 2 }));
  const { evidence } = await open(handle);
  await give(handle, 'anna', evidence);
  await give(handle, 'bob', evidence, { approved: false, note: 'not on a Friday' });
  expect((await harness.result(handle)).output).toEqual({
    ...{ approved: false, by: 'bob', note: 'not on a Friday' },
    evidence,
  });
});

test.each([
  ['of somebody who may not', { by: 'mallory' }, /mallory may not approve ok; these may: anna, bob, carl/],
  ['for other evidence', { evidence: 'e'.repeat(64) }, /it changed since you looked/],
  ['at a node that does not ask', { node: 'judge' }, /no approval is open at judge; open now: ok/],
  ['that is none', { by: '' }, /an approval is \{ node, approved, by, note\?, evidence \}/],
])('a word %s is refused and leaves no trace', async (_name, change, message) => {
  const handle = await harness.start(pipeline());
  const { evidence } = await open(handle);
  await expect(give(handle, 'anna', evidence, change)).rejects.toMatchObject({
    type: 'InvalidInput',
    message: expect.stringMatching(message),
  });
  expect((await open(handle)).given).toEqual([]);
  await give(handle, 'anna', evidence);
  await harness.result(handle);
  expect(harness.records.get(handle.workflowId)?.approvals).toHaveLength(1);
});

test('nobody answers: refused after the time, or failed, as told', async () => {
  const rejected = await harness.start(pipeline({ quorum: 2 }));
  expect((await harness.result(rejected)).output).toEqual({
    approved: false,
    by: '',
    note: 'not approved within 2d: 0 of 2 approved',
    evidence: digest({ auc: 0.7 }),
  });
  const failed = await harness.start(pipeline({ onTimeout: 'fail' }));
  await expect(harness.result(failed)).rejects.toMatchObject({
    cause: { type: 'RunFailed', message: expect.stringContaining('was not approved within 2d') },
  });
});

test('where nobody decides others are asked, too; who, when and why is in the record', async () => {
  const handle = await harness.start(pipeline({ by: ['anna'], escalateAfter: '1h', escalateTo: ['dora'] }));
  const asked = await open(handle);
  await expect(give(handle, 'dora', asked.evidence)).rejects.toMatchObject({
    message: expect.stringContaining('dora may not approve ok; these may: anna'),
  });
  await harness.environment.sleep('61m');
  const later = await waitUntil(
    () => open(handle),
    ({ escalated }) => escalated !== null && escalated !== undefined,
  );
  expect(later).toMatchObject({ by: ['anna', 'dora'], escalated: { to: ['dora'] }, evidence: asked.evidence });
  const { nodes } = await runProgress(harness.environment.client, handle.workflowId);
  expect(nodes.find(({ id }) => id === 'ok')?.progress).toBe('waits for 1 of anna, dora, escalated to dora after 1h');
  await give(handle, 'dora', asked.evidence, { note: 'anna is away' });
  expect((await harness.result(handle)).output).toMatchObject({ approved: true, by: 'dora' });
  const record = harness.records.get(handle.workflowId);
  expect(record?.escalations).toEqual([{ node: 'ok', ...later.escalated }]);
  expect(record?.approvals).toMatchObject([{ by: 'dora', note: 'anna is away', evidence: asked.evidence }]);
  const unanswered = await harness.start(pipeline({ by: ['anna'], escalateAfter: '1h', escalateTo: ['dora'] }));
  expect((await harness.result(unanswered)).output).toMatchObject({ note: 'not approved within 2d: 0 of 1 approved' });
});

test('an approval is void when its evidence changed: the run judges again and asks again', async () => {
  let champion = 1;
  const name = harness.pipeline({
    nodes: [
      step('judge', 'echo', { champion: 1 }),
      approval({}),
      step('promote', 'promote', { judged: ref('judge', 'champion'), yes: ref('ok', 'approved') }),
    ],
    result: ref('promote'),
    steps: {
      echo,
      promote: ({ judged }: { judged: number }) => {
        if (judged === champion) return 'promoted';
        throw failing('moved', 'ChampionMoved');
      },
    },
    plan: (planned, { rejudge }) =>
      rejudge
        ? {
            ...planned,
            plan: {
              ...planned.plan,
              nodes: planned.plan.nodes.map((node) => (node.id === 'judge' ? { ...node, input: { champion } } : node)),
            },
          }
        : planned,
  });
  champion = 2;
  const handle = await harness.start(name);
  const first = await open(handle);
  await give(handle, 'anna', first.evidence);
  let second = await open(handle);
  while (second.evidence === first.evidence) second = await open(handle);
  await expect(give(handle, 'anna', first.evidence)).rejects.toMatchObject({
    message: expect.stringContaining('it changed since you looked'),
  });
  await give(handle, 'anna', second.evidence);
  expect((await harness.result(handle)).output).toBe('promoted');
  expect(harness.records.get(handle.workflowId)?.approvals.map(({ evidence }) => evidence)).toEqual([
    first.evidence,
    second.evidence,
  ]);
});

test('a run that failed elsewhere does not wait for an approval', async () => {
  const name = harness.pipeline({
    nodes: [step('judge', 'echo', 1), approval({ timeout: '30d' }), step('bad', 'bad')],
    steps: { echo, bad: () => Promise.reject(failing('no')) },
  });
  const handle = await harness.start(name);
  await expect(harness.result(handle)).rejects.toMatchObject({ cause: { message: 'node bad: no' } });
  expect(harness.records.get(handle.workflowId)?.result.nodes.find(({ id }) => id === 'ok')?.status).toBe('skipped');
});

test('cancelling ends an open approval', async () => {
  const handle = await harness.start(pipeline());
  await open(handle);
  await handle.cancel();
  await expect(harness.result(handle)).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
});

test('an approval in a map over many items is refused before any item runs', async () => {
  const name = harness.pipeline({
    nodes: [
      {
        id: 'each',
        kind: 'map',
        input: Array.from({ length: 201 }, (_, n) => n) as never,
        blocks: [{ nodes: [step('judge', 'echo', 1), approval({})] }],
      },
    ],
    steps: { echo },
  });
  const handle = await harness.start(name);
  await expect(harness.result(handle)).rejects.toMatchObject({
    cause: { message: expect.stringMatching(/ok asks for approval in a map over 201 items/) },
  });
});

test('what was answered to a run that is ended by force is in the record that its history tells', async () => {
  const handle = await harness.start(pipeline({ quorum: 2 }));
  const asked = await open(handle);
  await give(handle, 'anna', asked.evidence, { note: 'fine' });
  await expect(give(handle, 'mallory', asked.evidence)).rejects.toThrow();
  const { at, ...told } = {
    at: expect.stringMatching(/^2\d{3}-.*Z$/),
    node: 'ok',
    approved: true,
    by: 'anna',
    note: 'fine',
  };
  await handle.terminate('enough');
  const { approvals } = recordFromHistory((await endWithoutRecord(handle)) as EndWithoutRecord, 'dev');
  expect(approvals).toEqual([{ ...told, evidence: asked.evidence, at }]);
});
