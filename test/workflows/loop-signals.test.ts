/** More signals than one execution takes, as fast as they can be sent. The slow suite sends 100,000. */
import { newRows } from 'ratchet-ml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askRetrain } from '#adapters/temporal/loops.ts';
import { startDevServer } from './harness.ts';
import { flood } from './loop-flood.ts';
import { gate, type LoopWorld, pipelineThat, startLoopWorld } from './loop-world.ts';

let world: LoopWorld;
beforeAll(async () => {
  world = await startLoopWorld({ environment: await startDevServer() });
});
afterAll(() => world?.harness.stop());

test('10,500 signals: all are decided upon, once, and no history comes near its limits', async () => {
  const pipeline = 'flooded';
  await world.deploy({ pipeline, triggers: newRows({ atLeast: 1_000_000 }) });
  const { ids, histories, rate } = await flood(world, pipeline, 10_500);
  console.log(
    `10,500 signals at ${Math.round(rate)}/s: ${histories.length} executions of ${histories.map(({ signals }) => signals).join(', ')} signals, ${histories.map(({ events }) => events).join(', ')} events`,
  );
  expect(new Set(world.decisions(pipeline).flatMap(({ evidence }) => evidence))).toEqual(new Set(ids));
  expect((await world.status(pipeline)).newRows).toBe(10_500);
  for (const { signals, events } of histories) {
    expect(signals).toBeLessThan(10_000);
    expect(events).toBeLessThan(10_240);
  }
}, 120_000);

test('a run that is terminated is noticed', async () => {
  const { step, openForAll } = gate();
  const pipeline = world.harness.pipeline(pipelineThat(step));
  await world.deploy({ pipeline, triggers: newRows({ atLeast: 10 }) });
  await world.tell(pipeline, 'dataArrived', { rows: 10 });
  const { run } = await world.until(pipeline, (status) => status.run !== null);
  await world.harness.environment.client.workflow.getHandle(run?.runId ?? '').terminate('by the test');
  const { decisions, failures } = await world.until(pipeline, (status) => status.run === null);
  expect(decisions.find(({ outcome }) => outcome === 'ended')?.words).toContain('terminated');
  expect(failures).toBe(1);
  // Nobody cancels an activity that does not heartbeat, and the worker waits for it.
  openForAll();
});

test('it starts over, busy or not: nothing is lost, counted twice or left unanswered, and the run is followed', async () => {
  const { step, open } = gate();
  const pipeline = world.harness.pipeline(pipelineThat(step));
  await world.harness.environment.client.workflow.start('loop', {
    workflowId: `loop/${pipeline}`,
    taskQueue: 'ratchet',
    args: [{ pipeline, environment: 'dev', signalsAHistory: 20 }],
  });
  await world.deploy({ pipeline, triggers: newRows({ atLeast: 1_000 }), limits: { coolDown: '0s' } });
  const ask = (id: string) => askRetrain(world.harness.environment.client, { pipeline }, { id, by: 'x', reason: 'y' });
  await ask('running');
  const ids: string[] = [];
  const answers = [];
  for (let n = 0; n < 100; n++) {
    ids.push(await world.tell(pipeline, 'dataArrived', { rows: 1 }));
    if (n % 10 === 0)
      answers.push(ask(`r${n}`), world.tell(pipeline, 'dataArrived', { id: ids[0] as string, rows: 1 }));
  }
  const given = await Promise.all(answers);
  expect(
    given.filter((answer) => typeof answer !== 'string').map((answer) => (answer as { outcome: string }).outcome),
  ).toEqual(Array.from({ length: 10 }, () => 'queued'));
  const status = await world.until(pipeline, ({ taken, undecided }) => taken >= 121 && undecided === 0);
  expect(status.newRows).toBe(100);
  const described = await world.harness.environment.client.workflow.getHandle(`loop/${pipeline}`).describe();
  expect(described.raw.workflowExecutionInfo?.firstRunId).not.toBe(described.runId);
  await open();
  await world.until(pipeline, ({ run }) => run?.runId.endsWith('/r0') ?? false);
  await open();
  await expect
    .poll(() =>
      world
        .decisions(pipeline)
        .flatMap(({ evidence }) => evidence)
        .toSorted(),
    )
    .toEqual([...ids, 'running', ...Array.from({ length: 10 }, (_, n) => `r${n * 10}`)].toSorted());
}, 60_000);
