import { temporal } from '@temporalio/proto';
import { any, drift, newRows, schedule, upstream } from 'ratchet-ml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askRetrain, pauseLoop, resumeLoop } from '#adapters/temporal/loops.ts';
import { failing } from './harness.ts';
import { gate, type LoopWorld, pipelineThat, startLoopWorld } from './loop-world.ts';

const { EventType } = temporal.api.enums.v1;

let world: LoopWorld;
beforeAll(async () => {
  world = await startLoopWorld();
});
afterAll(() => world?.harness.stop());

const client = () => world.harness.environment.client;
const triggers = any(newRows({ atLeast: 10 }), drift({ share: 0.3 }), schedule('0 2 * * 1'));
const DAY = 86_400_000;
test('evidence becomes a run that knows why; the cool-down ends by the clock, and what waited runs', async () => {
  const pipeline = world.harness.pipeline(pipelineThat(() => null));
  await world.deploy({ pipeline, triggers, limits: { coolDown: '7d' } });
  await world.tell(pipeline, 'dataArrived', { rows: 4 });
  await world.until(pipeline, ({ lacking }) => lacking.includes('4 of 10 new rows'));
  const id = await world.tell(pipeline, 'dataArrived', { rows: 8 });
  const { watermark } = await world.until(pipeline, (status) => status.watermark !== null);
  const record = world.harness.records.get(watermark?.runId ?? '');
  expect(record?.run.trigger).toMatchObject({
    kind: 'newRows',
    reason: '12 new rows, 10 are enough',
    reasons: [
      { kind: 'newRows', figures: { new_rows: 12 }, threshold: { atLeast: 10 }, evidence: [expect.any(String), id] },
    ],
  });

  const before = await world.now();
  await world.tell(pipeline, 'driftMeasured', { share: 0.5 });
  const held = await world.until(pipeline, ({ next }) => (next?.held?.length ?? 0) > 0);
  expect(held.next?.held).toMatchObject([{ rule: 'coolDown' }]);
  await world.harness.environment.sleep(8 * DAY);
  const after = await world.until(pipeline, (status) => status.watermark?.runId === held.next?.runId);
  expect((await world.now()) - before).toBeGreaterThanOrEqual(8 * DAY);
  expect(after.decisions.map(({ outcome }) => outcome)).toEqual(['no-run', 'run', 'ended', 'held', 'run', 'ended']);
  await expect.poll(() => world.decisions(pipeline).length).toBe(6);
});

test('a request while a run goes on says behind which it waits; a burst is the next run with all of its reasons', async () => {
  const { step, open } = gate();
  const pipeline = world.harness.pipeline(pipelineThat(step));
  await world.deploy({ pipeline, triggers, limits: { coolDown: '0s' } });
  const ask = (id: string) => askRetrain(client(), { pipeline }, { id, by: 'anna', reason: 'new labels' });
  expect(await ask('first')).toEqual({ outcome: 'started', runId: `run/${pipeline}/first` });
  await Promise.all([
    world.tell(pipeline, 'dataArrived', { rows: 10 }),
    world.tell(pipeline, 'driftMeasured', { share: 0.4 }),
  ]);
  await world.until(pipeline, ({ next }) => next?.reasons.length === 2);
  const answer = await ask('second');
  expect(answer).toMatchObject({ outcome: 'queued', queuedBehind: `run/${pipeline}/first` });
  expect(await ask('second')).toEqual(answer);
  await open();
  const next = 'nextRunId' in answer ? answer.nextRunId : '';
  await world.until(pipeline, ({ run }) => run?.runId === next);
  await open();
  await world.until(pipeline, ({ watermark }) => watermark?.runId === next);
  expect(world.harness.records.get(next)?.run.trigger.reasons?.map(({ kind }) => kind)).toEqual([
    'manual',
    'newRows',
    'drift',
  ]);
});

