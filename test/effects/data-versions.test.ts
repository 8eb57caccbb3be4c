/** `ratchet data` killed at any moment, and two of it at once: on a repository that DVC made, with its remote beside it. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, expect, test } from 'vitest';

const golden = join(import.meta.dirname, '..', 'golden', 'dvc');
const main = fileURLToPath(new URL('../../cli/bin.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ratchet-data-deaths-'));
afterAll(() => {
  execFileSync('chmod', ['-R', 'u+w', folder]);
  rmSync(folder, { recursive: true, force: true });
});

let place = '';
let root = '';
beforeEach(() => {
  place = mkdtempSync(join(folder, 'place-'));
  root = join(place, 'repo');
  for (const name of ['repo', 'remote']) execFileSync('tar', ['xzf', join(golden, `${name}.tar.gz`)], { cwd: place });
});
const write = (path: string, content: string) => {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), content);
};
const objects = (of: string) =>
  readdirSync(of, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name).slice(of.length + 1));
const ok = (...args: string[]) =>
  execFileSync(process.execPath, [main, 'data', ...args], {
    cwd: root,
    env: { ...process.env, RATCHET_ROOT: root },
    encoding: 'utf8',
  });
const status = () => JSON.parse(ok('status', '--json'));

/** As a process of its own, which is killed. */
const started = (...args: string[]) =>
  spawn(process.execPath, [main, 'data', ...args], {
    cwd: root,
    env: { ...process.env, RATCHET_ROOT: root },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
const ended = (child: ReturnType<typeof started>) =>
  new Promise<number | null>((resolve) => child.once('exit', resolve));

test('killed at any moment of adding, pushing and pulling: what is there is whole, and the next one goes on', async () => {
  for (let n = 0; n < 300; n += 1) write(`data/many/${n % 7}/${n}.txt`, `${n} ${'x'.repeat(n * 50)}`);
  const whole = (of: string) => {
    for (const name of existsSync(of)
      ? objects(of).filter((each) => /md5\/[0-9a-f]{2}\/[0-9a-f]{30}(\.dir)?$/.test(each))
      : []) {
      const own = createHash('md5')
        .update(readFileSync(join(of, name)))
        .digest('hex');
      expect(name.replaceAll('/', '')).toContain(own);
    }
  };
  for (const verb of [
    ['add', 'data/many'],
    ['push', 'data/many'],
    ['pull', 'data/many'],
  ]) {
    if (verb[0] === 'pull')
      for (const gone of ['.dvc/cache', 'data/many']) rmSync(join(root, gone), { recursive: true });
    for (const after of [250, 400, 550, 700]) {
      const child = started(...verb);
      const killed = setTimeout(() => child.kill('SIGKILL'), after);
      await ended(child);
      clearTimeout(killed);
      whole(join(root, '.dvc/cache'));
      whole(join(place, 'remote'));
    }
    ok(...verb);
  }
  expect(status()).not.toHaveProperty('data/many.dvc');
  expect(readdirSync(join(root, 'data/many'), { recursive: true })).toHaveLength(307);
}, 120_000);

test('two at once end in the same', async () => {
  for (let n = 0; n < 200; n += 1) write(`data/many/${n}.txt`, `${n}`);
  expect(await Promise.all([ended(started('add', 'data/many')), ended(started('add', 'data/many'))])).toEqual([0, 0]);
  expect(await Promise.all([ended(started('push', 'data/many')), ended(started('push', 'data/many'))])).toEqual([0, 0]);
  for (const gone of ['.dvc/cache', 'data/many']) rmSync(join(root, gone), { recursive: true });
  expect(await Promise.all([ended(started('pull', 'data/many')), ended(started('pull', 'data/many'))])).toEqual([0, 0]);
  expect(status()['data/many.dvc']).toBeUndefined();
}, 60_000);
