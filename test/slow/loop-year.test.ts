/**
 * A year of a loop whose pipeline is looked at each hour, by event time, as fast as it decides: its workflow, the server,
 * its decisions and its records are real, what a look finds is drawn. `RATCHET_LOOKS=8760` measures the curves of docs/scale.md.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CollectParts, collect } from '#activities/collect/collect.ts';
import { keepMemory, readMemory, remembered, uncounted } from '#activities/watch/cursor.ts';
import { createLoopActivities } from '#activities/watch/loop-activities.ts';
import { createLoops } from '#adapters/temporal/loop-port.ts';
import type { DriftResult } from '#contracts/drift.ts';
import type { Json } from '#contracts/json.ts';
import { LoopPolicy } from '#contracts/loop/policy.ts';
import { storeKey } from '#contracts/names.ts';
import type { RunRecord } from '#contracts/run.ts';
import type { ObjectStore } from '#ports/store.ts';
import { keepDrift } from '#records/drift-results.ts';
import { createMemoryStore } from '../unit/collect/memory-store.ts';
import { startDevServer } from '../workflows/harness.ts';
import { historiesOf } from '../workflows/loop-flood.ts';
import { type LoopWorld, pipelineThat, startLoopWorld } from '../workflows/loop-world.ts';

const LOOKS = Number(process.env.RATCHET_LOOKS ?? 700);
const HOUR = 3_600_000;
const WEEK = 7 * 24;
const pipeline = 'hourly';

let world: LoopWorld;
/** Event time, which the loop's clock and the store's times go by. */
let clock = Date.now() - LOOKS * HOUR;
const memory = createMemoryStore(() => clock);
const store: ObjectStore = {
  ...memory,
  // All in one page: there are thousands.
  async *list(prefix) {
    const keys = [...memory.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    for (const key of keys) {
      const found = memory.objects.get(key);
      if (found) yield { key, bytes: found.body.length, modified: new Date(found.modified) };
    }
  },
};

beforeAll(async () => {
  world = await startLoopWorld({
    environment: await startDevServer(),
    activities: {
      ...createLoopActivities({
        store,
        loops: { runState: (id) => createLoops(world.harness.environment.client).runState(id) },
      }),
      writeRecord: async (record: RunRecord) => {
        await store.put(storeKey.record(record.run.id), JSON.stringify(record));
        return { uri: store.uri(storeKey.record(record.run.id)) };
      },
    },
  });
});
afterAll(() => world?.harness.stop());

/** Twenty columns, of which some drift on some days: as large as ours are. */
function drift(look: number): DriftResult {
  const columns = Object.fromEntries(
    Array.from({ length: 20 }, (_, n) => [
      `column_${n}`,
      {
        ...{ kind: 'number', method: 'psi', value: ((look * 7 + n) % 13) / 100, threshold: 0.1, chance: 0.2 },
        drifted: (look * 7 + n) % 13 > 10,
      },
    ]),
  );
  // Only what is kept and read back as a whole counts here: that it is as large as a real one.
  return { columns, rows: { reference: 100_000, current: 1_000 }, share: 0.1 } as unknown as DriftResult;
}

/** What the watch of this hour finds, as `watch` tells the loop: one more file, drift, and once a day a metric and labels. */
async function look(number: number, mark: Json): Promise<Json> {
  const at = new Date(clock).toISOString();
  const file = {
    label: `data/${at}.csv`,
    source: `/data/${at}.csv`,
    partition: `data/${at}.csv@1`,
    version: '1',
    size: 60_000,
    changed: at,
  };
  const before = await readMemory(store, mark);
  const [fresh] = uncounted([file], before);
  if (!fresh) throw new Error(`${file.label} was counted before`);
  const counted = new Map([[file.label, { file, rows: 1_000, last: at, digest: 'd'.repeat(32) }]]);
  const next = await keepMemory(store, pipeline, remembered(before, [file], counted, []), {
    ...{ before: mark, now: clock, until: at },
  });
  const result = await keepDrift(store, pipeline, { at, result: drift(number) });
  const columns = Object.entries(drift(number).columns).map(([name, { drifted, method, value, threshold }]) => ({
    ...{ name, drifted, method, value, threshold },
  }));
  const evidence = [
    {
      signal: 'dataArrived' as const,
      value: {
        id: `rows/${at}`,
        at,
        source: 'watch',
        partitions: [{ name: file.partition, rows: 1_000, file: file.label }],
      },
    },
    {
      signal: 'driftMeasured' as const,
      value: { id: `drift/${at}`, at, source: 'watch', share: 0.1, tested: 20, rows: 1_000, columns, result },
    },
  ];
  const daily = [
    {
      signal: 'metricObserved' as const,
      value: { id: `auc/${at}`, at, source: 'watch', metric: 'auc', value: 0.7 + (number % 5) / 100, rows: 24_000 },
    },
    { signal: 'labelsArrived' as const, value: { id: `labels/${at}`, at, source: 'watch', until: at } },
  ];
  // Told again each time, it changes nothing, and the loop does not wait half a second for more of the same moment.
  const moves = [{ runId: 'somebody', version: '1', previous: null, epoch: 1, at, probation: false }];
  await createLoops(world.harness.environment.client).tellWatched(
    { pipeline, environment: 'dev' },
    { evidence: number % 24 === 0 ? [...evidence, ...daily] : evidence, mark: next, handMove: null, moves },
  );
  return next;
}

/** What the loop's newest execution was started with, bytes. */
async function carried(): Promise<number> {
  const { history } = await world.harness.environment.client.workflowService.getWorkflowExecutionHistory({
    namespace: 'default',
    execution: { workflowId: `loop/${pipeline}` },
    maximumPageSize: 1,
  });
  const { input } = history?.events?.[0]?.workflowExecutionStartedEventAttributes ?? {};
  return (input?.payloads ?? []).reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
}

/** Objects and kB by what they are. */
function held(): Record<string, [objects: number, kB: number]> {
  const kinds: Record<string, [number, number]> = {};
  for (const [key, { body }] of memory.objects) {
    const kind = key.split('/')[0] ?? '';
    const [objects, kB] = kinds[kind] ?? [0, 0];
    kinds[kind] = [objects + 1, kB + body.length / 1_000];
  }
  return Object.fromEntries(Object.entries(kinds).map(([kind, [objects, kB]]) => [kind, [objects, Math.round(kB)]]));
}

test(`${LOOKS} hours of a loop: what it carries, its histories and what it leaves stay bounded`, async () => {
  world.harness.pipeline(
    pipelineThat(() => null),
    pipeline,
  );
  // Shorter than the test, so that it shows what is kept.
  const keepRunsMs = (LOOKS / 4) * HOUR;
  await world.deploy(
    LoopPolicy.parse({
      ...{ pipeline, model: pipeline },
      triggers: {
        kind: 'any',
        of: [
          { kind: 'newRows', atLeast: 100_000 },
          { kind: 'drift', share: 0.5, windows: 3 },
        ],
      },
      limits: { coolDown: '3d' },
      watch: { source: 'data/*.csv', labelsAfter: '1d' },
    }),
  );
  await store.put(storeKey.policy(pipeline), '{}');
  const parts: CollectParts = {
    store,
    uploads: { async *unfinished() {}, giveUp: async () => undefined },
    live: { identity: async () => ({ cluster: 'c', namespace: 'n' }), async *all() {} },
    registry: { url: '', async *everyVersion() {} },
    async *projectTexts() {},
  };
  const curve: { look: number; rss: number; carried: number }[] = [];
  let mark: Json = null;
  for (let number = 1; number <= LOOKS; number++) {
    clock += HOUR;
    mark = await look(number, mark);
    // What it starts ends before the next hour.
    await world.until(pipeline, ({ taken, undecided, run }) => taken >= 2 * number && undecided === 0 && run === null);
    if (number % WEEK === 0)
      await collect(parts, {
        remove: true,
        graceMs: WEEK * HOUR,
        keepRunsMs,
        keepCacheMs: 30 * 24 * HOUR,
      });
    if (number % (4 * WEEK) === 0 || number === LOOKS) {
      globalThis.gc?.();
      const rss = Math.round(process.memoryUsage().rss / 1e6);
      curve.push({ look: number, rss, carried: await carried(), ...held() });
      if (process.env.RATCHET_LOOKS) console.log(JSON.stringify(curve.at(-1)));
    }
  }
  const status = await world.until(pipeline, ({ undecided }) => undecided === 0);
  const histories = await historiesOf(world, pipeline);
  if (process.env.RATCHET_LOOKS) console.log(JSON.stringify({ histories, taken: status.taken }));
  expect(status.taken).toBeGreaterThanOrEqual(2 * LOOKS);
  // The server warns of a history of 10,240 events.
  expect(Math.max(...histories.map(({ events }) => events))).toBeLessThan(10_240);
  // What goes along has a limit in each of its parts: the mark of the watch alone may have 64 KiB.
  expect(Math.max(...curve.map((each) => each.carried))).toBeLessThan(128 * 1024);
  const { drift: checks = [0, 0], watched = [0, 0], trash = [0, 0], decisions = [0, 0] } = held();
  // What decisions of the time that runs are kept refer to, and what came since the last collection; a week's lists of files, and
  // a grace period of trash.
  expect(checks[0]).toBeLessThanOrEqual(Math.max(200, LOOKS / 4) + 2 * WEEK);
  expect(watched[0]).toBeLessThanOrEqual(WEEK + 2);
  expect(trash[0]).toBeLessThanOrEqual(2 * WEEK + 2);
  // Decisions are kept for good: no more than one page an hour, and a run.
  expect(decisions[0]).toBeLessThanOrEqual(1.1 * LOOKS);
}, 3_600_000);
