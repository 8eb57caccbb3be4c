/** Two tables side by side, held against what a few lines of a test make of the same generated rows. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'ratchet-pair-'));
const tables = createTablesInProcess();
afterAll(async () => {
  await tables.close();
  rmSync(folder, { recursive: true, force: true });
});

async function parquet(name: string, lines: readonly string[]): Promise<string> {
  const from = join(folder, `${name}.jsonl`);
  const to = join(folder, `${name}.parquet`);
  writeFileSync(from, lines.join('\n'));
  await tables.snapshot({ files: [from], format: 'jsonl', to });
  return to;
}

const ids = fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 40 });

it('by id: the left in its order, then what only the right has; shared columns from either, own ones from their side', async () => {
  await fc.assert(
    fc.asyncProperty(ids, ids, async (left, right) => {
      const row = (side: string) => (id: number) => JSON.stringify({ id, y: id % 3, said: `${side}${id}` });
      const [a, b] = [await parquet('left', left.map(row('l'))), await parquet('right', right.map(row('r')))];
      const to = join(folder, 'paired.parquet');
      const paired = await tables.pair({
        left: { label: 'left', files: [a], own: [['said', 'left said']] },
        right: { label: 'right', files: [b], own: [['said', 'right said']] },
        ...{ id: 'id', shared: ['y'], to },
      });
      const added = right.filter((id) => !left.includes(id));
      const all = [...left, ...added];
      const missing = left.filter((id) => !right.includes(id)).length;
      expect(paired).toMatchObject({ rows: all.length, leftOnly: missing, rightOnly: added.length });
      const read = await tables.columns(to, { id: 'number', y: 'number', 'left said': 'text', 'right said': 'text' });
      expect([...read.columns.id]).toEqual(all);
      expect([...read.columns.y]).toEqual(all.map((id) => id % 3));
      for (const [side, has] of [
        ['left', left],
        ['right', right],
      ] as const) {
        const { codes, values } = read.columns[`${side} said`];
        const said = [...codes].map((code) => (code < 0 ? null : values[code]));
        expect(said).toEqual(all.map((id) => (has.includes(id) ? `${side[0]}${id}` : null)));
      }
    }),
    { numRuns: 25 },
  );
});

it('without an id: row by row, over several files', async () => {
  const [a, b] = [await parquet('a', ['{"y":1,"p":0.1}', '{"y":0,"p":0.2}']), await parquet('b', ['{"y":1,"p":0.3}'])];
  const whole = await parquet('whole', ['{"y":1,"p":0.4}', '{"y":0,"p":0.5}', '{"y":null,"p":0.6}']);
  const to = join(folder, 'places.parquet');
  const left = { label: 'left', files: [a, b], own: [['p', 'left']] as const };
  const right = { label: 'right', files: [whole], own: [['p', 'right']] as const };
  await tables.pair({ left, right, id: null, shared: ['y'], to });
  const { columns } = await tables.columns(to, { y: 'number', left: 'number', right: 'number' });
  expect([[...columns.y], [...columns.left], [...columns.right]]).toEqual([
    [1, 0, 1],
    [0.1, 0.2, 0.3],
    [0.4, 0.5, 0.6],
  ]);
});

it('ids that are missing, of another kind or not there, and a column of neither side are named', async () => {
  const good = await parquet('good', ['{"id":1,"y":1}', '{"id":2,"y":0}']);
  const gap = await parquet('gap', ['{"id":1,"y":1}', '{"id":null,"y":0}']);
  const texts = await parquet('texts', ['{"id":"a1","y":1}', '{"id":"b2","y":0}']);
  const side = (label: string, file: string) => ({ label, files: [file], own: [] });
  const to = join(folder, 'none.parquet');
  const asked = (file: string, id: string, shared = ['y']) =>
    tables.pair({ left: side('good', good), right: side('other', file), id, shared, to });
  await expect(asked(gap, 'id')).rejects.toThrow('1 rows of other have no id: which rows they are cannot be told');
  await expect(asked(texts, 'id')).rejects.toThrow('id is BIGINT in good and VARCHAR in other');
  await expect(asked(gap, 'key')).rejects.toThrow('good has no column key; it has id, y');
  await expect(asked(texts, 'y', ['z'])).rejects.toThrow('good has no column z; it has id, y');
});
