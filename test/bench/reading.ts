/** `npm run bench -- reading`: a table of text read into Parquet, beside DuckDB's own read by a sample, which checks nothing. */
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { inWords, spread } from './figures.ts';
import { machine } from './machine.ts';

interface Round {
  wall: number;
  /** Of all threads of this process. */
  processor: number;
}

async function timed(work: () => Promise<void>): Promise<Round> {
  const [began, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wall: performance.now() - began, processor: (user + system) / 1_000 };
}

/** Numbers of each sort, dates, times, words and codes with leading zeros; the same on every machine. */
function* lines(rows: number, format: 'csv' | 'jsonl'): Generator<string> {
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const names = ['id', 'amount', 'price', 'day', 'at', 'city', 'flag', 'code'];
  if (format === 'csv') yield names.join(',');
  for (let i = 0; i < rows; i++) {
    const at = new Date(Date.UTC(2020, 0, 1) + i * 37_000).toISOString();
    const code = String(Math.floor(random() * 10_000)).padStart(5, '0');
    const row = [i, random(), Math.floor(random() * 10_000) / 100, at.slice(0, 10), at.slice(0, 19).replace('T', ' ')];
    const words = [['Paris', 'London', 'Rome', 'Oslo'][i % 4], random() < 0.5 ? 'yes' : 'no', code];
    const all = [...row, ...words];
    yield format === 'csv' ? all.join(',') : JSON.stringify(Object.fromEntries(names.map((name, k) => [name, all[k]])));
  }
}

export async function reading({ quick }: { quick: boolean }): Promise<void> {
  const rows = quick ? 200_000 : 2_000_000;
  const folder = await mkdtemp(join(tmpdir(), 'ratchet-bench-reading-'));
  const tables = createTablesInProcess();
  try {
    const { cores, load } = machine();
    console.log(
      `${rows.toLocaleString('en-US')} rows × 8 columns into Parquet; ${cores} cores, load ${load.toFixed(1)}`,
    );
    for (const format of ['csv', 'jsonl'] as const) {
      const file = join(folder, `table.${format}`);
      writeFileSync(file, '');
      let text = '';
      for (const line of lines(rows, format)) {
        text += `${line}\n`;
        if (text.length > 1 << 24) {
          writeFileSync(file, text, { flag: 'a' });
          text = '';
        }
      }
      writeFileSync(file, text, { flag: 'a' });
      const read = format === 'csv' ? `read_csv('${file}')` : `read_json('${file}', format = 'newline_delimited')`;
      const sampled: Round[] = [];
      const ours: Round[] = [];
      for (let round = 0; round < 5; round++) {
        const instance = await DuckDBInstance.create(':memory:', { memory_limit: '1GiB', temp_directory: folder });
        const connection = await instance.connect();
        sampled.push(
          await timed(async () => {
            await connection.run(`CREATE TABLE t AS SELECT * FROM ${read}`);
            await connection.run(`COPY t TO '${join(folder, 'theirs.parquet')}' (FORMAT parquet, COMPRESSION zstd)`);
          }),
        );
        connection.closeSync();
        instance.closeSync();
        const to = join(folder, 'ours.parquet');
        ours.push(await timed(async () => void (await tables.snapshot({ files: [file], format, to }))));
      }
      for (const of of ['wall', 'processor'] as const) {
        const [theirs, mine] = [sampled, ours].map((rounds) => spread(rounds.slice(1).map((round) => round[of])));
        const ratio = theirs && mine ? (theirs.median / mine.median).toFixed(2) : '–';
        console.log(`${format} ${of}: sampled ${inWords(theirs)}, ours ${inWords(mine)}: ${ratio}× as fast`);
      }
    }
  } finally {
    await tables.close();
    await rm(folder, { recursive: true, force: true });
  }
}
