/** A table of very many small files is read as if they were few: the same bytes, the same words about what is wrong. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { standsAlone } from '#adapters/duckdb/reading/csv/packs.ts';
import type { Tables } from '#ports/tables.ts';

/** More than are read one by one. */
const FILES = 70;
let folder: string;
let tables: Tables;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ratchet-packs-'));
  tables = createTablesInProcess();
});
afterAll(async () => {
  await tables.close();
  rmSync(folder, { recursive: true, force: true });
});

let worlds = 0;
/** One row in each file unless `texts` says otherwise. */
function write(texts: Record<number, string> = {}, row = (n: number) => `${n},${n / 8},"p, ${n % 7}"`): string[] {
  const place = join(folder, String(++worlds));
  mkdirSync(place);
  return Array.from({ length: FILES }, (_, n) => {
    const path = join(place, `${String(n).padStart(3, '0')}.csv`);
    writeFileSync(path, texts[n] ?? `id,amount,place\n${row(n)}\n`);
    return path;
  });
}
const read = async (files: readonly string[], more: object = {}) => {
  const to = join(folder, `${++worlds}.parquet`);
  return { ...(await tables.snapshot({ files, format: 'csv', to, ...more })), to };
};
const idsOf = async (file: string) =>
  Array.from((await tables.columns(file, { id: 'number' })).columns.id as Float64Array);
/** The rows of all files in one. */
const asOne = (texts: readonly string[]): string => {
  const path = join(folder, `${++worlds}.csv`);
  writeFileSync(path, `id,amount,place\n${texts.join('')}`);
  return path;
};

describe('very many small files', () => {
  test('are the table that one file of their rows is, byte for byte, in their order', async () => {
    const files = write({
      3: 'id,amount,place\n3,1.5,"a\nb"',
      40: '\ufeffid,amount,place\n40,1,x\n',
      50: 'id,amount,place\n',
    });
    const rows = Array.from({ length: FILES }, (_, n) =>
      n === 3 ? '3,1.5,"a\nb"\n' : n === 40 ? '40,1,x\n' : n === 50 ? '' : `${n},${n / 8},"p, ${n % 7}"\n`,
    );
    const [many, one] = [await read(files), await read([asOne(rows)])];
    expect(many.md5).toBe(one.md5);
    expect(await idsOf(many.to)).toEqual(Array.from({ length: FILES }, (_, n) => n).filter((n) => n !== 50));
  });

  test('that are written otherwise are read for themselves, in their place', async () => {
    const files = write({
      10: 'id,amount,place\r\n10,1,x\r\n',
      20: 'id,amount,place\n20,1,5" pipe\n',
      30: 'id,amount,place\n\n30,1,x\n\n',
    });
    const made = await read(files);
    expect(await idsOf(made.to)).toEqual(Array.from({ length: FILES }, (_, n) => n));
  });

  test.each([
    [
      'a line of too many fields',
      { 41: 'id,amount,place\n41,1,x\n42,1,x,y\n' },
      /041\.csv line 3 has 4 columns, the header has 3/,
    ],
    ['a quote that is never closed', { 41: 'id,amount,place\n41,1,"x\n' }, /041\.csv line 2: a quote is opened/],
    ['bytes that are no UTF-8', { 41: 'id,amount,place\n41,1,\xff\n' }, /041\.csv/],
    ['another column', { 41: 'id,amount,city\n41,1,x\n' }, /041\.csv has no column place, which 000\.csv has/],
    [
      'words among numbers',
      { 41: 'id,amount,place\n41,much,x\n' },
      /amount is a number .* in 000\.csv and text .* in 041\.csv, such as "much"/,
    ],
  ])('one of which has %s: it is named', async (_, texts, words) => {
    const bytes = Object.fromEntries(Object.entries(texts).map(([n, each]) => [n, each]));
    const files = write(bytes);
    if (texts[41]?.includes('\xff')) writeFileSync(files[41] as string, Buffer.from(texts[41], 'latin1'));
    await expect(read(files)).rejects.toMatchObject({ type: 'DataInvalid', message: expect.stringMatching(words) });
  });

  test('one of which a declared type would change: with its line', async () => {
    const files = write({ 41: 'id,amount,place\n41,1,x\n42.5,1,x\n' });
    await expect(read(files, { types: { id: 'BIGINT' } })).rejects.toMatchObject({
      message: expect.stringMatching(/041\.csv line 3 \(row 2\): column id holds "42.5"/),
    });
  });
});

