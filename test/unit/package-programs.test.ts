/** Processes bundled as one graph find the files that they name, and load each module once whoever names it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { bundlePrograms } from '../../ops/package/programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'ratchet-programs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(under: string, files: Record<string, string>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, under, dirname(path)), { recursive: true });
    writeFileSync(join(folder, under, path), text);
  }
  return join(folder, under);
}

const sources = write('sources', {
  'package.json': '{ "type": "module" }',
  'words/mistake.ts': 'export class Mistake extends Error {}',
  'words/notice.ts': `
import { readFileSync } from 'node:fs';
/** Named as \`new URL('./nowhere.ts', import.meta.url)\`. */
export const notice = () => readFileSync(new URL('./notice.txt', import.meta.url), 'utf8');
export const said = "in a text, import.meta.url stays";`,
  'work/judge.ts': `
import { Mistake } from '../words/mistake.ts';
import { notice } from '../words/notice.ts';
export const judge = () => { throw new Mistake(notice()); };`,
  'cli/verbs/judge.ts': `
import { Mistake } from '../../words/mistake.ts';
import { said } from '../../words/notice.ts';
const module: { judge(): void } = await import(new URL('../../work/judge.ts', import.meta.url).href);
export function verb() {
  try { module.judge(); } catch (error) {
    console.log(error instanceof Mistake, (error as Error).message, said);
  }
}`,
  'cli/main.ts': `
if (process.argv[2] === 'judge') (await import('./verbs/judge.ts')).verb();
else console.log('judge');`,
});

test('a module that is named by its place shares its classes, and each finds the files beside its source', async () => {
  const { files } = await bundlePrograms(sources, '{cli,words,work}/**', {});
  const built = write('built', {
    'package.json': '{ "type": "module" }',
    'words/notice.txt': 'read',
    ...Object.fromEntries(files),
  });
  const run = (...args: string[]) =>
    execFileSync(process.execPath, [join(built, 'programs', 'cli', 'main.js'), ...args], { encoding: 'utf8' });
  expect(run('judge')).toBe('true read in a text, import.meta.url stays\n');
  expect(run()).toBe('judge\n');
  expect([...files.keys()]).toContain('programs/work/judge.js');
});

test('what a verb alone needs is in no file that the start reads', async () => {
  const { metafile } = await bundlePrograms(sources, '{cli,words,work}/**', {});
  const { imports = [], inputs } = metafile.outputs['programs/cli/main.js'] ?? {};
  const first = imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path);
  expect(Object.keys(inputs ?? {})).toEqual(['cli/main.ts']);
  for (const path of first) expect(metafile.outputs[path]?.inputs).toEqual({});
});
