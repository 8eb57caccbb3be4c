/** A pipeline's data as it grows, champions in a real registry, and the watch's activities over real parts. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { createDrift } from '#activities/data/drift.ts';
import { createScoreRows } from '#activities/model/score-rows.ts';
import { createWatchActivities } from '#activities/watch/activities.ts';
import type { WatchDeps } from '#activities/watch/deps.ts';
import type { WatchActivities } from '#contracts/loop/activities.ts';
import { alias, versionTag } from '#contracts/names.ts';
import type { Loops } from '#ports/loops.ts';
import type { ObjectStore } from '#ports/store.ts';
import { databasesOf } from '#workers/databases.ts';
import { dataSources } from '#workers/step-cache.ts';
import { evaluating, attempt as evaluation, type JudgedWorld, startJudgedWorld } from './evaluate-world.ts';

export const DAY = 86_400_000;
/** Rows of the last so many days have no label yet. */
export const LATE_DAYS = 14;

interface Row {
  at: string;
  a: number;
  b: number;
  c: number;
  late: boolean;
}
export interface WatchWorld {
  readonly judged: JudgedWorld;
  readonly store: ObjectStore;
  /** Every row with its label, whether it has come or not. */
  readonly rows: readonly Row[];
  /** Glob of the base table's files: at, place, a, late, kind. */
  readonly source: string;
  /** Table that b and c are joined from, by place and time. */
  readonly weather: string;
  readonly end: number;
  /** Registers the model with what a promotion leaves: its evidence and the rows that it was trained on. */
  crown(
    name: 'good' | 'weak' | 'kinds',
    model: string,
    task?: { target: string; task: 'binary' | 'multiclass' },
  ): Promise<string>;
  watch(loops: Loops): WatchActivities;
  close(): Promise<void>;
}

/** Hourly rows of 120 days until `end`; in the last days the inputs, b among them, shrink to a fifth: hardly anything can be told. */
export async function startWatchWorld(end: number): Promise<WatchWorld> {
  const judged = await startJudgedWorld();
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-watch-'));
  mkdirSync(join(folder, 'data'));
  const rows = rowsUntil(end);
  const known = end - LATE_DAYS * DAY;
  const late = (row: Row) => (Date.parse(row.at) < known ? String(row.late) : '');
  const half = rows.length / 2;
  for (const [i, part] of [rows.slice(0, half), rows.slice(half)].entries())
    writeFileSync(
      join(folder, 'data', `part-${i}.csv`),
      lines('at,place,a,late,kind', part, (row, n) => [
        ...[row.at, n % 7, row.a, late(row)],
        late(row) === '' ? '' : row.late ? 'late' : 'on time',
      ]),
    );
  writeFileSync(
    join(folder, 'weather.csv'),
    // The two parts count their places anew.
    lines('place,time,b,c', rows, (row, n) => [
      (n % half) % 7,
      new Date(Date.parse(row.at) - 600_000).toISOString(),
      ...[row.b, row.c],
    ]),
  );
  const { store, tracking, tables } = judged.evaluateDeps as JudgedWorld['evaluateDeps'] & {
    store: ObjectStore;
    tables: WatchDeps['tables'] & WatchDeps['histories'];
  };
  const sources = dataSources({ root: folder, store, tables });
  const trained = await judged.dataset(
    lines('at,a,b,c,late', rows.slice(0, 1_500), (row) => [row.at, row.a, row.b, row.c, String(row.late)]),
  );
  return {
    ...{ judged, store, rows, end },
    source: join(folder, 'data', '*.csv'),
    weather: join(folder, 'weather.csv'),
    async crown(name, model, task = { target: 'late', task: 'binary' }) {
      const candidate = await judged.candidate(name);
      const input = evaluating({ candidate, champion: null, holdout: judged.holdout, ...task });
      const { evidence } = await judged.evaluate(input, evaluation('crown'));
      const { version } = await tracking.createVersion({
        ...{ model, source: candidate.uri, runId: candidate.runId, description: '' },
        tags: {
          [versionTag.digest]: candidate.digest,
          'ratchet.data': trained.digest,
          'ratchet.evidence': evidence.uri,
        },
      });
      await tracking.setAlias(model, alias.champion, version);
      return version;
    },
    watch: (loops) =>
      createWatchActivities({
        ...{
          store,
          tables,
          histories: tables,
          databases: databasesOf({}),
          tracking,
          loops,
          sources,
          files: judged.cache,
          evaluate: judged.evaluate,
        },
        project: 'test',
        scoreRows: createScoreRows(judged.evaluateDeps),
        errorModel: { expect: () => Promise.reject(new Error('no regression is estimated here')) },
        drift: createDrift({ store, tables, cacheFolder: sources.cacheFolder }),
        workFolder: join(folder, 'work'),
      }),
    async close() {
      await judged.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function rowsUntil(end: number): Row[] {
  const random = xoroshiro128plus(7);
  const uniform = () => ((random.next() >>> 0) + 0.5) / 0x1_0000_0000;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const count = 120 * 24;
  return Array.from({ length: count }, (_, n) => {
    const at = end - (count - n) * 3_600_000;
    const scale = at < end - LATE_DAYS * DAY ? 1 : 0.2;
    const [a, b, c] = [normal() * scale, normal() * scale, normal()];
    const noise = uniform();
    const late = a + 0.7 * b + Math.log(noise / (1 - noise)) > 0.5;
    return { at: new Date(at).toISOString(), a, b, c, late };
  });
}

const lines = <T>(head: string, rows: readonly T[], cells: (row: T, n: number) => unknown[]) =>
  `${head}\n${rows.map((row, n) => cells(row, n).join(',')).join('\n')}\n`;
