/** What does not fit a schema is told in one sentence: where, what it is, what is right. Never a dump, never a stack. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readGivenJson } from '#cli/kit/given-file.ts';
import { issuesInWords } from '#contracts/describe-issues.ts';
import { suiteOfGreatExpectations } from '#measures/expectations/great-expectations.ts';
import { suiteOf } from '#measures/expectations/suite.ts';

const DUMP = /✖|→ at|"code":|invalid_|Invalid input\b|\n\s+at |^\[/;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ratchet-sentence-'));
  writeFileSync(join(folder, 'd.csv'), 'a,b\n1,2\n3,4\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const nested = (depth: number): unknown => Array.from({ length: depth }).reduce<unknown>((inner) => ({ a: inner }), 1);
const text = (work: () => unknown): string => {
  try {
    return `nothing: ${JSON.stringify(work())}`;
  } catch (error) {
    return (error as Error).message;
  }
};

describe('a suite', () => {
  const suite = (...expectations: unknown[]) => ({ name: 's', expectations });
  it.each<[unknown, RegExp]>([
    [
      suite({ type: 'unexpected_rows_expectation', kwargs: {} }),
      /^expectations\[0\]\.type is "unexpected_rows_expectation": the name/,
    ],
    [
      suite({ type: 'expect_column_to_exist', kwargs: { column: 'a' } }, { type: 'Expect', kwargs: {} }),
      /^expectations\[1\]\.type is "Expect"/,
    ],
    [suite({ kwargs: {} }), /^expectations\[0\]\.type is undefined: the name/],
    [suite({ type: 5 }), /expectations\[0\]\.type is 5: expected string/],
    [suite('text'), /expectations\[0\] is "text": expected object/],
    [{ name: 's' }, /expectations is missing: expected array/],
    [[[1]], /the value is \[\[1\]\]: expected object/],
    [suite({ type: 'expect_column_to_exist', kwargs: 3 }), /expectations\[0\]\.kwargs is 3: expected record/],
    [
      suite({ type: 'expect_column_to_exist', severity: 'loud' }),
      /expectations\[0\]\.severity is "loud": .*"critical"/,
    ],
  ])('%j', (given, words) => {
    const said = text(() => suiteOfGreatExpectations(given));
    expect(said).toMatch(words);
    expect(said).not.toMatch(DUMP);
    expect(said).not.toContain('\n');
  });

  it.each<[string, object]>([
    ['expect_column_values_to_be_in_set', { column: 'a', value_set: [nested(5)] }],
    ['expect_column_values_to_be_in_set', { column: 'a', value_set: 3 }],
    ['expect_column_values_to_be_between', { column: 3 }],
    ['expect_column_to_exist', { column: 'a', row_condition: { type: 'comparison', column: 5 } }],
  ])('%s with %j', (type, kwargs) => {
    const said = text(() => suiteOf([{ type, kwargs: kwargs as never, severity: 'fail' }]));
    expect(said).not.toMatch(/^nothing/);
    expect(said).not.toMatch(DUMP);
    expect(said).not.toContain('\n');
  });
});

it('many faults are told by the first five', () => {
  const given = Array.from({ length: 9 }, (_, at) => `x${at}`);
  const parsed = z.array(z.number()).safeParse(given);
  expect(parsed.error && issuesInWords(parsed.error, given)).toBe(
    `${[0, 1, 2, 3, 4].map((at) => `[${at}] is "x${at}": expected number`).join('; ')}; and 4 more`,
  );
});

it.each([66, 5_000, 100_000])('JSON that is nested %i deep is refused', async (depth) => {
  const path = join(folder, `deep-${depth}.json`);
  for (const [open, inner, close] of [
    ['[', '', ']'],
    ['{"a":', '1', '}'],
  ] as const) {
    writeFileSync(path, `${open.repeat(depth)}${inner}${close.repeat(depth)}`);
    await expect(readGivenJson('--suite', path)).rejects.toThrow(/nested deeper than 64|is not JSON/);
  }
});

describe('the command', () => {
  const ratchet = (...args: string[]) => {
    const temporary = join(folder, 'tmp');
    spawnSync('mkdir', ['-p', temporary]);
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(process.cwd(), 'cli/bin.mjs'), ...args], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, TMPDIR: temporary, RATCHET_ROOT: folder },
    });
    // The loader of this clone keeps what it compiled.
    const left = readdirSync(temporary).filter((name) => !name.startsWith('tsx-'));
    return { status, text: `${stdout}${stderr}`, left };
  };

  it('of an unknown verb is wrong use, with --help and without', () => {
    for (const args of [
      ['nosuch'],
      ['nosuch', '--help'],
      ['nosuch', '-h'],
      ['loop', 'nosuch', '--help'],
      ['help', 'nosuch'],
    ]) {
      const { status, text } = ratchet(...args);
      expect([args, status]).toEqual([args, 2]);
      expect(text).toContain('nosuch');
    }
  });
  it('of a known one is helped', () => {
    for (const args of [
      ['--help'],
      ['quality', '--help'],
      ['loop', 'status', '-h'],
      ['loop', '--help'],
      ['help', 'loop'],
    ])
      expect([args, ratchet(...args).status]).toEqual([args, 0]);
  });
  it('of two words is helped by both ways of asking, and its help names what it must be given', () => {
    const asked = ratchet('help', 'loop', 'pause');
    expect(asked).toEqual(ratchet('loop', 'pause', '--help'));
    expect(asked.status).toBe(0);
    expect(asked.text).toMatch(/^Usage: ratchet loop pause /);
    expect(asked.text).toMatch(/--reason <text> .*\(required\)/);
    expect(asked.text).not.toMatch(/--as <name>.*\(required\)/);
  });
  it('with a suite of an unknown type is wrong use, and leaves no folder behind', () => {
    writeFileSync(
      join(folder, 's.json'),
      JSON.stringify({ name: 's', expectations: [{ type: 'unexpected_rows_expectation' }] }),
    );
    const { status, text, left } = ratchet('validate', 'd.csv', '--suite', 's.json');
    expect(text).toMatch(/^✗ --suite s\.json: expectations\[0\]\.type is "unexpected_rows_expectation": .*\n$/);
    expect(status).toBe(2);
    expect(left).toEqual([]);
  });
});
