/** `ratchet data` on repositories that DVC made, and on its own: files, caches and remotes as DVC has them; a real S3 server. */
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import { runVerbIn } from '../fixtures/verbs.ts';
import { startObjectStore, type TestObjectStore } from '../servers/object-store.ts';

const golden = join(import.meta.dirname, '..', 'golden', 'dvc');
const folder = mkdtempSync(join(tmpdir(), 'ratchet-data-versions-'));
let s3: TestObjectStore;
beforeAll(async () => {
  s3 = await startObjectStore();
}, 120_000);
afterAll(async () => {
  await s3?.close();
  execFileSync('chmod', ['-R', 'u+w', folder]);
  rmSync(folder, { recursive: true, force: true });
});

let place = '';
let root = '';
let count = 0;
/** As DVC made it, with its remote beside it. */
beforeEach(() => {
  count += 1;
  place = join(folder, String(count));
  root = join(place, 'repo');
  mkdirSync(place);
  for (const name of ['repo', 'remote']) execFileSync('tar', ['xzf', join(golden, `${name}.tar.gz`)], { cwd: place });
});
const data = (...args: string[]) => runVerbIn(root, {}, 'data', ...args);
const ok = async (...args: string[]) => {
  const told = await data(...args);
  expect(told, told.stderr).toMatchObject({ code: 0 });
  return told;
};
/** Of `.dvc` files; that of stages is in dvc-pipeline.test.ts. */
const status = async () => {
  const all = Object.entries(JSON.parse((await ok('status', '--json')).stdout));
  return Object.fromEntries(all.filter(([file]) => file.endsWith('.dvc')));
};
const text = (path: string) => readFileSync(join(root, path), 'utf8');
const write = (path: string, content: string) => {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), content);
};
const objects = (of: string) =>
  (existsSync(of) ? readdirSync(of, { recursive: true, withFileTypes: true }) : [])
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name).slice(of.length + 1))
    .sort();

describe('a repository that DVC made', () => {
  test('is pulled, and its status is what DVC says of it', async () => {
    expect(Object.values(await status()).flat()).toContainEqual({ 'changed outs': { 'data/imgs': 'not in cache' } });
    expect(JSON.parse((await ok('pull', '--json')).stdout)).toMatchObject({ fetched: 27 });
    expect(await status()).toEqual({});
    // Each object is read-only and what its name says; manifests among them.
    for (const name of objects(join(root, '.dvc/cache'))) {
      expect(statSync(join(root, '.dvc/cache', name)).mode & 0o777).toBe(0o444);
      expect(readFileSync(join(root, '.dvc/cache', name)).equals(readFileSync(join(place, 'remote', name)))).toBe(true);
    }
    const probes = JSON.parse(readFileSync(join(golden, 'status-probes.json'), 'utf8'));
    const said = (step: string) =>
      Object.fromEntries(Object.entries(probes[step].json).filter(([file]) => file.endsWith('.dvc')));
    rmSync(join(root, 'data/single.bin'));
    expect(await status()).toEqual(said('dotdvc_deleted_data'));
    await ok('checkout');
    writeFileSync(join(root, 'data/imgs/new.txt'), 'new');
    expect(await status()).toEqual(said('dir_file_added'));
    rmSync(join(root, 'data/imgs/new.txt'));
    writeFileSync(join(root, 'data/imgs/new.tmp'), 'ignored by .dvcignore');
    expect(await status()).toEqual({});
  });

  test('is added again as it was: byte for byte, from the bytes alone', async () => {
    const files = ['data/raw.csv', 'data/imgs', 'data/x.sh', 'data/single.bin'];
    const before = files.map((path) => text(`${path}.dvc`));
    for (const path of files) rmSync(join(root, `${path}.dvc`));
    rmSync(join(root, 'data/.gitignore'));
    execFileSync('git', ['rm', '-q', '--cached', '-r', 'data'], { cwd: root });
    await ok('add', ...files);
    expect(files.map((path) => text(`${path}.dvc`))).toEqual(before);
    expect(text('data/.gitignore').split('\n').sort()).toEqual(['', '/imgs', '/raw.csv', '/single.bin', '/x.sh']);
    for (const name of objects(join(root, '.dvc/cache')))
      expect(existsSync(join(place, 'remote', name)), name).toBe(true);
    expect(await status()).toEqual({});
    // Nothing to do writes nothing.
    const { mtimeNs } = statSync(join(root, 'data/imgs.dvc'), { bigint: true });
    expect((await ok('add', 'data/imgs')).stdout).toMatch(/14 files, 51 bytes, as it was\n$/);
    expect(statSync(join(root, 'data/imgs.dvc'), { bigint: true }).mtimeNs).toBe(mtimeNs);
  });

  test('one changed file of a folder is one object more, and only that goes to the remote', async () => {
    await ok('pull');
    const before = objects(join(root, '.dvc/cache'));
    writeFileSync(join(root, 'data/imgs/a.txt'), 'changed');
    await ok('add', 'data/imgs');
    expect(objects(join(root, '.dvc/cache')).filter((name) => !before.includes(name))).toHaveLength(2);
    expect(JSON.parse((await ok('push', '--json')).stdout)).toMatchObject({ pushed: 2 });
    expect((await ok('push')).stdout).toMatch(/has everything/);
  });

  test('S3: pushed, and pulled by somebody else', async () => {
    await ok('pull');
    const env = {
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      AWS_ACCESS_KEY_ID: s3.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    };
    const bucket = `data-${count}`;
    const own = createObjectStore({ ...s3, region: 'us-east-1', bucket, prefix: '' });
    await own.ensureBucket();
    await own.close();
    writeFileSync(join(root, '.dvc/config.local'), `['remote "far"']\n    url = s3://${bucket}/some/prefix\n`);
    const run = (...args: string[]) => runVerbIn(root, env, 'data', ...args);
    const first = await run('push', '-r', 'far', '--json');
    expect(first, first.stderr).toMatchObject({ code: 0 });
    expect(JSON.parse(first.stdout)).toEqual({ remotes: [`s3://${bucket}/some/prefix`], pushed: 27 });
    expect(JSON.parse((await run('push', '-r', 'far', '--json')).stdout)).toMatchObject({ pushed: 0 });
    rmSync(join(root, '.dvc/cache'), { recursive: true });
    rmSync(join(root, 'data/imgs'), { recursive: true });
    expect(JSON.parse((await run('pull', '-r', 'far', '--json')).stdout)).toMatchObject({
      fetched: 27,
      changed: [{ placed: 14 }],
    });
    expect(await status()).toEqual({});
  });
});

