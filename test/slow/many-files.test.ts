/** A hundred thousand small files: the watch counts them and tells the loop, a snapshot is made of them, and no payload outgrows Temporal. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { heartbeating } from '#activities/dispatch/heartbeating.ts';
import { createWatchActivities } from '#activities/watch/activities.ts';
import type { WatchDeps } from '#activities/watch/deps.ts';
import { createTables } from '#adapters/duckdb/tables.ts';
import { createLoops } from '#adapters/temporal/loop-port.ts';
import { LoopPolicy } from '#contracts/loop/policy.ts';
import { taskQueue } from '#contracts/names.ts';
import type { Tables } from '#ports/tables.ts';
import { writePolicy } from '#records/decisions.ts';
import { dataSources } from '#workers/step-cache.ts';
import { createDataWorkplace } from '../conformance/data-workplace.ts';
import { createFolderStore } from '../conformance/folder-store.ts';
import { startDevServer } from '../workflows/harness.ts';
import { type LoopWorld, startLoopWorld } from '../workflows/loop-world.ts';

const FILES = Number(process.env.RATCHET_FILES ?? 100_000);
const ROWS = 10;
const START = Date.parse('2026-01-01T00:00:00Z');

let folder: string;
let tables: Tables;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ratchet-many-files-'));
  mkdirSync(join(folder, 'data'));
  for (let file = 0; file < FILES; file++) write(file);
  tables = createTables({ scratchFolder: join(folder, 'scratch') });
});
afterAll(async () => {
  await tables?.close();
  rmSync(folder, { recursive: true, force: true });
});

function write(file: number): void {
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const at = new Date(START + file * 60_000 + row * 6_000).toISOString();
    return `${at},${file * ROWS + row},${((file * 7_919 + row * 31) % 1_000) / 8},p${row % 7}\n`;
  });
  const path = join(folder, 'data', `part-${String(file).padStart(7, '0')}.csv`);
  writeFileSync(path, `at,a,b,place\n${rows.join('')}`);
  utimesSync(path, 1_700_000_000, 1_700_000_000);
}

const figures: Record<string, string>[] = [];
async function measured<T>(what: string, work: () => Promise<T>): Promise<T> {
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 100);
  const began = performance.now();
  try {
    return await work();
  } finally {
    clearInterval(timer);
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    figures.push({ what, seconds, 'MiB of this process': (peak / 2 ** 20).toFixed(0) });
  }
}

/** Bytes of the largest payload of a history, and of the whole. */
async function historyOf(
  world: LoopWorld,
  workflowId: string,
): Promise<{ largest: number; all: number; events: number }> {
  const { events } = await world.harness.environment.client.workflow.getHandle(workflowId).fetchHistory();
  let [largest, all] = [0, 0];
  const walk = (value: unknown): void => {
    if (value instanceof Uint8Array) {
      largest = Math.max(largest, value.length);
      all += value.length;
    } else if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) walk(each);
  };
  walk(events);
  return { largest, all, events: events?.length ?? 0 };
}

test('the watch looks at them, and the loop has counted every row', async () => {
  const environment = await startDevServer();
  const store = createFolderStore(join(folder, 'store'));
  mkdirSync(store.folder);
  const sources = dataSources({ root: folder, store, tables });
  const loops = createLoops(environment.client);
  const deps = { store, tables, sources, loops, workFolder: join(folder, 'work') } as Partial<WatchDeps> as WatchDeps;
  const { watchStart, watchData, watchDrift, watchPerformance, watchAlias, tellFindings } = createWatchActivities(deps);
  const activities = { watchStart, watchData, watchDrift, watchPerformance, watchAlias, tellFindings };
  const world = await startLoopWorld({ environment, activities: heartbeating(activities) });
  try {
    const policy = LoopPolicy.parse({
      ...{ pipeline: 'p', triggers: { kind: 'newRows', atLeast: 1_000_000_000 } },
      watch: { source: join(folder, 'data', '*.csv'), timeColumn: 'at' },
    });
    await writePolicy(store, policy);
    await world.deploy(policy);
    const look = async (name: string, rows: number, partitions: number) => {
      const workflowId = `watch/p/${name}`;
      await measured(`the watch's ${name} look at ${partitions} files`, async () => {
        await environment.client.workflow.execute('watch', {
          ...{ taskQueue: taskQueue.control('dev'), workflowId, args: [{ pipeline: 'p', environment: 'dev' }] },
        });
        await world.until('p', (status) => status.newRows === rows && status.undecided === 0);
      });
      expect(await world.status('p')).toMatchObject({ newRows: rows, newPartitions: partitions });
      for (const id of [workflowId, 'loop/p']) {
        const history = await historyOf(world, id);
        figures.push({
          what: `history of ${id}`,
          ...Object.fromEntries(Object.entries(history).map(([key, n]) => [key, String(n)])),
        });
        // Temporal takes 2 MiB in one payload, and 50 MiB and 51,200 events in a history.
        expect(history.largest).toBeLessThan(1024 * 1024);
        expect(history.all).toBeLessThan(10 * 1024 * 1024);
      }
    };
    await look('first', FILES * ROWS, FILES);
    let kept = 0;
    for await (const { bytes } of store.list('watched/')) kept += bytes;
    figures.push({ what: 'the list of counted files, bytes in the store', all: String(kept) });
    write(FILES);
    await look('second', (FILES + 1) * ROWS, FILES + 1);
  } finally {
    await world.harness.stop();
  }
});

test('a snapshot is made of them, and found again', async () => {
  write(FILES);
  const place = await createDataWorkplace();
  try {
    const source = join(folder, 'data', '*.csv');
    const first = await measured(`a snapshot of ${FILES + 1} files`, () => place.validate({ source }));
    expect(first.snapshot.rows).toBe((FILES + 1) * ROWS);
    const again = await measured('the same again, unchanged', () => place.validate({ source }));
    expect(again.snapshot).toEqual(first.snapshot);
  } finally {
    await place.close();
    console.table(figures);
  }
});
