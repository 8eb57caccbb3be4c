import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runVerbIn } from '../fixtures/verbs.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ratchet-untestable-'));
  const rows = (side: string) =>
    Array.from({ length: 400 }, (_, i) =>
      JSON.stringify({
        ...{ y: i % 2, p: 0.3 + ((i * 37) % 100) / 250 + (i % 2) / 10, usual: ((i * 37) % 101) / 2 },
        ...{ empty: null, constant: 'same', few: i < 3 ? i + 0.5 : null, distinct: `${side}${i}` },
        ...{ list: [i, i + 1], ...(side === 'current' ? { onlyNow: i % 3 } : { onlyBefore: i % 3 }) },
      }),
    ).join('\n');
  for (const side of ['reference', 'current']) writeFileSync(join(folder, `${side}.jsonl`), `${rows(side)}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ratchet = async (...args: string[]) => (await runVerbIn(folder, {}, ...args)).stdout;
/** As text, and as the object of --json. */
async function both(...args: string[]) {
  const [text, json] = await Promise.all([ratchet(...args), ratchet(...args, '--json')]);
  return { text, json: JSON.parse(json) };
}
const sides = ['--reference', 'reference.jsonl', '--current', 'current.jsonl'];

/** By column: what the reason must say. */
const untested: [string, RegExp][] = [
  ['empty', /no value/],
  ['distinct', /free text/],
  ['list', /values are not compared/],
  ['onlyNow', /only the current/],
  ['onlyBefore', /only the reference/],
];

test('drift', async () => {
  const { text, json } = await both('drift', ...sides);
  for (const [column, why] of untested) {
    expect(json.untested.find((each: { column: string }) => each.column === column)?.reason).toMatch(why);
    expect(text).toMatch(new RegExp(`not tested: ${column}: .*${why.source}`));
  }
  const few = 'fewer than 30 values on a side, where hardly any difference is told from chance: few (3)';
  expect(json.notes).toContain(few);
  expect(text).toContain(few);
  expect(Object.keys(json.columns)).toEqual(['y', 'p', 'usual', 'constant', 'few']);
});

test('profile', async () => {
  const { text, json } = await both('profile', 'current.jsonl', '--out', 'profile.json');
  for (const [column, why] of untested.slice(0, 3)) {
    expect(json.untested.find((each: { column: string }) => each.column === column)?.reason).toMatch(why);
    expect(text).toMatch(new RegExp(`not to be tested: ${column}: .*${why.source}`));
  }
  expect(json.untested).toHaveLength(3);
});

test('estimate --drift', async () => {
  const { text, json } = await both(
    ...['estimate', '--reference', 'reference.jsonl', '--analysis', 'current.jsonl', '--target', 'y', '--score', 'p'],
    ...['--drift', '--chunk-number', '2'],
  );
  for (const [column, why] of untested) {
    expect(text).toMatch(new RegExp(`not tested: ${column}: .*${why.source}`));
    expect(json.drift.data.why.join('\n')).toMatch(new RegExp(`not tested: ${column}: .*${why.source}`));
  }
});

test('quality: what a condition about every column could not be asked of', async () => {
  const { text, json } = await both(
    ...['quality', 'current.jsonl', '--reference', 'reference.jsonl', '--test', 'mean~0.1', '--test', 'missing<=1'],
  );
  const named = json.notes.filter((note: string) => note.startsWith('not tested: '));
  const all = named.join('\n');
  for (const words of [
    'empty (without a value)',
    'constant (VARCHAR)',
    'distinct (VARCHAR)',
    'onlyNow (not in the reference)',
  ])
    expect(all).toContain(words);
  expect(all).toMatch(/list \([A-Z]+\[?\]?/);
  expect(all).toContain('onlyBefore (only in the reference)');
  for (const note of named) expect(text).toContain(note);
  // What is asked of a column by name is a test that fails.
  const asked = await both('quality', 'current.jsonl', '--test', 'mean[empty]<=1');
  expect(asked.json.tests).toMatchObject([{ column: 'empty', passed: false }]);
});

test('validate: what holds of nothing', async () => {
  const of = (type: string, column: string, more: object = {}) => ({ type, kwargs: { column, ...more } });
  const expectations = [
    of('expect_column_values_to_be_in_set', 'empty', { value_set: ['a'] }),
    of('expect_column_values_to_be_in_set', 'constant', { value_set: ['same'] }),
    of('expect_column_values_to_be_between', 'few', {
      min_value: 0,
      row_condition: 'usual > 1000',
      condition_parser: 'pandas',
    }),
    of('expect_column_values_to_be_in_set', 'onlyBefore', { value_set: [1] }),
  ];
  writeFileSync(join(folder, 'suite.json'), JSON.stringify({ name: 's', expectations }));
  const args = ['validate', 'current.jsonl', '--suite', 'suite.json'];
  const { text, json } = await both(...args, '--html', 'page.html');
  const notes = [
    'not tested: empty: all 400 rows miss a value, so that expect_column_values_to_be_in_set holds of nothing',
    'not tested: few: there is no row to test, so that expect_column_values_to_be_between holds of nothing',
  ];
  expect(json.ratchet.notes).toEqual(notes);
  for (const note of notes) expect(text).toContain(note);
  expect(readFileSync(join(folder, 'page.html'), 'utf8')).toContain('all 400 rows miss a value');
  expect(text).toContain('column onlyBefore is missing');
  // However little the result is to tell.
  const least = await both(...args, '--result-format', 'BOOLEAN_ONLY');
  expect(least.json.ratchet.notes).toEqual(notes);
});
