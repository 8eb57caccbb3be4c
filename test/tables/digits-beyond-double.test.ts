import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, test } from 'vitest';
import { runVerbIn } from '../fixtures/verbs.ts';

const folder = mkdtempSync(join(tmpdir(), 'ratchet-digits-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const ids = Array.from({ length: 60 }, (_, i) => String(9_007_199_254_740_993n + 2n * BigInt(i)));
writeFileSync(join(folder, 'ids.csv'), `id,x\n${ids.map((id, i) => `${id},${i}`).join('\n')}\n`);
writeFileSync(join(folder, 'small.csv'), `id,x\n${ids.map((_, i) => `${i},${i}`).join('\n')}\n`);

const ratchet = (...args: string[]) => runVerbIn(folder, {}, ...args);

describe('a suite of JSON', () => {
  const inSet = (values: string) => {
    const suite = `{"name":"s","meta":{"note":"12345678901234567891, said in words"},"expectations":[{"type":"expect_column_values_to_be_in_set","kwargs":{"column":"id","value_set":[${values}]}}]}`;
    writeFileSync(join(folder, 'suite.json'), suite);
    return ratchet('validate', 'ids.csv', '--suite', 'suite.json');
  };
  it('refuses what parsing would round, by its value', async () => {
    const { code, stderr } = await inSet(`1, ${ids[0]}`);
    expect(code).toBe(2);
    expect(stderr).toContain(
      '--suite suite.json holds 9007199254740993: a number beyond 2^53 would be read as 9007199254740992; write it in quotes, "9007199254740993"',
    );
  });
  it('takes it in quotes, and tells its neighbour from it', async () => {
    const quoted = (values: readonly string[]) => values.map((value) => `"${value}"`).join(',');
    expect((await inSet(quoted(ids))).code).toBe(0);
    expect((await inSet(quoted(ids.with(0, '9007199254740992')))).code).toBe(3);
  });
});

test('drift names the columns whose neighbours it takes for one value', async () => {
  const { stdout } = await ratchet('drift', '--reference', 'ids.csv', '--current', 'ids.csv', '--json');
  const { notes } = JSON.parse(stdout) as { notes: string[] };
  expect(notes).toEqual([expect.stringMatching(/^id: numbers beyond 2\^53 are compared as the nearest DOUBLE/)]);
  const text = ['drift', '--reference', 'ids.csv', '--current', 'ids.csv', '--type', 'id=VARCHAR'];
  expect((await ratchet(...text)).stdout).not.toContain('2^53');
  expect((await ratchet('drift', '--reference', 'small.csv', '--current', 'small.csv')).stdout).not.toContain('2^53');
});

test('quality names the columns that a matrix of thirty has no place for', async () => {
  const names = Array.from({ length: 33 }, (_, i) => `c${i}`);
  const rows = Array.from({ length: 40 }, (_, row) => names.map((_, i) => (row * (i + 3)) % 41).join(','));
  writeFileSync(join(folder, 'wide.csv'), `${names.join(',')}\n${rows.join('\n')}\n`);
  const [json, text] = [await ratchet('quality', 'wide.csv', '--json'), await ratchet('quality', 'wide.csv')];
  const { correlations } = JSON.parse(json.stdout) as { correlations: { method: string; leftOutColumns: string[] }[] };
  const left = correlations.find(({ method }) => method === 'pearson')?.leftOutColumns;
  expect(left).toEqual(['c30', 'c31', 'c32']);
  expect(text.stdout).toContain("Pearson's r is of 30 columns; left out: c30, c31, c32.");
});