describe('an idle loop', () => {
  test('decides together on what is told one after another within its wait', async () => {
    for (;;) {
      const pipeline = world.harness.pipeline(pipelineThat(() => null));
      await world.deploy({ pipeline, triggers });
      await world.tell(pipeline, 'driftMeasured', { share: 0.4 });
      await world.until(pipeline, ({ taken }) => taken === 1);
      await world.tell(pipeline, 'dataArrived', { rows: 10 });
      const { watermark } = await world.until(pipeline, (status) => status.watermark !== null);
      const [first = 0, second = 0] = (await told(pipeline)).signals;
      // Told too late by a busy machine, the second one says nothing: once more.
      if (second - first > 250) continue;
      const { reasons } = world.harness.records.get(watermark?.runId ?? '')?.run.trigger ?? {};
      expect(reasons?.map(({ kind }) => kind).sort()).toEqual(['drift', 'newRows']);
      return;
    }
  });

  test('lets nobody wait who asks', async () => {
    const pipeline = world.harness.pipeline(pipelineThat(() => null));
    await world.deploy({ pipeline, triggers });
    await askRetrain(client(), { pipeline }, { id: 'now', by: 'anna', reason: 'new labels' });
    expect((await told(pipeline)).timers).toBe(0);
  });

  /** When a loop's signals came, ms, and how many timers it started. */
  async function told(pipeline: string) {
    const { events } = await client().workflow.getHandle(`loop/${pipeline}`).fetchHistory();
    const of = (type: temporal.api.enums.v1.EventType) => (events ?? []).filter(({ eventType }) => eventType === type);
    const signals = of(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED);
    return {
      signals: signals.map(({ eventTime }) => Number(eventTime?.seconds) * 1_000 + (eventTime?.nanos ?? 0) / 1e6),
      timers: of(EventType.EVENT_TYPE_TIMER_STARTED).length,
    };
  }
});

test('what cannot be read is a decision that says why, and breaks nothing', async () => {
  const pipeline = world.harness.pipeline(pipelineThat(() => null));
  await world.deploy({ pipeline, triggers });
  const handle = client().workflow.getHandle(`loop/${pipeline}`);
  for (const bad of [null, 'text', 7, [], { id: 5 }, { id: 'x', share: 'much' }, { id: `${'y'.repeat(5_000)}` }])
    await handle.signal('driftMeasured', bad);
  await handle.signal('dataArrived', { id: 'p', partitions: 'none' });
  const { decisions } = await world.until(pipeline, ({ taken, decided }) => taken === 8 && decided > 0);
  await expect
    .poll(() => world.decisions(pipeline).flatMap(({ malformed }) => malformed).length)
    .toBeGreaterThanOrEqual(5);
  expect(decisions.every(({ outcome }) => outcome === 'no-run')).toBe(true);
  await expect(askRetrain(client(), { pipeline }, { id: '', by: 'x', reason: '' })).rejects.toThrow('must be a text');
});

test('an id counts once, by whatever way it comes; a partition that two tell of counts once', async () => {
  const pipeline = world.harness.pipeline(pipelineThat(() => null));
  await world.deploy({ pipeline, triggers });
  for (let n = 0; n < 5; n++) await world.tell(pipeline, 'dataArrived', { id: 'same', rows: 3 });
  const partitions = [{ name: '2013-05.csv@1', rows: 4 }];
  await world.tell(pipeline, 'dataArrived', { id: 's3', partitions });
  await world.tell(pipeline, 'dataArrived', { id: 'watch', partitions });
  const status = await world.until(pipeline, ({ taken, newRows }) => taken === 7 && newRows > 3);
  expect(status).toMatchObject({ newRows: 7, newPartitions: 1 });
  await expect.poll(() => world.decisions(pipeline).reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(4);
});

describe('when things go wrong', () => {
  test('failed runs open the breaker; somebody resumes, and what was waiting runs', async () => {
    let broken = true;
    const pipeline = world.harness.pipeline(
      pipelineThat(() => {
        if (broken) throw failing('no disk');
        return null;
      }),
    );
    await world.deploy({ pipeline, triggers, limits: { coolDown: '0s', breaker: { failures: 2 } } });
    await world.tell(pipeline, 'dataArrived', { rows: 10 });
    const status = await world.until(pipeline, ({ state }) => state === 'broken');
    expect(status.note).toBe('2 runs in a row failed');
    expect(await askRetrain(client(), { pipeline }, { id: 'a', by: 'x', reason: 'y' })).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('resume'),
    });
    broken = false;
    await resumeLoop(client(), { pipeline }, { by: 'anna', reason: 'more disk' });
    await world.until(pipeline, ({ watermark }) => watermark !== null);
  });

  test('paused, it takes in and waits', async () => {
    const pipeline = world.harness.pipeline(pipelineThat(() => null));
    await world.deploy({ pipeline, triggers });
    expect(await pauseLoop(client(), { pipeline }, { by: 'anna', reason: 'fair' })).toMatchObject({ state: 'paused' });
    await world.tell(pipeline, 'dataArrived', { rows: 10 });
    await world.until(pipeline, ({ next }) => next?.held[0]?.rule === 'paused');
    await resumeLoop(client(), { pipeline }, { by: 'anna', reason: 'over' });
    await world.until(pipeline, ({ watermark }) => watermark !== null);
  });
});

