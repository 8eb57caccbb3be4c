/** Signals that are large, of anybody, or come while a loop starts over; effects/loop-flood sends more than one execution takes. */
import { codeChange, newRows } from 'ratchet-ml';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { askRetrain } from '#adapters/temporal/loops.ts';
import { startDevServer } from './harness.ts';
import { historiesOf } from './loop-flood.ts';
import { gate, type LoopWorld, pipelineThat, startLoopWorld } from './loop-world.ts';

let world: LoopWorld;
beforeAll(async () => {
  world = await startLoopWorld({ environment: await startDevServer() });
});
afterAll(() => world?.harness.stop());

test('evidence of the largest size, and much of it at once, is decided upon: no command grows past what Temporal takes', async () => {
  const pipeline = world.harness.pipeline(pipelineThat(() => null));
  await world.deploy({ pipeline, triggers: codeChange({ paths: ['models/**'] }) });
  const { client } = world.harness.environment;
  const handle = client.workflow.getHandle(`loop/${pipeline}`);
  const mark = { until: '2026-01-01' };
  await handle.signal('watched', { evidence: [], mark, handMove: null });
  await handle.signal('watched', { evidence: [], mark: { until: 'x'.repeat(1_500_000) }, handMove: null });
  const paths = Array.from({ length: 1_000 }, (_, n) => `other/${n}${'x'.repeat(450)}`);
  await Promise.all(Array.from({ length: 6 }, () => world.tell(pipeline, 'codeChanged', { paths })));
  await world.tell(pipeline, 'codeChanged', { paths: [...paths.slice(1), 'models/a.ts'] });
  await world.until(pipeline, ({ watermark }) => watermark !== null);
  expect((await world.status(pipeline)).watch).toEqual(mark);
  await expect.poll(() => world.decisions(pipeline).flatMap(({ evidence }) => evidence)).toHaveLength(7);
});

test('a promotion by a run that the loop did not start is on probation once the watch tells of it, once', async () => {
  const pipeline = world.harness.pipeline(pipelineThat(() => null));
  const { client } = world.harness.environment;
  await world.deploy({
    ...{ pipeline, model: 'm', triggers: newRows({ atLeast: 1_000 }) },
    watch: { source: 'x', target: 'y', labelsAfter: '28d', provisional: { cohort: '7d', metric: 'auc' } },
  });
  const at = new Date(await world.now()).toISOString();
  const move = { runId: `run/${pipeline}/by-hand`, version: '2', previous: '1', epoch: 2, at, probation: true };
  // Whatever somebody sends beside it.
  const moves = [7, null, { ...move, at: 'soon' }, { ...move, epoch: '3' }, move];
  const handle = client.workflow.getHandle(`loop/${pipeline}`);
  for (let time = 0; time < 2; time++)
    await handle.signal('watched', { evidence: [], mark: { epoch: 2 }, handMove: null, moves });
  await handle.signal('watched', { evidence: [], mark: { epoch: 2 }, handMove: null, moves: 'none' });
  await world.tell(pipeline, 'dataArrived', { rows: 1 });
  const { provisional, decisions } = await world.until(pipeline, ({ newRows }) => newRows === 1);
  expect(provisional).toMatchObject([{ version: '2', previous: '1', runId: move.runId }]);
  expect(decisions.filter(({ outcome }) => outcome === 'promoted')).toHaveLength(1);
});

test('it starts over, busy or not: nothing is lost, counted twice or left unanswered, and the run is followed', async () => {
  const { step, open, openForAll } = gate();
  // A worker waits for its activities before it ends.
  onTestFinished(openForAll);
  const pipeline = world.harness.pipeline(pipelineThat(step));
  const { client } = world.harness.environment;
  await client.workflow.start('loop', {
    workflowId: `loop/${pipeline}`,
    taskQueue: 'ratchet',
    args: [{ pipeline, environment: 'dev', signalsAHistory: 20 }],
  });
  await world.deploy({ pipeline, triggers: newRows({ atLeast: 1_000 }), limits: { coolDown: '0s' } });
  const ask = (id: string) => askRetrain(client, { pipeline }, { id, by: 'x', reason: 'y' });
  await ask('running');
  // Without a pause between them: each start over is one during which signals and requests come.
  const ids: string[] = [];
  const answers = [];
  for (let n = 0; n < 100; n++) {
    ids.push(await world.tell(pipeline, 'dataArrived', { rows: 1 }));
    if (n % 10 === 0)
      answers.push(ask(`r${n}`), world.tell(pipeline, 'dataArrived', { id: ids[0] as string, rows: 1 }));
  }
  const given = await Promise.all(answers);
  expect(given.flatMap((answer) => (typeof answer === 'string' ? [] : [answer.outcome]))).toEqual(
    Array.from({ length: 10 }, () => 'queued'),
  );
  const status = await world.until(pipeline, ({ taken, undecided }) => taken >= 121 && undecided === 0);
  expect(status.newRows).toBe(100);
  const executions = async () => (await historiesOf(world, pipeline)).length;
  await expect.poll(executions, { timeout: 120_000 }).toBeGreaterThan(1);
  await open();
  await world.until(pipeline, ({ run }) => run?.runId.endsWith('/r0') ?? false);
  const wanted = [...ids, 'running', ...Array.from({ length: 10 }, (_, n) => `r${n * 10}`)];
  const decided = () => world.decisions(pipeline).flatMap(({ evidence }) => evidence);
  // A request that Temporal did not take at first is told twice.
  await expect.poll(() => new Set(decided())).toEqual(new Set(wanted));
  expect(decided().filter((id) => id.startsWith('e'))).toHaveLength(ids.length);
}, 60_000);

test('a run that is terminated is noticed', async () => {
  const { step, openForAll } = gate();
  onTestFinished(openForAll);
  const pipeline = world.harness.pipeline(pipelineThat(step));
  await world.deploy({ pipeline, triggers: newRows({ atLeast: 10 }) });
  await world.tell(pipeline, 'dataArrived', { rows: 10 });
  const { run } = await world.until(pipeline, (status) => status.run !== null);
  await world.harness.environment.client.workflow.getHandle(run?.runId ?? '').terminate('by the test');
  const { decisions, failures } = await world.until(pipeline, (status) => status.run === null);
  expect(decisions.find(({ outcome }) => outcome === 'ended')?.words).toContain('terminated');
  expect(failures).toBe(1);
});
