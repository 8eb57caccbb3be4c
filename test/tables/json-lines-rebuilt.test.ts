/** Lines that are read once: what is unlike the first lines, in value or in spelling, is read as it is written all the same. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSession, type Session } from '#adapters/duckdb/host/session.ts';
import { rebuiltRows } from '#adapters/duckdb/reading/json-lines/rebuilt.ts';

let folder: string;
let made = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-rebuilt-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The last row as texts; `other` where the quick way leaves the table to the thorough one. */
async function lastRow(lines: readonly string[]): Promise<Record<string, unknown> | 'other'> {
  const path = join(folder, `${made++}.jsonl`);
  await writeFile(path, `${lines.join('\n')}\n`);
  const session: Session = await openSession({ threads: 2, memory: '512MiB', spill: join(folder, 'spill') }, [path]);
  try {
    const from = await rebuiltRows(session, [path]);
    if (from === null) return 'other';
    await session.run(`CREATE TABLE t AS SELECT * FROM ${from}`);
    const rows = await session.rows('SELECT CAST(COLUMNS(*) AS VARCHAR) FROM t');
    expect(rows).toHaveLength(lines.length);
    return rows.at(-1) ?? {};
  } catch (error) {
    if (error instanceof Error && error.message.includes('not of the type that was found')) return 'other';
    throw error;
  } finally {
    session.close();
  }
}

const first = '{"n":1,"x":0.5,"ok":true,"day":"2024-01-01","city":"Paris"}';
const many = (line: string) => Array<string>(3_000).fill(line);
const usual = { n: '1', x: '0.5', ok: 'true', day: '2024-01-01', city: 'Paris' };

describe('is read at once', () => {
  test.each([
    ['the same', first, usual],
    ['a whole number among fractions', first.replace('0.5', '7'), { ...usual, x: '7.0' }],
    [
      'all digits that a DOUBLE has',
      first.replace('0.5', '0.08503244914348818'),
      { ...usual, x: '0.08503244914348818' },
    ],
    ['a small number as JavaScript writes it', first.replace('0.5', '5e-7'), { ...usual, x: '5e-07' }],
    ['a small number as Python writes it', first.replace('0.5', '5e-07'), { ...usual, x: '5e-07' }],
    ['another as Python writes it', first.replace('0.5', '1.25e-05'), { ...usual, x: '1.25e-05' }],
    ['null', first.replace('"Paris"', 'null').replace('1,', 'null,'), { ...usual, city: null, n: null }],
    ['a key left out', '{"x":0.5,"day":"2024-01-01"}', { n: null, x: '0.5', ok: null, day: '2024-01-01', city: null }],
    ['no key at all', '{}', { n: null, x: null, ok: null, day: null, city: null }],
    ['quotes and line feeds', first.replace('Paris', '\\"a\\",\\n\\\\'), { ...usual, city: '"a",\n\\' }],
    ['what looks like the next key', first.replace('Paris', 'a\\",\\"n\\":7'), { ...usual, city: 'a","n":7' }],
    ['the word null', first.replace('Paris', 'null'), { ...usual, city: 'null' }],
    ['an empty text', first.replace('Paris', ''), { ...usual, city: '' }],
  ])('%s', async (_, last, expected) => {
    expect(await lastRow([...many(first), last])).toEqual(expected);
  });

  test('lines spaced as Python spaces them', async () => {
    const spaced = '{"n": 1, "city": "Paris"}';
    expect(await lastRow([...many(spaced), '{"n": 2, "city": "a, \\"b\\": c"}'])).toEqual({
      n: '2',
      city: 'a, "b": c',
    });
  });
});

describe('is left to the thorough way', () => {
  test.each([
    ['a fraction among whole numbers', first.replace('1,', '3.6,')],
    ['a whole number with a point', first.replace('1,', '1.0,')],
    ['a number in quotes', first.replace('1,', '"1",')],
    ['a truth value for a number', first.replace('1,', 'true,')],
    ['a number for a truth value', first.replace('true', '1')],
    ['a number for a text', first.replace('"Paris"', '7')],
    ['an object for a text', first.replace('"Paris"', '{"a":1}')],
    ['a text for a fraction', first.replace('0.5', '"0.5"')],
    ['a whole number that DOUBLE rounds', first.replace('0.5', '9007199254740993')],
    ['more digits than DOUBLE has', first.replace('0.5', '0.12345678901234567890')],
    ['17 digits that are not the shortest', first.replace('0.5', '0.12345678901234567')],
    ['what is beyond DOUBLE', first.replace('0.5', '1e400')],
    ['more than 64 bits', first.replace('1,', '12345678901234567890,')],
    ['another key', first.replace('}', ',"new":1}')],
    ['a key twice', first.replace('}', ',"n":1}')],
    ['another order of keys', '{"x":0.5,"n":1}'],
    ['no day', first.replace('2024-01-01', '2024-13-01')],
    ['other spaces', first.replace(':', ' :')],
    ['no object', '[1]'],
  ])('%s', async (_, last) => {
    expect(await lastRow([...many(first), last])).toBe('other');
  });
});
