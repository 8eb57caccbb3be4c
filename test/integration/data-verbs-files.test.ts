/** Every file that `validate`, `drift`, `quality`, `estimate`, `gate` and `profile` are given may be missing, a folder, empty or another thing. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { reportFailure } from '#cli/kit/failure.ts';
import { drift } from '#cli/verbs/drift/command.ts';
import { estimate } from '#cli/verbs/estimate/command.ts';
import { gate } from '#cli/verbs/gate/command.ts';
import { profile } from '#cli/verbs/profile/command.ts';
import { quality } from '#cli/verbs/quality/command.ts';
import { validate } from '#cli/verbs/validate/command.ts';

let folder: string;
const before = process.cwd();
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ratchet-files-'));
  process.chdir(folder);
  const lines = Array.from({ length: 200 }, (_, i) => `${i},${i % 2},${(i % 3) % 2},${(i % 10) / 10}`);
  writeFileSync('good.csv', ['id,y_true,y_pred,y_pred_proba', ...lines].join('\n'));
  const suite = (type: string, more: object) => ({ name: 's', expectations: [{ type, ...more }] });
  const between = { kwargs: { column: 'id', max_value: 9 }, meta: { ratchet_severity: 'quarantine' } };
  writeFileSync('suite.json', JSON.stringify(suite('expect_column_values_to_be_between', between)));
  writeFileSync('tests.json', '[]');
  for (const name of ['folder.xml', 'folder.parquet', 'folder.json', 'folder.ts', 'folder.html', 'folder.csv'])
    mkdirSync(name);
  for (const kind of ['parquet', 'csv', 'jsonl', 'json', 'ts']) {
    writeFileSync(`empty.${kind}`, '');
    writeFileSync(`text.${kind}`, 'no <b>data</b>\n\0\u0001');
    writeFileSync(`locked.${kind}`, '[1]');
    chmodSync(`locked.${kind}`, 0);
  }
});
afterAll(() => {
  process.chdir(before);
  process.exitCode = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** The verbs in this process: a start of the command costs more than all that is tested here. */
async function ratchet(...args: string[]): Promise<{ code: unknown; said: string }> {
  const program = new Command('ratchet').exitOverride();
  for (const verb of [drift, estimate, gate, profile, quality, validate]) verb(program);
  let said = '';
  const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
  process.exitCode = 0;
  try {
    await program.parseAsync(['node', 'ratchet', ...args]);
    return { code: process.exitCode, said };
  } catch (error) {
    return { code: await reportFailure(error, false), said };
  } finally {
    out.mockRestore();
    err.mockRestore();
    process.exitCode = 0;
  }
}

/** Exit code 2, one message, no stack, no word of the machine's. */
async function refused(args: readonly string[], message: RegExp): Promise<void> {
  const { code, said } = await ratchet(...args);
  expect([args.join(' '), code, said]).toEqual([args.join(' '), 2, expect.stringMatching(message)]);
  expect(said).not.toMatch(/ENOENT|EISDIR|ENOTDIR|EACCES|RATCHET_DEBUG|\.partial|\n {4}at /);
}

const labels = ['--target', 'y_true'];
const judged = ['gate', '--predictions', 'good.csv', ...labels, '--min', 'accuracy=0.5'];
const inputs: readonly (readonly [string, (data: string) => readonly string[]])[] = [
  ['validate', (data) => ['validate', data, '--suite', 'suite.json']],
  ['drift --reference', (data) => ['drift', '--reference', data, '--current', 'good.csv']],
  ['drift --current', (data) => ['drift', '--reference', 'good.csv', '--current', data]],
  ['quality', (data) => ['quality', data]],
  ['quality --reference', (data) => ['quality', 'good.csv', '--reference', data]],
  ['estimate --reference', (data) => ['estimate', ...labels, '--reference', data, '--analysis', 'good.csv']],
  ['estimate --analysis', (data) => ['estimate', ...labels, '--reference', 'good.csv', '--analysis', data]],
  [
    'estimate --targets',
    (data) => ['estimate', ...labels, '--reference', 'good.csv', '--analysis', 'good.csv', '--targets', data],
  ],
  [
    'gate --predictions',
    (data) => ['gate', '--predictions', data, '--target', 'y_true', '--prediction', 'y_pred', '--min', 'accuracy=0.5'],
  ],
  [
    'gate --against',
    (data) => [
      'gate',
      '--predictions',
      'good.csv',
      '--against',
      data,
      '--target',
      'y_true',
      '--prediction',
      'y_pred',
      '--metric',
      'accuracy',
    ],
  ],
  ['profile', (data) => ['profile', data, '--out', 'made.json']],
  ['profile --suggest', (data) => ['profile', data, '--suggest']],
];
const root = process.getuid?.() === 0;