test('what names a remote of its own goes there, and comes from there', async () => {
  await ok('pull');
  write('.dvc/config.local', `['remote "own"']\n    url = ${join(place, 'own')}\n`);
  writeFileSync(join(root, 'data/x.sh.dvc'), text('data/x.sh.dvc').replace('  path:', '  remote: own\n  path:'));
  const pushed = JSON.parse((await ok('push', '--json')).stdout);
  expect(pushed).toEqual({ remotes: [join(place, 'remote'), join(place, 'own')], pushed: 1 });
  expect(objects(join(place, 'own'))).toEqual(['files/md5/46/bbbe8aa98cc0714426e948474eaaf4']);
  for (const gone of ['.dvc/cache', 'data/x.sh']) rmSync(join(root, gone), { recursive: true });
  rmSync(join(place, 'remote/files/md5/46'), { recursive: true });
  await ok('pull');
  expect(await status()).toEqual({});
});

describe('checkout', () => {
  test('loses nothing that is in no cache, unless it is told to', async () => {
    await ok('pull');
    writeFileSync(join(root, 'data/imgs/a.txt'), 'only here');
    const refused = await data('checkout');
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/data\/imgs\/a\.txt has changed and is in no cache/),
    });
    expect(text('data/imgs/a.txt')).toBe('only here');
    await ok('checkout', '--force');
    expect(await status()).toEqual({});
    // What is in the cache may go.
    writeFileSync(join(root, 'data/imgs/a.txt'), 'kept');
    await ok('add', 'data/imgs');
    execFileSync('git', ['checkout', '-q', 'data/imgs.dvc'], { cwd: root });
    await ok('checkout', 'data/imgs');
    expect(await status()).toEqual({});
  });

  test.each(['hardlink', 'symlink'])('by %s, where the configuration says so', async (type) => {
    await ok('pull');
    writeFileSync(join(root, '.dvc/config.local'), `[cache]\n    type = ${type}\n`);
    rmSync(join(root, 'data/imgs'), { recursive: true });
    await ok('checkout');
    const there = lstatSync(join(root, 'data/imgs/a.txt'));
    expect(type === 'hardlink' ? there.nlink > 1 : there.isSymbolicLink()).toBe(true);
    expect(await status()).toEqual({});
    writeFileSync(join(root, 'data/fresh'), 'fresh');
    await ok('add', 'data/fresh');
    const fresh = lstatSync(join(root, 'data/fresh'));
    expect(type === 'hardlink' ? fresh.nlink > 1 : fresh.isSymbolicLink()).toBe(true);
    expect(await status()).toEqual({});
  });

  test('writes nothing behind a link that leads out', async () => {
    await ok('pull');
    const outside = join(place, 'outside');
    mkdirSync(outside);
    rmSync(join(root, 'data/imgs'), { recursive: true });
    symlinkSync(outside, join(root, 'data/imgs'));
    const told = await data('checkout', '--force');
    expect(told).toMatchObject({ code: 2, stderr: expect.stringMatching(/behind a link that leads to .*outside/) });
    expect(readdirSync(outside)).toEqual([]);
  });
});

