/** The real DVC and `ratchet data` take up what the other one wrote, on a folder and on S3, whatever names and bytes there are. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import { ensurePythonEnvironment } from '#stack/python-environment.ts';
import { startObjectStore, type TestObjectStore } from '../servers/object-store.ts';

const main = fileURLToPath(new URL('../../cli/bin.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ratchet-dvc-'));
let s3: TestObjectStore;
let dvc = '';
beforeAll(async () => {
  s3 = await startObjectStore();
  const here = import.meta.dirname;
  const { bin } = await ensurePythonEnvironment({
    root: join(here, '..', '..'),
    name: 'dvc',
    lock: join(here, 'dvc', 'requirements.lock'),
    progress: (line) => console.log(line),
  });
  dvc = join(bin, 'dvc');
}, 600_000);
afterAll(async () => {
  await s3?.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (program: string, args: string[], cwd: string) => {
  const env = {
    ...{ ...process.env, RATCHET_ROOT: cwd, AWS_ENDPOINT_URL_S3: s3.endpoint, AWS_REGION: 'us-east-1' },
    ...{ AWS_ACCESS_KEY_ID: s3.accessKeyId, AWS_SECRET_ACCESS_KEY: s3.secretAccessKey, DVC_NO_ANALYTICS: '1' },
  };
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: 'utf8' });
  expect(status, `${args.join(' ')}: ${stderr}${stdout}`).toBe(0);
  return stdout;
};
const ours = (cwd: string, ...args: string[]) => run(process.execPath, [main, 'data', ...args], cwd);
const theirs = (cwd: string, ...args: string[]) => run(dvc, args, cwd);
const statusOf = (cwd: string) => [
  JSON.parse(ours(cwd, 'status', '--json')),
  JSON.parse(theirs(cwd, 'status', '--json')),
];

const part = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 30 })
  .map((text) => text.replace(/[/\0]/g, '_'))
  .filter(
    (name) =>
      !['.', '..', '.dvc', '.git', '.hg', '.dvcignore', '.gitignore'].includes(name) &&
      Buffer.byteLength(name) < 200 &&
      !/\.dvc$/.test(name),
  );
/** Trees of files, with a file or a folder under each name. */
const tree = (seed: number, size: number) => {
  const paths = fc
    .sample(fc.array(part, { minLength: 1, maxLength: 3 }), { numRuns: size, seed })
    .map((parts) => join('data', ...parts));
  const bytes = fc.sample(fc.uint8Array({ maxLength: 5_000 }), { numRuns: size, seed });
  const taken = new Set<string>();
  return paths.flatMap((path, index) => {
    const parents = path.split('/').map((_, at, all) => all.slice(0, at).join('/'));
    if (taken.has(path) || parents.some((each) => files.has(each)) || folders.has(path)) return [];
    for (const each of parents) folders.add(each);
    files.add(path);
    return [{ path, bytes: bytes[index] ?? new Uint8Array(), isExecutable: index % 5 === 0 }];
  });
};
const files = new Set<string>();
const folders = new Set<string>();

function repository(name: string, seed: number, by: 'ours' | 'theirs'): string {
  const root = join(folder, name);
  mkdirSync(root);
  run('git', ['init', '-q', '.'], root);
  files.clear();
  folders.clear();
  for (const { path, bytes, isExecutable } of tree(seed, 120)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), bytes);
    if (isExecutable) chmodSync(join(root, path), 0o755);
  }
  if (by === 'ours') ours(root, 'init');
  else theirs(root, 'init', '-q');
  return root;
}
const contents = (root: string, below: string) =>
  readdirSync(join(root, below), { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map(({ parentPath, name }) => [
      join(parentPath, name).slice(root.length),
      readFileSync(join(parentPath, name)).toString('base64'),
    ])
    .sort();
const tracked = (root: string) =>
  readdirSync(join(root, 'data'), { withFileTypes: true }).map(({ name }) => join('data', name));

describe.each([1, 2, 3, 4])('tree %i', (number) => {
  const seed = (Date.now() % 1_000_000) * 10 + number;
  test(`is added alike: the same files, .gitignore and cache (seed ${seed})`, () => {
    const a = repository(`a${number}`, seed, 'ours');
    const b = repository(`b${number}`, seed, 'theirs');
    const paths = tracked(a);
    // As a whole, and each part by itself.
    ours(a, 'add', '--', ...paths);
    theirs(b, 'add', '-q', '--', ...paths);
    expect(contents(a, 'data')).toEqual(contents(b, 'data'));
    expect(contents(a, '.dvc/cache/files')).toEqual(contents(b, '.dvc/cache/files'));
    expect(statusOf(a)).toEqual([{}, {}]);
    expect(statusOf(b)).toEqual([{}, {}]);
  });

  test.each(['folder', 's3'])(`goes both ways over a remote: %s (seed ${seed})`, async (kind) => {
    const a = repository(`c${number}${kind}`, seed, 'ours');
    let url = join(folder, `remote${number}${kind}`);
    if (kind === 's3') {
      const bucket = `dvc-${number}`;
      const store = createObjectStore({ ...s3, region: 'us-east-1', bucket, prefix: '' });
      await store.ensureBucket();
      await store.close();
      url = `s3://${bucket}/p`;
    }
    ours(a, 'add', 'data');
    theirs(a, 'remote', 'add', '-d', 'r', url);
    if (kind === 's3') theirs(a, 'remote', 'modify', 'r', 'endpointurl', s3.endpoint);
    const before = contents(a, 'data');
    ours(a, 'push');
    expect(JSON.parse(theirs(a, 'status', '-c', '--json'))).toEqual({});
    rmSync(join(a, '.dvc/cache'), { recursive: true });
    rmSync(join(a, 'data'), { recursive: true });
    theirs(a, 'pull', '-q');
    expect(contents(a, 'data')).toEqual(before);

    writeFileSync(join(a, 'data', 'later'), 'later');
    theirs(a, 'add', '-q', 'data');
    theirs(a, 'push', '-q');
    const after = contents(a, 'data');
    rmSync(join(a, '.dvc/cache'), { recursive: true });
    rmSync(join(a, 'data'), { recursive: true });
    ours(a, 'pull');
    expect(contents(a, 'data')).toEqual(after);
    expect(statusOf(a)).toEqual([{}, {}]);
  });
});
