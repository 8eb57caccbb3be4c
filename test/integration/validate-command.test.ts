import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ValidationResult } from '#contracts/validation.ts';
import { runVerbIn } from '../fixtures/verbs.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-validate-'));
  await writeFile(join(folder, 'a.csv'), 'id,price,mail\n1,10,a@x.ch\n2,-5,b@x.ch\n');
  await writeFile(join(folder, 'b.csv'), 'id,price,mail\n2,7,c@x.ch\n4,,d@x.ch\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ratchet = (...args: string[]) => runVerbIn(folder, {}, ...args);

test('a suite of TypeScript over several files: quarantine, redaction, a page, one JSON object', async () => {
  await writeFile(
    join(folder, 'suite.ts'),
    `import { expect } from 'ratchet-ml';
export default [expect.column('price').between(0, 100).quarantine(), expect.column('id').unique().warn()];
export const mails = [expect.column('mail').noneOf(['b@x.ch'])];`,
  );
  const { code, stdout, stderr } = await ratchet(
    ...['validate', '*.csv', '--suite', 'suite.ts', '--quarantine', 'bad.csv', '--redact', 'mail'],
    ...['--html', 'page.html', '--json'],
  );
  expect([code, stderr]).toEqual([3, expect.stringContaining('page.html')]);
  const result = ValidationResult.parse(JSON.parse(stdout));
  expect(result.results.map(({ success, ratchet: { severity, examples } }) => [success, severity, examples])).toEqual([
    [false, 'quarantine', [{ row: 2, values: { price: -5 } }]],
    [false, 'warn', [2, 3].map((row) => ({ row, values: { id: 2 } }))],
    [false, 'fail', [{ row: 2, values: { mail: '[redacted]' } }]],
  ]);
  expect(result.ratchet).toMatchObject({ passed: false, rows: 4, redacted: ['mail'], quarantine: { rows: 1 } });
  expect(stdout).not.toContain('b@x.ch');
  expect(await readFile(join(folder, 'bad.csv'), 'utf8')).toBe(
    'id,price,mail,__ratchet_reason\n2,-5,b@x.ch,price: wanted between 0 and 100\n',
  );
  expect(await readFile(join(folder, 'page.html'), 'utf8')).not.toContain('b@x.ch');
  expect((await readdir(folder)).filter((name) => /partial|\.mjs$/.test(name))).toEqual([]);
});

test('what is suggested holds where it came from, as JSON and as TypeScript', async () => {
  await Promise.all(
    ['json', 'ts'].map(async (kind) => {
      const out = `suggested.${kind}`;
      expect(await ratchet('profile', 'a.csv', '--suggest', '--out', out)).toMatchObject({ code: 0 });
      const { code, stdout } = await ratchet('validate', 'a.csv', '--suite', out);
      expect([code, stdout]).toEqual([0, expect.stringContaining('expectations hold for a.csv (2 rows × 3 columns)')]);
    }),
  );
});

test('a suite that cannot be checked is refused before any data is read', async () => {
  await writeFile(
    join(folder, 'bad.json'),
    JSON.stringify({
      expectations: [{ type: 'expect_column_values_to_match_regex', kwargs: { column: 'id', regex: 'a++' } }],
    }),
  );
  const answers = await Promise.all([
    ratchet('validate', 'gone.csv', '--suite', 'bad.json'),
    ratchet('validate', 'a.csv', '--suite', 'none.json'),
  ]);
  expect(answers.map(({ code }) => code)).toEqual([2, 2]);
  expect(answers[0]?.stderr).toContain('has a possessive quantifier');
  expect(answers[1]?.stderr).toContain('--suite none.json is not there; looked in');
});
