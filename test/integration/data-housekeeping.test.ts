/** `ratchet data list`, `verify`, `gc`, and the run cache by way of a remote. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import { runVerbIn } from '../fixtures/verbs.ts';
import { startObjectStore, type TestObjectStore } from '../servers/object-store.ts';

const golden = join(import.meta.dirname, '..', 'golden', 'dvc');
const folder = mkdtempSync(join(tmpdir(), 'ratchet-data-housekeeping-'));
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
beforeEach(() => {
  place = mkdtempSync(join(folder, 'place-'));
  root = join(place, 'repo');
});
const env = () => ({
  ...{ SHELL: '/bin/sh', AWS_ENDPOINT_URL_S3: s3.endpoint, AWS_REGION: 'us-east-1' },
  ...{ AWS_ACCESS_KEY_ID: s3.accessKeyId, AWS_SECRET_ACCESS_KEY: s3.secretAccessKey },
});
const verb = (...args: string[]) => runVerbIn(root, env(), ...args);
const ok = async (...args: string[]) => {
  const told = await verb(...args);
  expect(told, told.stderr).toMatchObject({ code: 0 });
  return told;
};
const json = async (...args: string[]) => JSON.parse((await ok(...args, '--json')).stdout);
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: root, encoding: 'utf8' });
const write = (path: string, content: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
};
const objects = () => {
  const base = join(root, '.dvc/cache/files/md5');
  return (existsSync(base) ? readdirSync(base) : []).flatMap((prefix) =>
    readdirSync(join(base, prefix)).map((name) => prefix + name),
  );
};
const own = async () => {
  mkdirSync(root);
  git('init', '-q', '.');
  await ok('data', 'init');
};

describe('a repository that DVC made', () => {
  beforeEach(async () => {
    for (const name of ['repo', 'remote']) execFileSync('tar', ['xzf', join(golden, `${name}.tar.gz`)], { cwd: place });
    git('checkout', '-q', 'c1');
    await ok('data', 'pull', '--force');
  });

  test('is listed as DVC lists it', async () => {
    const recorded = JSON.parse(readFileSync(join(golden, 'recorded.json'), 'utf8')).ls_json.json as { path: string }[];
    const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);
    expect(await json('data', 'list')).toEqual(recorded.sort(byPath));
    expect(await json('data', 'list', 'data/raw.csv')).toMatchObject([{ path: 'data/raw.csv', size: 1950 }]);
    expect((await ok('data', 'list', 'data')).stdout.split('\n').length).toBeGreaterThan(15);
  });

  test('is verified: what is damaged and what is not there is told', async () => {
    expect(await json('data', 'verify')).toEqual({ whole: 26, damaged: [], absent: [] });
    const object = join(root, '.dvc/cache/files/md5/80/39aeeef5211a61212234bc6d9979b3');
    chmodSync(object, 0o644);
    writeFileSync(object, 'other');
    rmSync(join(root, '.dvc/cache/files/md5/46/bbbe8aa98cc0714426e948474eaaf4'));
    const told = await verb('data', 'verify', '--json');
    expect(told.code).toBe(3);
    expect(JSON.parse(told.stdout)).toEqual({
      whole: 24,
      damaged: [{ path: 'data/raw.csv', md5: '8039aeeef5211a61212234bc6d9979b3' }],
      absent: [{ path: 'data/x.sh', md5: '46bbbe8aa98cc0714426e948474eaaf4' }],
    });
    expect((await verb('data', 'verify')).stdout).toMatch(/damaged {2}data\/raw\.csv: remove \.dvc\/cache\S+, and/);
  });

  test('a state whose files nobody knows keeps all of it', async () => {
    const before = objects();
    const told = await verb('data', 'gc', '--all-tags', '--grace', '0s');
    expect(told).toMatchObject({ code: 2, stderr: expect.stringMatching(/is not known here.*Nothing was removed/) });
    expect(objects()).toEqual(before);
    git('checkout', '-q', 'c2');
    await ok('data', 'pull', '--force');
    expect(await json('data', 'gc', '--all-tags', '--grace', '0s')).toMatchObject({ garbage: 0, removed: 0 });
    expect((await json('data', 'gc', '--workspace', '--grace', '0s')).removed).toBeGreaterThan(0);
    expect(await json('data', 'status')).toEqual({ clock: ['always changed'] });
    git('checkout', '-q', 'c1');
    expect(await verb('data', 'checkout')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/not in the cache/),
    });
  });
});

describe('remove and move', () => {
  const text = (path: string) => readFileSync(join(root, path), 'utf8');
  beforeEach(async () => {
    await own();
    write('a', '1');
    write('d/x', '2');
    await ok('data', 'add', 'a', 'd');
  });

  test('what is removed is tracked no more, and lies where it was', async () => {
    await ok('data', 'remove', 'a.dvc');
    expect(text('a')).toBe('1');
    expect(existsSync(join(root, 'a.dvc'))).toBe(false);
    expect(text('.gitignore')).toBe('/d\n');
    expect(await json('data', 'remove', 'd', '--outs')).toEqual({ removed: ['d'] });
    expect(existsSync(join(root, 'd'))).toBe(false);
    expect(existsSync(join(root, '.gitignore'))).toBe(false);
    expect(await verb('data', 'remove', 'a')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/a is not tracked/),
    });
  });

  test('what is moved keeps what people wrote of it, and its bytes', async () => {
    const before = text('d.dvc');
    writeFileSync(join(root, 'd.dvc'), `${before}meta: {a: 1} # kept\n`);
    mkdirSync(join(root, 'sub'));
    await ok('data', 'move', 'd', 'sub');
    expect(text('sub/d/x')).toBe('2');
    expect(text('sub/d.dvc')).toBe(`${before}meta: {a: 1} # kept\n`);
    expect(existsSync(join(root, 'd.dvc'))).toBe(false);
    expect([text('.gitignore'), text('sub/.gitignore')]).toEqual(['/a\n', '/d\n']);
    await ok('data', 'move', 'a', 'sub/b c');
    expect(text('sub/b c.dvc')).toMatch(/path: b c\n$/);
    expect(await json('data', 'status')).toEqual({});
    // Cut off after the data had moved, it goes on.
    await ok('data', 'move', 'sub/d', 'e');
    writeFileSync(join(root, 'sub/d.dvc'), text('e.dvc').replace('path: e', 'path: d'));
    rmSync(join(root, 'e.dvc'));
    await ok('data', 'move', 'sub/d', 'e');
    expect(await json('data', 'status')).toEqual({});
  });

  test.each([
    ['a', 'd', /d\/a is tracked by d\.dvc already/],
    ['a', 'there', /there is there already/],
    ['a', '../a', /no place for data/],
    ['a', '.dvc/a', /no place for data/],
    ['d', 'd/x/y', /itself, or in it/],
    ['nosuch', 'b', /nosuch is not tracked/],
  ])('%s to %s is refused, and nothing is lost', async (from, to, message) => {
    write('there', 'precious');
    expect(await verb('data', 'move', from, to)).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
    expect([text('a'), text('d/x'), text('there')]).toEqual(['1', '2', 'precious']);
    expect(await json('data', 'status')).toEqual({});
  });
});

describe('gc', () => {
  test('says whose data stays, and spares what somebody may be adding now', async () => {
    await own();
    expect(await verb('data', 'gc')).toMatchObject({ code: 2, stderr: expect.stringMatching(/say whose data stays/) });
    write('a', '1');
    await ok('data', 'add', 'a');
    write('a', '2');
    await ok('data', 'add', 'a');
    expect(await json('data', 'gc', '--workspace')).toEqual({ garbage: 0, bytes: 0, kept: 1, young: 1, removed: 0 });
    expect(await json('data', 'gc', '--workspace', '--grace', '0s', '--dry')).toMatchObject({
      garbage: 1,
      bytes: 1,
      removed: 0,
    });
    expect(objects()).toHaveLength(2);
    expect(await json('data', 'gc', '--workspace', '--grace', '0s')).toMatchObject({ removed: 1, kept: 1 });
    expect(objects()).toHaveLength(1);
  });

  test('where Git cannot read what it lists, nothing goes', async () => {
    await own();
    write('in', '1');
    write('dvc.yaml', 'stages:\n  a:\n    cmd: cp in out\n    deps: [in]\n    outs: [out]\n');
    await ok('repro', '--local');
    git('add', '-A');
    git('commit', '-q', '-m', 'a');
    const blob = git('rev-parse', 'HEAD:dvc.lock').trim();
    write('in', '2');
    await ok('repro', '--local');
    git('commit', '-qam', 'b');
    rmSync(join(root, '.git/objects', blob.slice(0, 2), blob.slice(2)), { force: true });
    const before = objects();
    expect(await verb('data', 'gc', '--all-commits', '--grace', '0s')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/Git does not read dvc\.lock at/),
    });
    expect(objects()).toEqual(before);
  });

  interface History {
    readonly commits: readonly { files: Record<string, number>; one: number; mark: 'branch' | 'tag' | null }[];
    readonly keep: string;
  }
  /** Of one folder and one file, with branches and tags of it. */
  const history: fc.Arbitrary<History> = fc.record({
    commits: fc.array(
      fc.record({
        files: fc.dictionary(fc.constantFrom('a', 'b', 'c/d'), fc.nat(4), { minKeys: 1 }),
        one: fc.nat(3),
        mark: fc.constantFrom('branch', 'tag', null),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    keep: fc.constantFrom('--all-branches', '--all-tags', '--all-commits', '--workspace'),
  });
  test.each([1, 2, 3, 4, 5, 6])(
    'nothing that a wanted state tracks goes, and nothing else stays (history %i)',
    async (seed) => {
      const [{ commits, keep }] = fc.sample(history, { numRuns: 1, seed: seed * 7919 }) as [History];
      await own();
      git('checkout', '-q', '-b', 'main');
      const states: { sha: string; mark: string | null; held: string[] }[] = [];
      for (const [at, { files, one, mark }] of commits.entries()) {
        rmSync(join(root, 'data'), { recursive: true, force: true });
        for (const [name, value] of Object.entries(files)) write(`data/${name}`, `file ${value}`);
        write('one', `one ${one}`);
        await ok('data', 'add', 'data', 'one');
        git('add', '-A');
        git('commit', '-q', '--allow-empty', '-m', String(at));
        if (mark === 'branch') git('branch', `b${at}`);
        if (mark === 'tag') git('tag', '-a', '-m', 'x', `t${at}`);
        const listed = (await json('data', 'list')) as { md5: string }[];
        const manifest = /md5: (\S+\.dir)/.exec(readFileSync(join(root, 'data.dvc'), 'utf8'))?.[1] ?? '';
        states.push({ sha: git('rev-parse', 'HEAD').trim(), mark, held: [...listed.map(({ md5 }) => md5), manifest] });
      }
      await ok('data', 'gc', keep, '--grace', '0s');
      const last = states.length - 1;
      const kept = states.filter(
        ({ mark }, at) =>
          at === last ||
          keep === '--all-commits' ||
          (keep === '--all-branches' && mark === 'branch') ||
          (keep === '--all-tags' && mark === 'tag'),
      );
      expect(objects().sort()).toEqual([...new Set(kept.flatMap(({ held }) => held))].sort());
      for (const { sha } of kept) {
        git('checkout', '-q', sha);
        await ok('data', 'checkout');
        expect(await json('data', 'status')).toEqual({});
      }
    },
  );
});

test.each(['a folder', 'S3'])('what one machine ran another one does not run again, by way of %s', async (kind) => {
  await own();
  const url = kind === 'S3' ? 's3://runs-1/some' : join(place, 'remote');
  if (kind === 'S3') {
    const store = createObjectStore({ ...s3, region: 'us-east-1', bucket: 'runs-1', prefix: '' });
    await store.ensureBucket();
    await store.close();
  }
  write('.dvc/config', `[core]\n    remote = far\n['remote "far"']\n    url = ${url}\n`);
  write('in.txt', '1');
  write(
    'dvc.yaml',
    'stages:\n  a:\n    cmd: cp in.txt out; echo ran >> log\n    deps: [in.txt]\n    outs: [out]\n  m:\n    cmd: cp out m.json\n    deps: [out]\n    metrics:\n    - m.json: {cache: false}\n',
  );
  await ok('repro', '--local');
  write('in.txt', '2');
  await ok('repro', '--local');
  git('add', '-A');
  git('commit', '-q', '-m', 'a');
  expect((await ok('data', 'push', '--run-cache')).stdout).toMatch(/4 runs went/);
  expect((await ok('data', 'push', '--run-cache')).stdout).toMatch(/0 runs went/);
  const first = root;
  root = join(place, 'other');
  execFileSync('git', ['clone', '-q', first, root]);
  expect((await ok('data', 'pull', '--run-cache')).stdout).toMatch(/4 runs came/);
  rmSync(join(root, 'log'), { force: true });
  write('in.txt', '1');
  expect(await json('repro', '--local')).toEqual({
    stages: [
      { stage: 'a', outcome: 'cached' },
      { stage: 'm', outcome: 'cached' },
    ],
  });
  expect(existsSync(join(root, 'log'))).toBe(false);
  expect(readFileSync(join(root, 'm.json'), 'utf8')).toBe('1');
  if (kind === 'S3') return;
  // One that is not what its name says is refused.
  const [run = ''] = readdirSync(join(place, 'remote', 'runs'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.length > 100,
  );
  writeFileSync(join(place, 'remote', 'runs', run), 'cmd: rm -rf /\n');
  rmSync(join(root, '.dvc/cache/runs'), { recursive: true });
  expect(await verb('data', 'pull', '--run-cache')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/is not the run that its name says/),
  });
});
