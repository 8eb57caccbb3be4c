/** The columns that a header tells are those that the whole table turns out to have, whatever its files are. */
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NotReadable, sourceHeader } from '#activities/data/source/header.ts';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import type { Column, Format } from '#contracts/data.ts';
import type { HeaderRequest, SnapshotRequest, TableHeader } from '#ports/tables.ts';
import { createFolderStore } from '../conformance/folder-store.ts';

const golden = fileURLToPath(new URL('../golden/cases', import.meta.url));
const tables = createTablesInProcess();
let folder: string;
let made = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ratchet-header-'));
  cpSync(golden, join(folder, 'cases'), { recursive: true });
});
afterAll(async () => {
  await tables.close();
  rmSync(folder, { recursive: true, force: true });
});

const formatOf = (name: string): Format => (/parquet/.test(name) ? 'parquet' : /jsonl/.test(name) ? 'jsonl' : 'csv');
const snapshot = (request: Omit<SnapshotRequest, 'to'>) =>
  tables.snapshot({ ...request, to: join(folder, `${++made}.parquet`) });
function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Names in order, and no type that the table has not; `columns` are those of the whole table. */
async function agrees(request: HeaderRequest, known?: readonly Column[]): Promise<TableHeader> {
  const columns = known ?? (await snapshot(request)).columns;
  const header = await tables.header(request);
  expect(header.columns.map(({ name }) => name)).toEqual(columns.map(({ name }) => name));
  for (const [index, { name, type }] of header.columns.entries())
    if (type !== null) expect([name, plain(type)]).toEqual([name, plain(columns[index]?.type ?? '')]);
  return header;
}
const plain = (type: string) => (type === 'TIMESTAMPTZ' ? 'TIMESTAMP WITH TIME ZONE' : type);

it('is that of every table on which reading went wrong once', async () => {
  const names = readdirSync(join(folder, 'cases'), { recursive: true, encoding: 'utf8' });
  const data = names.filter((name) => /\.(csv|jsonl|parquet)(\.gz)?$/.test(name)).sort();
  expect(data.length).toBeGreaterThan(25);
  let compared = 0;
  for (const name of data) {
    const request = { files: [join(folder, 'cases', name)], labels: [name], format: formatOf(name) };
    const whole = await snapshot(request).catch(() => null);
    if (!whole) continue;
    expect((await agrees(request, whole.columns)).complete, name).toBe(true);
    compared++;
  }
  expect(compared).toBeGreaterThan(25);
}, 300_000);

const rows = (count: number, row: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => row(i)).join('');

describe('the header', () => {
  it('of many files is of all that are looked into', async () => {
    const files = Array.from({ length: 100 }, (_, i) => file(`part-${i}.csv`, `id,day\n${i},2026-01-01\n`));
    const header = await agrees({ files, format: 'csv' });
    // Files that are not looked into may hold anything.
    expect(header.columns).toEqual([
      { name: 'id', type: null },
      { name: 'day', type: null },
    ]);
    await expect(
      tables.header({ files: [files[0] ?? '', file('other.csv', 'id,dya\n1,2\n')], format: 'csv' }),
    ).rejects.toMatchObject({ type: 'DataInvalid', message: expect.stringMatching(/other\.csv has no column day/) });
  });

  it('of a large file tells a type only where no later row could change it', async () => {
    const large = file(
      'large.csv',
      `id,text,day,local\n${rows(60_000, (i) => `${i},a${i},2026-01-01,31/01/2026\n`)}x,7,yesterday,\n`,
    );
    expect(statSync(large).size).toBeGreaterThan(1024 * 1024);
    expect((await agrees({ files: [large], format: 'csv' })).columns).toEqual([
      { name: 'id', type: null },
      { name: 'text', type: 'VARCHAR' },
      { name: 'day', type: null },
      { name: 'local', type: 'VARCHAR' },
    ]);
  });

  it('is read through gzip, UTF-16, Latin-1, quotes and line ends of every sort', async () => {
    const text = 'größe,"a, ""b""\r\nc",n\r\n1,x,2\r\n';
    await agrees({ files: [file('a.csv.gz', gzipSync(text))], format: 'csv' });
    await agrees({ files: [file('u.csv', Buffer.from(`\ufeff${text}`, 'utf16le'))], format: 'csv' });
    await agrees({ files: [file('l.csv', Buffer.from(text, 'latin1'))], format: 'csv', encoding: 'latin-1' });
    await agrees({ files: [file('cr.csv', 'a;b\r1;2\r3;4\r')], format: 'csv' });
    await agrees({ files: [file('e.csv', 'a,b\n"x\\"y",1\n')], format: 'csv', escape: '\\' });
    await agrees({ files: [file('t.csv', 'a,b\n007,1\n')], format: 'csv', types: { b: 'DOUBLE' } });
    await agrees({ files: [file('d.csv', 'a,b\n31/01/2026,1\n')], format: 'csv', dates: { a: '%d/%m/%Y' } });
    const hive = { files: [file('h.csv', 'a\n1\n')], labels: ['month=05/h.csv'], hivePartitions: true };
    await agrees({ ...hive, format: 'csv' });
  });

  it('of files that no run could read is refused as the run refuses them', async () => {
    for (const [name, text, more] of [
      ['empty.csv', '', {}],
      ['twice.csv', 'a,A\n1,2\n', {}],
      ['named.csv', 'a,b\n1,2\n', { types: { c: 'DOUBLE' } }],
      ['rows.jsonl', '', {}],
      ['cut.csv.gz', gzipSync('a,b\n1,2\n').subarray(0, 20), {}],
      ['no.parquet', 'PAR1 and no more', {}],
    ] as const) {
      const request = { files: [file(name, text)], format: formatOf(name), ...more };
      const asRun: Error = await snapshot(request).then(
        () => expect.unreachable(name),
        (error) => error,
      );
      await expect(tables.header(request), name).rejects.toMatchObject({ type: 'DataInvalid' });
      if (formatOf(name) !== 'parquet') await expect(tables.header(request), name).rejects.toThrow(asRun.message);
    }
  });

  it('of JSON lines beyond what is looked at says that there may be more', async () => {
    const long = 'x'.repeat(1_000_000);
    const text = rows(40, (i) => `${JSON.stringify({ id: i, long, ...(i === 39 ? { late: true } : {}) })}\n`);
    const header = await tables.header({ files: [file('long.jsonl', text)], format: 'jsonl' });
    expect(header).toEqual({
      columns: [
        { name: 'id', type: null },
        { name: 'long', type: null },
      ],
      complete: false,
    });
  });
});