describe('what goes wrong is said, and nothing is lost or written outside', () => {
  const damage = (change: (path: string) => void) =>
    change(join(place, 'remote/files/md5/fd/6e27629e5fb5e7df86e2359f1e1a55'));
  test.each<[string, (path: string) => void, RegExp]>([
    ['is gone', (path) => rmSync(path), /data\/raw\.csv is not in .*remote: push it/],
    [
      'was cut off',
      (path) => (chmodSync(path, 0o644), writeFileSync(path, 'cut')),
      /data\/raw\.csv in .* is damaged: it should have the MD5 fd6e/,
    ],
    ['is another', (path) => (chmodSync(path, 0o644), writeFileSync(path, 'x'.repeat(1_956))), /is damaged/],
  ])('an object of the remote %s', async (_, change, words) => {
    damage(change);
    const told = await data('pull');
    expect(told.code).not.toBe(0);
    expect(told.stderr).toMatch(words);
    expect(existsSync(join(root, '.dvc/cache/files/md5/fd/6e27629e5fb5e7df86e2359f1e1a55'))).toBe(false);
    expect(
      objects(join(root, '.dvc/cache')).filter((name) => name.includes('partial') || name.includes('incoming')),
    ).toEqual([]);
  });

  test('a manifest that leads out of its folder', async () => {
    const md5 = '70bb46f937494e150f24ae5ac927ada4';
    const manifest = join(place, 'remote/files/md5', md5.slice(0, 2), `${md5.slice(2)}.dir`);
    chmodSync(manifest, 0o644);
    const evil = `[{"md5": "d41d8cd98f00b204e9800998ecf8427e", "relpath": "../../evil"}]`;
    writeFileSync(manifest, evil);
    expect((await data('pull')).stderr).toMatch(/is damaged/);
    // Also where somebody made its digest fit.
    const own = execFileSync('md5sum', [manifest], { encoding: 'utf8' }).slice(0, 32);
    mkdirSync(join(place, 'remote/files/md5', own.slice(0, 2)), { recursive: true });
    writeFileSync(join(place, 'remote/files/md5', own.slice(0, 2), `${own.slice(2)}.dir`), evil);
    writeFileSync(join(root, 'data/imgs.dvc'), text('data/imgs.dvc').replace(md5, own));
    expect((await data('pull', 'data/imgs')).stderr).toMatch(/names "\.\.\/\.\.\/evil", which leads out of the folder/);
    expect(existsSync(join(root, 'evil'))).toBe(false);
  });

  test.each<[string, () => string[], RegExp]>([
    ['nothing there', () => ['add', 'data/nope'], /data\/nope is not there/],
    ['out of the repository', () => ['add', '/etc/hostname'], /not below the repository/],
    ['a .dvc file', () => ['add', 'data/imgs.dvc'], /name the data, without \.dvc/],
    ['part of what is tracked', () => ['add', 'data/imgs/a.txt'], /part of data\/imgs, which is tracked/],
    ['around what is tracked', () => ['add', 'data'], /data holds data\/imgs, which is tracked by itself/],
    [
      'what Git has',
      () => ['add', 'params.yaml'],
      /params\.yaml is in Git: take it out first, git rm -r --cached params\.yaml/,
    ],
    ['DVC’s own', () => ['add', '.dvc/config'], /DVC's or Git's own/],
    [
      'a link',
      () => (symlinkSync('raw.csv', join(root, 'data/link')), ['add', 'data/link']),
      /data\/link is a link: add what it points to/,
    ],
    [
      'a loop',
      () => (mkdirSync(join(root, 'data/loop')), symlinkSync('..', join(root, 'data/loop/up')), ['add', 'data/loop']),
      /is a link to a folder/,
    ],
    [
      'a link to nowhere',
      () => (mkdirSync(join(root, 'data/bad')), symlinkSync('nope', join(root, 'data/bad/x')), ['add', 'data/bad']),
      /leads nowhere/,
    ],
    [
      'a pipe',
      () => (mkdirSync(join(root, 'data/p')), execFileSync('mkfifo', [join(root, 'data/p/x')]), ['add', 'data/p']),
      /neither a file nor a folder/,
    ],
    [
      'a name that is no UTF-8',
      () => (
        mkdirSync(join(root, 'data/n')),
        execFileSync('bash', ['-c', "printf x > $'data/n/\\xff'"], { cwd: root }),
        ['add', 'data/n']
      ),
      /the name is no UTF-8 \(ff\)/,
    ],
    ['not tracked', () => ['status', 'data/img'], /data\/img is not tracked; data\/imgs is, if that is meant/],
    ['no such remote', () => ['push', '-r', 'nope'], /no remote nope; there are store/],
    [
      'a remote of another kind',
      () => (write('.dvc/config.local', '[\'remote "g"\']\nurl = gs://b\n'), ['push', '-r', 'g']),
      /is gs:\/\/b; S3 .* and folders are understood/,
    ],
    [
      'a way of linking that there is not',
      () => (write('.dvc/config.local', '[cache]\ntype = hard\n'), ['status']),
      /cache\.type is hard; there are reflink/,
    ],
    [
      'a .dvc file that is none',
      () => (write('data/bad.dvc', 'outs:\n- md5: [\n'), ['status']),
      /data\/bad\.dvc, line \d+, column \d+/,
    ],
    [
      'a wdir that leads out',
      () => (write('data/out.dvc', `wdir: ../..\nouts:\n- path: outside\n`), ['checkout']),
      /data\/out\.dvc: wdir leads out of the repository/,
    ],
    ['data that is nowhere', () => ['push', 'data/raw.csv'], /everything/],
  ])('%s', async (_, asked, words) => {
    const told = await data(...asked());
    expect(told.stderr + told.stdout).toMatch(words);
    expect(told.stderr).not.toMatch(/\n\s+at /);
  });

  test('no repository, and one more', async () => {
    const empty = join(place, 'empty');
    mkdirSync(empty);
    expect((await runVerbIn(empty, {}, 'data', 'status')).stderr).toMatch(
      /is in no DVC repository: `ratchet data init` makes one/,
    );
    expect(await runVerbIn(empty, {}, 'data', 'init')).toMatchObject({ code: 0 });
    expect(readFileSync(join(empty, '.dvc/.gitignore'), 'utf8')).toBe('/config.local\n/tmp\n/cache\n');
    expect((await runVerbIn(empty, {}, 'data', 'init')).stderr).toMatch(/is a DVC repository already/);
  });

  test('a file that grows while it is added is named, and no object of it is left', async () => {
    const path = join(root, 'data/grows');
    writeFileSync(path, Buffer.alloc(64 * 1024 * 1024));
    const writer = spawn('bash', ['-c', `while :; do printf x >> '${path}'; done`]);
    try {
      const told = await data('add', 'data/grows');
      expect(told.stderr).toMatch(/data\/grows changed while it was read/);
    } finally {
      writer.kill('SIGKILL');
    }
    expect(existsSync(join(root, 'data/grows.dvc'))).toBe(false);
    expect(objects(join(root, '.dvc/cache'))).toEqual([]);
  });
});

test('a digest is known again only where nothing of the file changed', async () => {
  write('data/one', 'aaaa');
  await ok('add', 'data/one');
  // Of one size, within the clock's tick: a look that trusted its stat would not see it.
  writeFileSync(join(root, 'data/one'), 'bbbb');
  expect((await status())['data/one.dvc']).toEqual([{ 'changed outs': { 'data/one': 'modified' } }]);
  rmSync(join(root, 'data/one'));
  linkSync(join(root, 'data/raw.csv'), join(root, 'data/one'));
  expect((await status())['data/one.dvc']).toEqual([{ 'changed outs': { 'data/one': 'modified' } }]);
});
