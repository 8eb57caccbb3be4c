/** A process of ours: `ours.ts history|windows|online FOLDER VIEWS FEATURES TIMES [ROWS]`. Prints one line of JSON with each round's milliseconds and its peak of memory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { getHistoricalFeatures } from '#activities/features/history/get-history.ts';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { openLmdb } from '#adapters/lmdb/online-store.ts';
import { openRedis } from '#adapters/redis/online-store.ts';
import { catalogueOf } from '#serving/definitions.ts';
import { readVectors } from '#serving/vectors.ts';
import { definitions, windows } from './definitions.ts';

const [mode = '', folder = '', views = '1', features = '5', times = '1', rows = '1', online = ''] =
  process.argv.slice(2);
const shape = { views: Number(views), features: Number(features) };

interface Done {
  readonly ms: number[];
  readonly answer: number;
}

async function history(defined: ReturnType<typeof definitions>): Promise<Done> {
  const tables = createTablesInProcess();
  const { signal } = new AbortController();
  const ms: number[] = [];
  let answer = 0;
  try {
    for (let round = 0; round < Number(times); round++) {
      const work = mkdtempSync(join(folder, 'work-'));
      const begun = performance.now();
      const opened = async (name: string) => {
        const file = join(folder, name);
        return { file, columns: (await tables.shape([file], signal)).columns };
      };
      const sources = new Map<string, Awaited<ReturnType<typeof opened>>>();
      for (const { name } of defined.document.views) sources.set(name, await opened(`${name}.parquet`));
      const made = await getHistoricalFeatures(
        {
          defined,
          service: 'all',
          entities: await opened('entities.parquet'),
          sources,
          time: 't',
          folder: work,
          fullNames: true,
        },
        join(work, 'out.parquet'),
        tables,
        signal,
      );
      ms.push(performance.now() - begun);
      answer = made.rows;
      rmSync(work, { recursive: true });
    }
  } finally {
    await tables.close();
  }
  return { ms, answer };
}

/** As many calls as `times`, one after another, of `rows` entities each. */
async function vectors(): Promise<Done> {
  const store = online.startsWith('redis')
    ? await openRedis({ url: online })
    : await openLmdb({ path: join(folder, 'online') });
  const catalogue = catalogueOf(definitions(shape));
  const ms: number[] = [];
  let answer = 0;
  const ask = async (call: number) => {
    const key = Array.from({ length: Number(rows) }, (_, n) => (call * 7919 + n * 104_729) % 100_000);
    const begun = performance.now();
    const { columns } = await readVectors(
      { service: 'all', entities: { key } },
      { catalogue, store, dialect: 'feast', now: Date.now },
    );
    ms.push(performance.now() - begun);
    answer = columns[1]?.cells.filter(({ value }) => value !== null).length ?? 0;
  };
  // The first ones are compiled.
  for (let call = 0; call < 2_000; call++) await ask(call);
  ms.length = 0;
  for (let call = 0; call < Number(times); call++) await ask(call);
  await store.close();
  return { ms, answer };
}

const work: Record<string, () => Promise<Done>> = {
  history: () => history(definitions(shape)),
  windows: () => history(windows()),
  online: vectors,
};
const done = await work[mode]?.();
console.log(JSON.stringify({ ...done, peakMb: process.resourceUsage().maxRSS / 1024 }));