describe.each(inputs)('data of %s', (_, verb) => {
  it('that are not there, a folder, empty or of another format are named, with what to do', async () => {
    await refused(verb('nope.csv'), /^✗ nope\.csv is not there; looked in .*; there are /);
    await refused(verb(join(folder, 'godo.csv')), /godo\.csv is not there; .*did you mean good\.csv\?/);
    await refused(verb('nope/a.csv'), /nope\/a\.csv is not there; looked in .*nope, which is no folder/);
    await refused(verb('nope*.csv'), /no file matches nope\*\.csv/);
    await refused(verb('folder.parquet'), /folder\.parquet is a folder: name its files/);
    await refused(verb('empty.csv'), /empty\.csv is empty: it has not even a header line/);
    await refused(verb('empty.parquet'), /empty\.parquet is no whole Parquet file: it is empty/);
    await refused(verb('text.parquet'), /text\.parquet is no whole Parquet file/);
    await refused(verb('text.jsonl'), /text\.jsonl line 1: this is not one whole JSON object/);
    await refused(verb('text'), /text is not there/);
    await refused(verb(''), /a name of data is empty/);
    await refused(verb('https://example.org/a.csv'), /not from https:\/\//);
    if (!root) await refused(verb('locked.csv'), /locked\.csv cannot be read: its permissions forbid it/);
  });
});

describe('a file that an option names', () => {
  it.each([
    ['--suite', (file: string) => ['validate', 'good.csv', '--suite', file]],
    ['--tests', (file: string) => ['drift', '--reference', 'good.csv', '--current', 'good.csv', '--tests', file]],
  ] as const)('%s is named when it cannot be used', async (option, verb) => {
    await refused(verb('nope.json'), new RegExp(`^✗ ${option} nope\\.json is not there; looked in`));
    await refused(verb(join(folder, 'tesst.json')), /did you mean tests\.json\?/);
    await refused(verb('folder.json'), new RegExp(`${option} folder\\.json is a folder`));
    await refused(verb('empty.json'), new RegExp(`${option} empty\\.json is empty`));
    await refused(verb('text.json'), new RegExp(`${option} text\\.json is not JSON`));
    await refused(verb('good.csv'), new RegExp(`${option} good\\.csv is not JSON`));
    if (!root) await refused(verb('locked.json'), /its permissions forbid it/);
  });

  it('--suite as a module, or as JSON that is no suite', async () => {
    const suite = (file: string) => ['validate', 'good.csv', '--suite', file];
    await refused(suite('nope.ts'), /--suite nope\.ts is not there/);
    await refused(suite('folder.ts'), /--suite folder\.ts is a folder/);
    await refused(suite('empty.ts'), /--suite empty\.ts exports no expectations/);
    await refused(suite('text.ts'), /--suite text\.ts cannot be built/);
    await refused(suite('tests.json'), /--suite tests\.json: this is not an expectation suite/);
  });

  it('--rules as a module', async () => {
    const rules = (file: string) => ['gate', '--predictions', 'good.csv', '--target', 'y_true', '--rules', file];
    await refused(rules('nope.ts'), /--rules nope\.ts is not there/);
    await refused(rules('folder.ts'), /--rules folder\.ts is a folder/);
    await refused(rules('empty.ts'), /--rules empty\.ts exports no rules: write for example/);
    await refused(rules('text.ts'), /--rules text\.ts cannot be built/);
  });

  it('a stored profile as --reference of drift', async () => {
    const reference = (file: string) => ['drift', '--reference', file, '--current', 'good.csv'];
    await refused(reference('nope.json'), /nope\.json is not there/);
    await refused(reference('folder.json'), /folder\.json is a folder/);
    await refused(reference('empty.json'), /empty\.json is not JSON, so it is no reference profile/);
    await refused(reference('tests.json'), /tests\.json is no reference profile of this version/);
  });

  it.each([
    ['quality --html', (file: string) => ['quality', 'good.csv', '--html', file], 'html'],
    [
      'drift --html',
      (file: string) => ['drift', '--reference', 'good.csv', '--current', 'good.csv', '--html', file],
      'html',
    ],
    [
      'estimate --html',
      (file: string) => ['estimate', ...labels, '--reference', 'good.csv', '--analysis', 'good.csv', '--html', file],
      'html',
    ],
    ['gate --html', (file: string) => [...judged, '--html', file], 'html'],
    ['gate --junit', (file: string) => [...judged, '--junit', file], 'xml'],
    ['validate --html', (file: string) => ['validate', 'good.csv', '--suite', 'suite.json', '--html', file], 'html'],
    [
      'validate --quarantine',
      (file: string) => ['validate', 'good.csv', '--suite', 'suite.json', '--quarantine', file],
      'csv',
    ],
    ['profile --out', (file: string) => ['profile', 'good.csv', '--out', file], 'json'],
    ['profile --suggest --out', (file: string) => ['profile', 'good.csv', '--suggest', '--out', file], 'json'],
  ] as const)('%s has no place: said before the data are read', async (_, verb, kind) => {
    await refused(verb(`nope/x.${kind}`), /--[a-z]+ nope\/x\.[a-z]+: there is no folder /);
    await refused(verb(`good.csv/x.${kind}`), /good\.csv is no folder/);
    await refused(verb(`folder.${kind}`), /folder\.[a-z]+ is a folder: name a file in it/);
    await refused(verb(`s3://bucket/x.${kind}`), /files are written to this machine/);
  });

  it('leaves nothing half-written', () => {
    expect(readdirSync(folder).filter((name) => /partial|\.mjs$|made/.test(name))).toEqual([]);
  });
});
