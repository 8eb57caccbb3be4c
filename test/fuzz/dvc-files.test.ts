/**
 * Files of DVC that nobody would write: `.dvc`, manifests, dvc.yaml, dvc.lock, files of parameters, `.dvcignore` and the
 * configuration, drawn whole or with bytes changed in good ones. Each is read or refused in words, with what is wrong: no crash.
 * `RATCHET_FUZZ_FILES` (default 2000) says how many of each, `RATCHET_FUZZ_SEED` which.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { readConfig } from '#adapters/dvc/config.ts';
import { readDvcFile } from '#adapters/dvc/dvc-file.ts';
import { ignoredBelow } from '#adapters/dvc/ignored.ts';
import { readManifest } from '#adapters/dvc/manifest.ts';
import { entryOf, lockedPath, readEntry, readLock } from '#adapters/dvc/pipeline/lock-file.ts';
import { readParamsFile } from '#adapters/dvc/pipeline/params-file.ts';
import { stagesOf } from '#adapters/dvc/pipeline/stages.ts';
import { isValueMap } from '#adapters/dvc/pipeline/value.ts';
import { yamlText } from '#adapters/dvc/pipeline/yaml-text.ts';
import { UserError } from '#contracts/failures.ts';
import { hostileTexts } from '../fixtures/hostile-texts.ts';

const count = Number(process.env.RATCHET_FUZZ_FILES ?? '2000');
const seed = Number(process.env.RATCHET_FUZZ_SEED ?? Date.now() % 2 ** 31);
const folder = mkdtempSync(join(tmpdir(), 'ratchet-fuzz-dvc-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const good: Readonly<Record<string, string>> = {
  dvc: 'outs:\n- md5: 118a3dc5ae2e852e14bdd3c0106de737.dir\n  size: 44\n  nfiles: 14\n  hash: md5\n  path: imgs\n  isexec: true\nmeta: {a: [1, 2]}\nwdir: ..\n',
  manifest:
    '[{"md5": "118a3dc5ae2e852e14bdd3c0106de737", "relpath": "a/b"}, {"md5": "218a3dc5ae2e852e14bdd3c0106de737", "relpath": "c"}]',
  pipeline:
    'vars:\n- other.json:batch\n- name: demo\nstages:\n  a:\n    cmd: x ${name} ${l[0]} ${m}\n    wdir: sub\n    deps: [in.txt]\n    params:\n    - seed\n    - other.json: [deep.x]\n    - nested: [k]\n    outs:\n    - out:\n        cache: false\n        persist: true\n    metrics: [m.json]\n    plots:\n    - p.csv: {x: fpr, y: tpr}\n  b:\n    foreach: ${m}\n    do:\n      cmd: y ${key} ${item.th}\n      outs: ["b_${key}"]\n  c:\n    matrix: {a: [1, 2.5], b: "${l}"}\n    cmd: [z, "${item.a} ${key}"]\n    frozen: true\n    always_changed: true\n',
  lock: "schema: '2.0'\nstages:\n  a:\n    cmd: x\n    deps:\n    - path: in.txt\n      hash: md5\n      md5: 118a3dc5ae2e852e14bdd3c0106de737\n      size: 1\n    params:\n      params.yaml:\n        seed: 42\n    outs:\n    - path: out\n      hash: md5\n      md5: 218a3dc5ae2e852e14bdd3c0106de737.dir\n      size: 2\n      nfiles: 1\n",
  params: 'seed: 42\nl: [1, x]\nm: {us: {th: 0.5}, eu: {th: .inf}}\nnested: {k: 1e-5}\nd: 2020-01-01\n? [1, 2]\n: 3\n',
  json: '{"batch": 1, "deep": {"x": [1, 2.0]}, "s": "\\u00fc"}',
  toml: 'a = 1\nb = 1e-5\n[c]\nd = ["x", 2020-01-01]\n[[e]]\nf = true\n',
  ignore: '# a\n*.tmp\n!keep.tmp\n/a/**/b\n[a-z]?\n\\#x\n',
  config:
    '[core]\n    remote = store\n[\'remote "store"\']\n    url = s3://b/c\n[cache]\n    type = reflink,copy\n    dir = ../c\n',
};
const pieces = [
  ...[
    '${',
    '}',
    '${a.b}',
    '${l}',
    '\\${',
    '&a',
    '*a',
    '!!python/object:os.system',
    '<<: *a',
    '? ',
    ': ',
    '- ',
    '|\n',
    '>-\n',
    '%YAML 1.1\n',
    '---\n',
    '...\n',
  ],
  ...[
    '../',
    '/etc/passwd',
    '\u0000',
    '\t',
    '\r\n',
    '\ufeff',
    "'",
    '"',
    '[',
    ']',
    '{',
    '}',
    '#',
    '__proto__: 1\n',
    'constructor: {prototype: 1}\n',
  ],
  ...[
    '1e999',
    '-0',
    '0x',
    '9'.repeat(400),
    '[[[[',
    '{{{{',
    'foreach: x\n',
    'matrix: {}\n',
    'cmd:\n',
    'stages:\n',
    'outs: 3\n',
    '.dir',
    ...hostileTexts.slice(0, 40),
  ],
];
/** A good one with pieces put in, cut out, or written twice; and some that were never good. */
const changed = (text: string): fc.Arbitrary<string> => {
  const edit = fc.tuple(
    fc.nat(text.length),
    fc.nat(12),
    fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 6 })),
  );
  const edited = fc
    .array(edit, { minLength: 1, maxLength: 4 })
    .map((edits) => edits.reduce((now, [at, cut, piece]) => now.slice(0, at) + piece + now.slice(at + cut), text));
  const lines = fc.shuffledSubarray(text.split('\n')).map((some) => some.join('\n'));
  return fc.oneof(
    { weight: 6, arbitrary: edited },
    { weight: 2, arbitrary: lines },
    fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((some) => some.join('')),
  );
};

