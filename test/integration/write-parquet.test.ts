/** The same rows give the same bytes, however they are read and with however many threads. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSession } from '#adapters/duckdb/host/session.ts';
import { writeParquet } from '#adapters/duckdb/reading/write-parquet.ts';

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-write-parquet-'));
  file = join(folder, 'rows.csv');
  // More than two row groups, and long enough for the reader to cut the file into pieces.
  const rows = Array.from({ length: 300_000 }, (_, i) => `${i},${i * 0.1},${'word '.repeat(i % 17)}${i % 97}`);
  await writeFile(file, `id,x,city\n${rows.join('\n')}\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function written(threads: number, from: string, oneScan: boolean) {
  const to = join(folder, 'out.parquet');
  const session = await openSession({ threads, memory: '512MiB', spill: join(folder, 'spill') }, [file, to]);
  try {
    await writeParquet(session, `SELECT * FROM ${from}`, to, oneScan);
    const [after] = await session.rows("SELECT current_setting('threads') AS n");
    const [order] = await session.rows(
      `SELECT count(*) FILTER (id <> file_row_number) AS moved, count(*) AS n FROM read_parquet('${to}', file_row_number = true)`,
    );
    const groups = await session.rows(
      `SELECT row_group_num_rows AS n FROM parquet_metadata('${to}') WHERE column_id = 0 ORDER BY row_group_id`,
    );
    const md5 = createHash('md5')
      .update(await readFile(to))
      .digest('hex');
    return { threads: Number(after?.n), order, groups: groups.map(({ n }) => Number(n)), md5 };
  } finally {
    session.close();
  }
}

test('one scan, several scans, and one thread or more', async () => {
  const columns = `columns = {id: 'BIGINT', x: 'DOUBLE', city: 'VARCHAR'}, auto_detect = false, header = true`;
  const scan = `read_csv('${file}', ${columns})`;
  const parts = [`id < 7`, 'id BETWEEN 7 AND 99999', 'id >= 100000'].map(
    (part) => `SELECT * FROM ${scan} WHERE ${part}`,
  );
  const seen: Awaited<ReturnType<typeof written>>[] = [];
  for (const threads of [1, 2, 4]) {
    const [one, many] = [
      await written(threads, scan, true),
      await written(threads, `(${parts.join(' UNION ALL ')})`, false),
    ];
    for (const each of [one, many]) {
      expect(each.threads).toBe(threads);
      expect(each.order).toEqual({ moved: '0', n: '300000' });
      expect(each.groups).toEqual([122_880, 122_880, 54_240]);
      seen.push(each);
    }
  }
  expect(new Set(seen.map(({ md5 }) => md5)).size).toBe(1);
});
