/** A bundle that was kept is used as long as nothing that it was made of, or could be made of now, has changed. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { BundleCache } from '#workers/code/bundle-cache.ts';

let root: string;
const write = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
const pipeline = () => {
  const folder = join(root, 'pipelines', 'rows');
  return { name: 'rows', folder, entry: join(folder, 'pipeline.ts') };
};
/** As another process finds it, which has nothing in memory. */
const asAnother = () => new BundleCache(root).get(pipeline());
const text = (code: Uint8Array) => Buffer.from(code).toString('utf8');
const keptFile = () => {
  const name = readdirSync(join(root, '.ratchet', 'code')).find((each) => each.startsWith('bundle-')) ?? '';
  return join(root, '.ratchet', 'code', name);
};

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'ratchet-bundles-'));
  const made = root;
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  write('package.json', '{ "type": "module" }');
  write('tsconfig.json', '{ "compilerOptions": { "paths": { "@words/*": ["./words/*"] } } }');
  write('words/greeting.ts', "export const greeting = 'hello';");
  write('other/greeting.ts', "export const greeting = 'elsewhere';");
  write('pipelines/rows/parts/index.ts', 'export const parts = 1;');
  symlinkSync('../../words', join(root, 'pipelines', 'rows', 'linked'));
  write('node_modules/counted/package.json', '{ "name": "counted", "version": "1.0.0" }');
  write('node_modules/counted/index.js', 'export const count = 1;');
  write(
    'pipelines/rows/pipeline.ts',
    `import { greeting } from '@words/greeting';
import { greeting as linked } from './linked/greeting.ts';
import { parts } from './parts';
import { count } from 'counted';
export default [greeting, linked, parts, count];`,
  );
  mkdirSync(join(root, '.ratchet', 'code'), { recursive: true });
  // A file that changed in the last moment is not trusted.
  await pause(120);
});

test('another process uses what one has made', async () => {
  const { digest } = await asAnother();
  const kept = JSON.parse(readFileSync(keptFile(), 'utf8'));
  expect(kept.digest).toBe(digest);
  writeFileSync(keptFile(), JSON.stringify({ ...kept, closures: { marked: 'by the test' } }));
  expect(await asAnother()).toMatchObject({ digest, closures: { marked: 'by the test' } });
});

test.each<[string, () => void, string | RegExp]>([
  [
    'a file has other bytes, of the same length and with the same time',
    () => {
      const path = join(root, 'words', 'greeting.ts');
      const { atime, mtime } = statSync(path);
      write('words/greeting.ts', "export const greeting = 'hullo';");
      utimesSync(path, atime, mtime);
    },
    'hullo',
  ],
  ['a file comes to be found first', () => write('pipelines/rows/parts.ts', 'export const parts = "first";'), 'first'],
  [
    'the compiler options lead elsewhere',
    () => write('tsconfig.json', '{ "compilerOptions": { "paths": { "@words/*": ["./other/*"] } } }'),
    'elsewhere',
  ],
  [
    'options appear in a folder below',
    () =>
      write('pipelines/rows/tsconfig.json', '{ "compilerOptions": { "paths": { "@words/*": ["../../other/*"] } } }'),
    'elsewhere',
  ],
  [
    'a link leads elsewhere',
    () => {
      rmSync(join(root, 'pipelines', 'rows', 'linked'));
      symlinkSync('../../other', join(root, 'pipelines', 'rows', 'linked'));
    },
    'elsewhere',
  ],
])('made anew when %s', async (_, change, expected) => {
  const before = await asAnother();
  const inMemory = new BundleCache(root);
  await inMemory.get(pipeline());
  change();
  for (const now of [await asAnother(), await inMemory.get(pipeline())]) {
    expect(now.digest).not.toBe(before.digest);
    expect(text(now.code)).toContain(expected);
  }
});

test.each<[string, () => void]>([
  ['is another version', () => write('node_modules/counted/package.json', '{ "name": "counted", "version": "2.0.0" }')],
  [
    'is found nearer',
    () => write('pipelines/node_modules/counted/package.json', '{ "name": "counted", "version": "2.0.0" }'),
  ],
])('a package that %s counts as another one', async (_, change) => {
  const before = await asAnother();
  change();
  expect((await asAnother()).closures).not.toEqual(before.closures);
});

test('bytes that are not those of their digest are no bundle', async () => {
  const { digest, code } = await asAnother();
  writeFileSync(join(root, '.ratchet', 'code', `${digest}.mjs`), 'export default [];');
  expect(text((await asAnother()).code)).toBe(text(code));
});

test('what is no record of a bundle is read as none', async () => {
  const { digest } = await asAnother();
  writeFileSync(keptFile(), '{ "digest": 7');
  expect((await asAnother()).digest).toBe(digest);
});

test('options that are taken from another file count as well', async () => {
  write('tsconfig.json', '{ "extends": "./base" }');
  write('base.json', '{ "extends": "shared/options.json" }');
  write('node_modules/shared/options.json', '{ "compilerOptions": { "paths": { "@words/*": ["../../words/*"] } } }');
  await pause(120);
  const { digest } = await asAnother();
  expect(JSON.parse(readFileSync(keptFile(), 'utf8')).digest).toBe(digest);
  write('node_modules/shared/options.json', '{ "compilerOptions": { "paths": { "@words/*": ["../../other/*"] } } }');
  expect(text((await asAnother()).code)).toContain('elsewhere');
});

test('nothing is kept where an import may be found at several places', async () => {
  write('tsconfig.json', '{ "compilerOptions": { "paths": { "@words/*": ["./none/*", "./words/*"] } } }');
  await pause(120);
  expect(text((await asAnother()).code)).toContain('hello');
  write('none/greeting.ts', "export const greeting = 'nearer';");
  expect(text((await asAnother()).code)).toContain('nearer');
});

test('files beside the pipelines come and go without a new bundle', async () => {
  const { digest } = await asAnother();
  const kept = JSON.parse(readFileSync(keptFile(), 'utf8'));
  writeFileSync(keptFile(), JSON.stringify({ ...kept, closures: { marked: 'by the test' } }));
  write('answers.csv', 'a,b');
  expect(await asAnother()).toMatchObject({ digest, closures: { marked: 'by the test' } });
});