test('a promotion is provisional until its labels are in: confirmed, or rolled back by itself', async () => {
  let version = 1;
  world.end = (ended) => ({
    ...ended,
    status: 'promoted',
    modelVersion: String(++version),
    previous: String(version - 1),
  });
  world.cohort = (provisional) =>
    provisional.version === '3' ? { champion: 0.61, previous: 0.68 } : { champion: 0.7, previous: 0.68 };
  const pipeline = world.harness.pipeline(pipelineThat(() => null));
  const watch = {
    source: 'x.csv',
    target: 'y',
    labelsAfter: '3d',
    provisional: { cohort: '7d', metric: 'auc', tolerance: 0.01 },
  };
  await world.deploy({ pipeline, model: pipeline, triggers, watch });
  await world.tell(pipeline, 'dataArrived', { rows: 10 });
  const { provisional } = await world.until(pipeline, (status) => status.provisional.length === 1);
  const [cohort] = provisional;
  expect(Date.parse(cohort?.maturesAt ?? '') - Date.parse(cohort?.promotedAt ?? '')).toBe(10 * DAY);
  await world.harness.environment.sleep(11 * DAY);
  const confirmed = await world.until(pipeline, (status) => status.provisional.length === 0);
  expect(confirmed.decisions.at(-1)).toMatchObject({
    outcome: 'confirmed',
    figures: { champion: 0.7, previous: 0.68 },
  });
  await world.tell(pipeline, 'dataArrived', { rows: 10 });
  await world.until(pipeline, (status) => status.provisional.length === 1);
  // Sooner than they must: the labels themselves come.
  await world.harness.environment.sleep(8 * DAY);
  await world.tell(pipeline, 'labelsArrived', { until: new Date(await world.now()).toISOString() });
  const back = await world.until(pipeline, (status) => status.provisional.length === 0);
  expect(back.decisions.at(-1)).toMatchObject({
    outcome: 'rolledBack',
    words: expect.stringContaining('version 2 is champion again'),
  });
  expect(world.rolledBack).toEqual([{ version: '3', words: expect.stringContaining('auc 0.61 against 0.68') }]);
  world.end = (ended) => ended;
});

test('the calendar fires by its workflow, once for one time; another pipeline’s end is heard downstream', async () => {
  const down = world.harness.pipeline(pipelineThat(() => null));
  const up = world.harness.pipeline(pipelineThat(() => null));
  await world.deploy({ pipeline: down, triggers: upstream(up) });
  await world.deploy({ pipeline: up, triggers, downstream: [down] });
  for (const n of [1, 2])
    await client().workflow.execute('fire', {
      workflowId: `fire/${up}/0-${n}`,
      taskQueue: 'ratchet',
      args: [{ pipeline: up, environment: 'dev', cron: '0 2 * * 1 UTC' }],
    });
  const { watermark } = await world.until(down, (status) => status.watermark !== null);
  expect(world.harness.records.get(watermark?.runId ?? '')?.run.trigger).toMatchObject({ kind: 'upstream', who: up });
});
