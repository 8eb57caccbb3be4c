/**
 * Ten promotions of one model in one day of event time: a probation follows each, and has one end. The model's workflow,
 * MLflow, the loop, the watch and what judges a cohort are the real ones; only which candidate a run brings is settled before.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLoops } from '#adapters/temporal/loop-port.ts';
import { loopStatus, startLoop, tellLoop } from '#adapters/temporal/loops.ts';
import { readLedger } from '#adapters/temporal/models.ts';
import { startRun } from '#adapters/temporal/start-run.ts';
import type { Json } from '#contracts/json.ts';
import type { WatchActivities } from '#contracts/loop/activities.ts';
import type { LoopStatus } from '#contracts/loop/answers.ts';
import { readDecisions, writePolicy } from '#records/decisions.ts';
import { attempt } from '../fixtures/runtime.ts';
import { waitUntil } from '../fixtures/wait-until.ts';
import { promotingInTurn, startWatchHarness, watchPolicy } from '../integration/watch-harness.ts';
import { DAY, startWatchWorld, type WatchWorld } from '../integration/watch-world.ts';
import type { Harness } from '../workflows/harness.ts';

/** A midnight: rows are resampled by day, and what a probation finds is not to depend on the hour of the test. */
const end = Math.floor(Date.now() / DAY) * DAY;
let world: WatchWorld;
let harness: Harness;
let watch: WatchActivities;
beforeAll(async () => {
  world = await startWatchWorld(end);
  ({ harness, watch } = await startWatchHarness(world));
});
afterAll(async () => {
  await harness?.stop();
  await world?.close();
});

const model = 'busy';
/** Version 1 is champion the day before. Of the ten, those with an odd number are worse than the one before. */
const order = Array.from({ length: 11 }, (_, n) => (n % 2 === 0 ? 'weak' : 'good') as 'weak' | 'good');
/** Promoted by runs that somebody started beside the loop: only the watch tells of them. */
const byHand = [4, 9];

const until = async (holds: (status: LoopStatus) => boolean): Promise<LoopStatus> => {
  const look = () => loopStatus(harness.environment.client, { pipeline: model }).catch(() => null);
  return (await waitUntil(look, (status) => status !== null && holds(status), 500_000)) as LoopStatus;
};

test('each of ten promotions of a day has one probation with one end', async () => {
  const { client } = harness.environment;
  const { tracking } = world.judged.evaluateDeps;
  const pipeline = promotingInTurn(harness, world, model, order);
  const policy = watchPolicy(world, pipeline, {
    triggers: { kind: 'newRows', atLeast: 1 },
    limits: { coolDown: '0s' },
    watch: { provisional: { cohort: '14d', metric: 'roc_auc', tolerance: 0 } },
  });
  await writePolicy(world.store, policy);
  await startLoop(client, policy);
  let mark: Json = null;
  /** A look at the model's ledger and MLflow, as one of the schedule's. */
  const look = async (at: string) => {
    const asked = attempt().run(watch.watchAlias, { policy, mark, asOf: at });
    const seen = await (asked as ReturnType<WatchActivities['watchAlias']>);
    mark = seen.mark;
    await createLoops(client).tellWatched(
      { pipeline, environment: 'dev' },
      { evidence: [], mark: seen.mark, handMove: seen.handMove, moves: seen.moves ?? [] },
    );
  };
  const promoted: string[] = [];
  for (let number = 1; number <= 11; number++) {
    const hours = number === 1 ? -24 : number;
    const at = new Date(end - 60 * DAY + hours * 3_600_000).toISOString();
    if (byHand.includes(number)) {
      const { runId, workflow } = await startRun(client, { pipeline, asOf: at, trigger: { id: `by-hand-${number}` } });
      await harness.result(workflow);
      promoted.push(runId);
    } else {
      await tellLoop(client, { pipeline }, 'dataArrived', { id: `data-${number}`, at, rows: 10 });
      const ended = () => number - byHand.filter((each) => each < number).length;
      const { decisions } = await until(
        ({ decisions }) => decisions.filter(({ outcome }) => outcome === 'ended').length === ended(),
      );
      promoted.push(decisions.findLast(({ outcome }) => outcome === 'ended')?.runId ?? '');
    }
    expect((await tracking.champion(model))?.version).toBe(String(number));
    await look(at);
    // The first champion has none before it: it is provisional to nobody.
    await until(({ provisional }) => provisional.length === number - 1);
  }
  expect(new Set(promoted).size).toBe(11);
  // Told once more from the beginning, as by a watch that forgot where it was: nothing begins anew.
  mark = { epoch: 0 };
  await look(new Date(end - 59 * DAY).toISOString());
  const probations = await until(({ provisional }) => provisional.length === 10);
  expect(probations.provisional.map(({ runId, version }) => [runId, version])).toEqual(
    promoted.slice(1).map((runId, index) => [runId, String(index + 2)]),
  );

  await harness.environment.sleep(29 * DAY);
  await until(({ provisional }) => provisional.length === 0);
  const decisions = await readDecisions(world.store, pipeline);
  const ends = decisions.filter(
    ({ outcome, words }) =>
      outcome === 'confirmed' ||
      outcome === 'rolledBack' ||
      (outcome === 'rollback-failed' && words.includes('turned out worse')),
  );
  // One each, of the ten and of nobody else.
  expect(ends.map(({ runId }) => runId).toSorted()).toEqual(promoted.slice(1).toSorted());
  const endOf = (runId: string | undefined) => ends.find((each) => each.runId === runId);
  for (const [index, runId] of promoted.entries()) {
    if (index === 0) continue;
    const found = endOf(runId);
    expect(found?.words).toContain(`version ${index + 1} `);
    if (order[index] === 'good') expect(found?.outcome).toBe('confirmed');
    else if (index < 10) expect(found?.words).toMatch(/took its place meanwhile: nothing is rolled back/);
    else expect(found?.outcome).toBe('rolledBack');
  }
  // The last one was worse, and the one before it is champion again: ledger and alias are the same.
  expect((await tracking.champion(model))?.version).toBe('10');
  expect(await readLedger(client, { model })).toMatchObject({ champion: '10', busy: false });
});