describe('very many small files of JSON lines', () => {
  const line = (n: number, more: object = {}) =>
    `${JSON.stringify({ id: n, amount: n / 8, place: `p${n % 7}`, ...more })}`;
  function writeLines(texts: Record<number, string> = {}): string[] {
    const place = join(folder, String(++worlds));
    mkdirSync(place);
    return Array.from({ length: FILES }, (_, n) => {
      const path = join(place, `${String(n).padStart(3, '0')}.jsonl`);
      writeFileSync(path, texts[n] ?? `${line(n)}\n`);
      return path;
    });
  }

  test('are the table that one file of their rows is, byte for byte, in their order', async () => {
    const texts = { 3: line(3), 7: '', 9: `\n${line(9)}\n\n`, 20: `${line(20, { more: [1, 2] })}\r\n` };
    const one = join(folder, `${++worlds}.jsonl`);
    const rows = Array.from({ length: FILES }, (_, n) => (n === 7 ? '' : `${n === 20 ? texts[20].trim() : line(n)}\n`));
    writeFileSync(one, rows.join(''));
    const many = await read(writeLines(texts), { format: 'jsonl' });
    expect(many.md5).toBe((await read([one], { format: 'jsonl' })).md5);
    expect(await idsOf(many.to)).toEqual(Array.from({ length: FILES }, (_, n) => n).filter((n) => n !== 7));
  });

  test.each([
    ['half a line', `${line(41)}\n\n{"id": 42,\n`, /041\.jsonl line 3: this is not one whole JSON object/],
    ['a line that is a list', `${line(41)}\n[1]\n`, /041\.jsonl line 2: each line must hold one object/],
    ['a key twice', `{"id": 1, "id": 2}\n`, /041\.jsonl.*the key id stands twice/],
    [
      'a key that differs by case',
      `${line(41)}\n\n${line(42, { Place: 'x' })}\n`,
      /041\.jsonl row 2 has a key Place, and 000\.jsonl row 1 has place/,
    ],
  ])('one of which has %s: it is named', async (_, text, words) => {
    await expect(read(writeLines({ 41: text }), { format: 'jsonl' })).rejects.toMatchObject({
      type: 'DataInvalid',
      message: expect.stringMatching(words),
    });
  });
});

test('rows that stand alone read alike with others before them', async () => {
  const cell = fc.constantFrom('a', '7', '"q"', '"a,b"', '"x""y"', '"l\nm"', '', ' ', 'é', '"', 'z"');
  const line = fc.tuple(cell, cell).map((cells) => cells.join(','));
  const end = fc.constantFrom('\n', '', '\n\n', '\r\n');
  const body = fc.tuple(fc.array(line, { maxLength: 4 }), end).map(([lines, last]) => lines.join('\n') + last);
  const header = { delimiter: ',', lineEnd: '\n' } as const;
  const rowsOf = async (text: string): Promise<string | null> => {
    const path = join(folder, 'alone.csv');
    writeFileSync(path, `a,b\n${text}`);
    try {
      const { columns } = await tables.columns((await read([path], { types: { a: 'VARCHAR', b: 'VARCHAR' } })).to, {
        a: 'text',
        b: 'text',
      });
      return JSON.stringify(
        Array.from(columns.a.codes, (code, n) => [
          columns.a.values[code],
          columns.b.values[columns.b.codes[n] as number],
        ]),
      );
    } catch {
      return null;
    }
  };
  await fc.assert(
    fc.asyncProperty(body, body, async (first, second) => {
      if (![first, second].every((text) => text !== '' && standsAlone(Buffer.from(text), header))) return;
      const [one, other] = [await rowsOf(first), await rowsOf(second)];
      const both = await rowsOf(first + (first.endsWith('\n') ? '' : '\n') + second);
      if (one === null || other === null) expect(both).toBeNull();
      else expect(both).toBe(JSON.stringify([...JSON.parse(one), ...JSON.parse(other)]));
    }),
    { numRuns: 60 },
  );
});