const texts = (kind: keyof typeof good): string[] => fc.sample(changed(good[kind] ?? ''), { numRuns: count, seed });

/** @returns how many were read */
async function all(kind: string, read: (text: string) => unknown): Promise<void> {
  let taken = 0;
  for (const text of texts(kind)) {
    try {
      await read(text);
      taken += 1;
    } catch (error) {
      expect(error, `seed ${seed}: ${JSON.stringify(text)}`).toBeInstanceOf(UserError);
      const { message } = error as UserError;
      expect(message.length, message).toBeLessThan(4_000);
      expect(message).not.toMatch(/\n\s+at |\[object Object\]|undefined: /);
    }
  }
  // Some are as good as before, and most are not.
  expect(taken).toBeGreaterThan(0);
  expect(taken).toBeLessThan(count);
}

describe('what is no file of DVC is refused in words', { timeout: 600_000 }, () => {
  test('.dvc', () =>
    all('dvc', (text) => {
      for (const { path } of readDvcFile(text, 'a.dvc').outs)
        expect(resolve('/root', path).startsWith('/root/'), path).toBe(true);
    }));

  test('manifests', () =>
    all('manifest', (text) => {
      for (const { relpath } of readManifest(text, 'a.dir'))
        expect(resolve('/root', relpath).startsWith('/root/'), relpath).toBe(true);
    }));

  test('dvc.yaml, of which no path that is written leads out', () =>
    all('pipeline', async (text) => {
      const files: Record<string, string> = {
        'dvc.yaml': text,
        'params.yaml': good.params ?? '',
        'other.json': good.json ?? '',
      };
      const stages = await stagesOf(
        '/root/dvc.yaml',
        '/root',
        async (path) => files[path.slice('/root/'.length)] ?? null,
      );
      for (const { outs, wdir } of stages)
        for (const path of [...outs.map(({ absolute }) => absolute), wdir])
          expect(path === '/root' || path.startsWith('/root/'), path).toBe(true);
    }));

  test('dvc.lock, which is written again as it can be read', () =>
    all('lock', async (text) => {
      const lock = await readLock('/root/dvc.lock', 'dvc.lock', async () => text);
      lockedPath(entryOf(lock, 'a'), 'outs', 'out');
      if (lock.size === 0) return;
      const again = yamlText(lock);
      const read = await readLock('/root/dvc.lock', 'dvc.lock', async () => again);
      expect(yamlText(read)).toBe(again);
    }));

  test('entries of the run cache', () => {
    for (const text of texts('lock'))
      expect(readEntry(text) === null || isValueMap(readEntry(text) ?? undefined)).toBe(true);
  });

  test.each(['yaml', 'json', 'toml'])('parameters of %s', (kind) =>
    all(kind === 'yaml' ? 'params' : kind, (text) => readParamsFile(`/p.${kind}`, `p.${kind}`, async () => text)),
  );

  test('.dvcignore', async () => {
    for (const text of texts('ignore')) {
      const ignored = await ignoredBelow('/root', async () => text);
      for (const path of ['a', 'a/b', 'x.tmp', 'keep.tmp', 'a b', '[a']) ignored.has(join('/root', path), false);
    }
  });

  test('the configuration', async () => {
    const root = mkdtempSync(join(folder, 'config-'));
    mkdirSync(join(root, '.dvc'), { recursive: true });
    await all('config', async (text) => {
      writeFileSync(join(root, '.dvc', 'config'), text);
      const { cache, links } = await readConfig(root, { XDG_CONFIG_HOME: folder });
      expect(typeof cache).toBe('string');
      expect(links.length).toBeGreaterThan(0);
    });
  });
});