describe('of a stored object', () => {
  const run = { pipeline: 'p' };
  const lookAt = (source: string, patienceMs = 60_000, store: Parameters<typeof sourceHeader>[2]['store'] = stored()) =>
    sourceHeader(
      { source, reading: {} },
      run,
      { store, tables, projectFolder: () => folder, folder: async () => mkdtempSync(join(folder, 'fetched-')) },
      patienceMs,
    );
  const stored = () => createFolderStore(join(folder, 'store'));

  it('only the beginning is fetched, or of Parquet the footer', async () => {
    const store = stored();
    const asked: number[] = [];
    const counting = {
      ...store,
      part: (key: string, from: number, bytes: number) => {
        asked.push(bytes);
        return store.part(key, from, bytes);
      },
    };
    const csv = `id,text\n${rows(400_000, (i) => `${i},a${i}\n`)}`;
    const from = file('stored.csv', csv);
    await store.upload(from, 'in/stored.csv');
    await store.put('in/stored.csv.gz', gzipSync(csv));
    // Incompressible, so that the footer is far from the beginning.
    const columns = Array.from({ length: 400 }, (_, i) => `column_${i}`);
    const wide = file(
      'wide.csv',
      `${columns}\n${rows(3_000, (r) => `${columns.map((_, c) => (r * 7919 + c * 104729) % 999983)}\n`)}`,
    );
    const parquet = join(folder, 'wide.parquet');
    await tables.snapshot({ files: [wide], format: 'csv', to: parquet });
    await store.upload(parquet, 'in/wide.parquet');
    const { size } = statSync(parquet);
    expect(size).toBeGreaterThan(2 * 1024 * 1024);

    const text = [
      { name: 'id', type: null },
      { name: 'text', type: 'VARCHAR' },
    ];
    expect((await lookAt(store.uri('in/stored.csv'), 60_000, counting)).columns).toEqual(text);
    expect((await lookAt(store.uri('in/stored.csv.gz'), 60_000, counting)).columns).toEqual(text);
    expect((await lookAt(store.uri('in/*.csv'), 60_000, counting)).columns).toEqual(text);
    expect(Math.max(...asked)).toBeLessThanOrEqual(1024 * 1024);
    asked.length = 0;
    const header = await lookAt(store.uri('in/wide.parquet'), 60_000, counting);
    expect(header.columns).toEqual(columns.map((name) => ({ name, type: 'BIGINT' })));
    expect(asked.reduce((sum, each) => sum + each)).toBeLessThan(size / 2);
  });

  it('that is not there, or behind a store that never answers, is said to be so', async () => {
    await expect(lookAt('s3://test/prefix/no/such.csv')).rejects.toThrow(NotReadable);
    await expect(lookAt('s3://test/prefix/no/*.csv')).rejects.toThrow(/no object in the store matches/);
    const silent: Server = createServer(() => {});
    await new Promise<void>((go) => void silent.listen(0, '127.0.0.1', go));
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const store = createObjectStore({
      ...{ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', bucket: 'test', prefix: '' },
      ...{ accessKeyId: 'key', secretAccessKey: 'secret' },
    });
    try {
      for (const source of ['s3://test/a.csv', 's3://test/*.csv', 's3://test/a.parquet'])
        await expect(lookAt(source, 200, store)).rejects.toThrow(/^it was not reached within 0\.2 s$/);
    } finally {
      await store.close();
      silent.close();
    }
  });

  it('and a local file that is not there yet is not called wrong; a folder and an unknown format are', async () => {
    await expect(lookAt(join(folder, 'tomorrow.csv'))).rejects.toThrow(NotReadable);
    await expect(lookAt(folder)).rejects.toMatchObject({
      type: 'DataInvalid',
      message: expect.stringMatching(/is a folder: name its files/),
    });
    await expect(lookAt(file('a.txt', 'a\n1\n'))).rejects.toMatchObject({ type: 'InvalidInput' });
    await expect(lookAt('ftp://host/a.csv')).rejects.toMatchObject({ type: 'InvalidInput' });
  });
});
