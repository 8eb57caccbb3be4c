/**
 * Commands that nobody would write: the data verbs with drawn options and values, on files that fit, half fit, or are no files.
 * Each ends with 0, 2, 3 or 4, in words: no stack, no dump of a schema, no control byte, and nothing left in the temporary folder.
 * `RATCHET_FUZZ_COMMANDS` (default 200) says how many, `RATCHET_FUZZ_SEED` which.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drift } from '#cli/verbs/drift/command.ts';
import { estimate } from '#cli/verbs/estimate/command.ts';
import { profile } from '#cli/verbs/profile/command.ts';
import { quality } from '#cli/verbs/quality/command.ts';
import { validate } from '#cli/verbs/validate/command.ts';
import { hostileTexts } from '../fixtures/hostile-texts.ts';
import { runVerb } from '../fixtures/verbs.ts';
import { faultsOf } from './faults.ts';

const count = Number(process.env.RATCHET_FUZZ_COMMANDS ?? '200');
const seed = Number(process.env.RATCHET_FUZZ_SEED ?? Date.now() % 2 ** 31);
const folder = mkdtempSync(join(tmpdir(), 'ratchet-fuzz-'));
const temporary = join(folder, 'tmp');
const before = { cwd: process.cwd(), TMPDIR: process.env.TMPDIR };

const row = (i: number) =>
  `${i},2024-01-${String((i % 28) + 1).padStart(2, '0')},${i % 3 ? 'x' : 'y'},${i % 2},0.${i % 10}`;
const table = ['id,at,kind,late,score', ...Array.from({ length: 60 }, (_, i) => row(i))].join('\n');
const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
const files: Readonly<Record<string, string | Uint8Array>> = {
  'good.csv': `${table}\n`,
  'other.csv': `${table.replaceAll(',x,', ',z,')}\n`,
  'lines.jsonl': Array.from({ length: 30 }, (_, i) => JSON.stringify({ id: i, late: i % 2, score: i / 30 })).join('\n'),
  'empty.csv': '',
  'header.csv': 'id,at,kind,late,score\n',
  'ragged.csv': 'a,b\n1\n1,2,3\n"',
  'twice.csv': 'a,a,A\n1,2,3\n',
  'hostile.csv': `${hostileTexts
    .map((text) => `"${text.replaceAll('"', '""')}"`)
    .slice(0, 20)
    .join(',')}\n`,
  'bytes.csv': Uint8Array.from({ length: 4_000 }, (_, i) => (i * 7919) % 256),
  'bad.parquet': 'PAR1 is not all of it PAR1',
  'bad.jsonl': '{"a": 1}\n{"a":\n',
  'deep.json': deep,
  'suite.json': JSON.stringify({
    name: 's',
    expectations: [{ type: 'expect_column_values_to_not_be_null', kwargs: { column: 'id' } }],
  }),
  'unknown-suite.json': JSON.stringify({
    name: 's',
    expectations: [{ type: 'unexpected_rows_expectation', kwargs: {} }],
  }),
  'wrong-suite.json': JSON.stringify({ expectations: { type: 7 } }),
  'null.json': 'null',
  'suite.ts': "import { expect } from 'ratchet-ml';\nexport default [expect.column('id').notNull()];\n",
  'throws.ts': "throw new Error('no suite');\n",
};

beforeAll(() => {
  mkdirSync(temporary);
  mkdirSync(join(folder, 'work', 'a-folder'), { recursive: true });
  process.chdir(join(folder, 'work'));
  process.env.TMPDIR = temporary;
});
afterAll(() => {
  process.chdir(before.cwd);
  if (before.TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before.TMPDIR;
  rmSync(folder, { recursive: true, force: true });
});

const program = new Command();
for (const verb of [drift, estimate, profile, quality, validate]) verb(program);

const anyFile = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom('good.csv', 'other.csv', 'lines.jsonl', 'suite.json') },
  { weight: 3, arbitrary: fc.constantFrom(...Object.keys(files), '*.csv', '[', 'nosuch.csv', 'a-folder', '') },
);
const column = fc.constantFrom('id', 'at', 'kind', 'late', 'score', 'nosuch', '', ...hostileTexts.slice(0, 12));
const number = fc.constantFrom('0', '1', '-1', '0.5', '2', '1e999', 'NaN', '1,5', '0x10', '99999999999999999999');
const phrase = fc.constantFrom(
  ...[
    'rows>=1',
    'rows>=0.9x',
    'mean[score]~0.1',
    'roc_auc>=0.7',
    'mean[]>',
    '=',
    'price=psi:0.2',
    'score=ks',
    'kind=psi:x',
  ],
  ...[
    'defaults',
    'W',
    'any',
    '7d',
    '2024-01-01',
    'html',
    'binary',
    'regression',
    'a=b',
    'a:b:c',
    '{"a":',
    '[]',
    '{}',
    'null',
  ],
);
const value = fc.oneof(
  { weight: 4, arbitrary: anyFile },
  { weight: 3, arbitrary: column },
  { weight: 2, arbitrary: number },
  { weight: 3, arbitrary: phrase },
  { weight: 1, arbitrary: fc.string({ maxLength: 20 }).filter((text) => !/[/\\\0]|^(s3|https?):/.test(text)) },
);
/** What is well asked, to be spoilt. */
const sound: Readonly<Record<string, readonly string[][]>> = {
  quality: [['good.csv'], ['good.csv', '--reference', 'other.csv'], ['lines.jsonl', '--target', 'late']],
  validate: [
    ['good.csv', '--suite', 'suite.json'],
    ['good.csv', '--suite', 'unknown-suite.json'],
    ['lines.jsonl', '--suite', 'suite.json'],
  ],
  drift: [['--reference', 'good.csv', '--current', 'other.csv']],
  profile: [['good.csv'], ['good.csv', '--suggest'], ['hostile.csv']],
  estimate: [
    [
      ...['--reference', 'good.csv', '--analysis', 'other.csv', '--target', 'late', '--prediction', 'late'],
      ...['--score', 'score', '--chunk-size', '20'],
    ],
  ],
};
/** By what stands in the brackets of an option, or its name. */
const meanings: readonly (readonly [RegExp, fc.Arbitrary<string>])[] = [
  [/<format>/, fc.constantFrom('csv', 'csv', 'jsonl', 'parquet')],
  [/<mark>/, fc.constantFrom('.', ',')],
  [/<rule>/, fc.constantFrom('fall', 'any')],
  [/<character>|delimiter|quote|escape/, fc.constantFrom(',', ';', '"', '\t', '|')],
  [/<file|path|html|out|suite|reference|current|analysis|targets|quarantine/, anyFile],
  [/<n>|<number>|<share>|<count>|max|min|rows|share|confidence|sample/, number],
  [/<name|<column|target|time|id|prediction|score|columns/, column],
];
const command: fc.Arbitrary<string[]> = fc.constantFrom(...program.commands).chain((verb) => {
  const option = fc.constantFrom(...verb.options).chain((each): fc.Arbitrary<string[]> => {
    const flag = each.long ?? each.short ?? '';
    if (!each.required && !each.optional) return fc.constant([flag]);
    // Mostly what may be meant: else all ends at the first option.
    const meant = meanings.find(([pattern]) => pattern.test(each.flags))?.[1] ?? value;
    return fc.oneof({ weight: 12, arbitrary: meant }, { weight: 1, arbitrary: value }).map((text) => [flag, text]);
  });
  return fc
    .tuple(
      fc.constantFrom(...(sound[verb.name()] ?? [])),
      fc.array(option, { maxLength: 2 }),
      fc.nat(),
      fc.boolean(),
      value,
    )
    .map(([words, more, at, spoil, text]) => {
      const args = [...words, ...more.flat()];
      return [verb.name(), ...(spoil && args.length > 0 ? args.with(at % args.length, text) : args)];
    });
});

/** Written anew before each: `--out` may name one of them. */
function writeFiles() {
  for (const [name, content] of Object.entries(files)) writeFileSync(name, content);
}

test(`${count} commands of seed ${seed} end as they should`, { timeout: count * 20_000 }, async () => {
  const wrong: unknown[] = [];
  const codes: Record<string, number> = {};
  for (const args of fc.sample(command, { numRuns: count, seed })) {
    writeFiles();
    const { code, stdout, stderr } = await runVerb(...args);
    codes[String(code)] = (codes[String(code)] ?? 0) + 1;
    const left = readdirSync(temporary).filter((name) => !name.startsWith('tsx-'));
    const faults = [...faultsOf({ code, stdout, stderr }), ...left.map((name) => `left behind: ${name}`)];
    if (faults.length > 0) wrong.push({ args, faults, said: (stdout + stderr).slice(0, 600) });
    for (const name of left) rmSync(join(temporary, name), { recursive: true, force: true });
  }
  console.log(`exit codes of ${count} commands: ${JSON.stringify(codes)}`);
  expect(wrong).toEqual([]);
});
