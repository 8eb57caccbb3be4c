/** Two hundred hostile texts as names, values, arguments and paths: whatever a verb prints of them, no terminal obeys. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostileTexts as all, UNSAFE } from '../fixtures/hostile-texts.ts';
import { ratchetIn } from './world/ratchet.ts';

// The engine takes a byte order mark off the beginning of a name: such a column is refused as not there.
const hostileTexts = all.filter((text) => !text.startsWith('\ufeff'));

let folder: string;
const wide = (shift: number) =>
  Array.from({ length: 60 }, (_, row) =>
    JSON.stringify(
      Object.fromEntries(
        hostileTexts.map((name, at) => [name, at % 2 ? row * (at + shift) : `${(row + shift) % 3}${name}`]),
      ),
    ),
  ).join('\n');
const long = (shift: number) =>
  hostileTexts.map((text, at) => JSON.stringify({ text: `${text}${shift}`, n: at })).join('\n');
const suite = {
  name: hostileTexts[70],
  expectations: hostileTexts.slice(0, 30).flatMap((column) => [
    { type: 'expect_column_values_to_be_in_set', kwargs: { column, value_set: [column] }, meta: {} },
    { type: 'expect_column_to_exist', kwargs: { column: `no ${column}` }, meta: {} },
  ]),
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ratchet-hostile-'));
  for (const [name, shift] of [
    ['a', 0],
    ['b', 1],
  ] as const) {
    writeFileSync(join(folder, `wide-${name}.jsonl`), wide(shift));
    writeFileSync(join(folder, `long-${name}.jsonl`), long(shift));
  }
  writeFileSync(join(folder, 'suite.json'), JSON.stringify(suite));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  // A name on disk that is hostile, too.
  writeFileSync(join(folder, 'x\u001b]0;owned\u0007\u202e.jsonl'), '{"a":1}\n{"a":');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bad = 'x\u001b]0;owned\u0007\u009b31m\u202e\r\u2066y';
// biome-ignore lint/suspicious/noControlCharactersInRegex: our own colours are taken out
const ours = /\u001b\[(?:1|2|22|3[1236]|39)m/g;

const coloured = { FORCE_COLOR: '1', NO_COLOR: '' };
const of = (letter: string) => [`wide-${letter}.jsonl`, `long-${letter}.jsonl`] as const;
const [wideA, longA] = of('a');
const [wideB, longB] = of('b');

async function harmless(codes: number[], env: NodeJS.ProcessEnv, ...args: string[]) {
  const said = await ratchetIn(folder, env, ...args);
  const text = `${said.stdout}${said.stderr}`;
  expect(text.length).toBeGreaterThan(10);
  expect(env === coloured ? text.replaceAll(ours, '') : text).not.toMatch(UNSAFE);
  expect(codes, text).toContain(said.code);
  if (args.includes('--json')) JSON.parse(said.stdout);
  return said;
}

describe('data with hostile names and values', () => {
  it.each<[string, string[]]>([
    ['quality', ['quality', wideA, '--reference', wideB, '--test', 'defaults']],
    ['drift', ['drift', '--reference', wideA, '--current', wideB]],
    ['drift of values', ['drift', '--reference', longA, '--current', longB]],
    ['validate', ['validate', wideA, '--suite', 'suite.json']],
  ])('%s', async (_, args) => {
    await harmless([0, 3], coloured, ...args);
    await harmless([0, 3], {}, ...args, '--json');
  });
  it('profile', () => harmless([0], {}, 'profile', wideA, '--suggest'));
});

it.each<[string, string[]]>([
  ['a name on disk', ['quality', 'x\u001b]0;owned\u0007\u202e.jsonl']],
  ['no such file', ['quality', `${bad}.csv`]],
  ['no such column', ['quality', wideA, '--time', bad]],
  ['no such test', ['quality', wideA, '--test', bad]],
  ['no such verb', [bad]],
  ['no such option', ['quality', `--${bad}`]],
  ['no such pipeline', ['check', bad]],
  ['no such run', ['show', bad]],
])('an error that tells of %s', async (_, args) => {
  await harmless([1, 2], coloured, ...args);
});
