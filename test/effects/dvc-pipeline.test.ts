/** `ratchet repro` killed at any moment, its commands left alone, and two of it at once. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, expect, test } from 'vitest';

const main = fileURLToPath(new URL('../../cli/bin.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ratchet-repro-deaths-'));
afterAll(() => {
  execFileSync('chmod', ['-R', 'u+w', folder]);
  rmSync(folder, { recursive: true, force: true });
});

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(folder, 'repo-'));
  execFileSync('git', ['init', '-q', '.'], { cwd: root });
  ok('data', 'init');
});
const env = () => ({ ...process.env, RATCHET_ROOT: root, SHELL: '/bin/sh' });
const ok = (...args: string[]) =>
  execFileSync(process.execPath, [main, ...args], { cwd: root, env: env(), encoding: 'utf8', stdio: 'pipe' });
const started = (...args: string[]) =>
  spawn(process.execPath, [main, ...args], { cwd: root, env: env(), stdio: ['ignore', 'ignore', 'pipe'] });
const ended = (child: ChildProcess) =>
  new Promise<{ code: number | null; stderr: string }>((resolve) => {
    let stderr = '';
    child.stderr?.on('data', (some) => {
      stderr += String(some);
    });
    child.once('close', (code) => resolve({ code, stderr }));
  });
const text = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '');
const lines = (path: string) => text(path).split('\n').filter(Boolean);
const status = () => JSON.parse(ok('data', 'status', '--json'));

/** A zombie, whom nobody waits for, runs no more. */
const isAlive = (pid: string) => {
  const [, state = ''] =
    /\) (\w)/.exec(existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '') ?? [];
  return state !== '' && state !== 'Z';
};

/** Six stages in a row, the fifth of them two: each says that it began, takes a while, and makes a file and a folder. */
function pipeline(seconds: number): void {
  const stage = (name: string, dep: string, suffix = '') =>
    `cmd: echo begun ${name} >> log && mkdir -p dir-${name}${suffix} && sleep ${seconds} && cp ${dep} dir-${name}${suffix}/a && cp ${dep} out-${name}${suffix} && echo ended ${name} >> log`;
  const block = (name: string, dep: string) =>
    `  ${name}:\n    ${stage(name, dep)}\n    deps: [${dep}]\n    outs: [out-${name}, dir-${name}]\n`;
  writeFileSync(join(root, 'in.txt'), 'in');
  writeFileSync(
    join(root, 'dvc.yaml'),
    `stages:\n${block('s1', 'in.txt')}${block('s2', 'out-s1')}${block('s3', 'dir-s2/a')}${block('s4', 'out-s3')}${block('s5', 'out-s4')}${block('s6', 'out-s5')}`,
  );
}
/** Stages that dvc.lock says are done. */
const locked = () => [...text('dvc.lock').matchAll(/^ {2}(\w+):$/gm)].map(([, name]) => name ?? '');

test('killed at any moment, it goes on where it was: what is locked is not run again', {
  timeout: 300_000,
}, async () => {
  pipeline(0.1);
  for (const after of [350, 500, 600, 700, 800, 900, 1000, 1100]) {
    const before = locked();
    writeFileSync(join(root, 'log'), '');
    const child = started('repro', '--local');
    const killed = setTimeout(() => child.kill('SIGKILL'), after);
    await ended(child);
    clearTimeout(killed);
    for (const name of before) expect(lines('log')).not.toContain(`begun ${name}`);
    // Whole at any moment: what it says is what lies there.
    const changed = status();
    for (const name of locked()) expect(changed).not.toHaveProperty(name);
  }
  const before = locked();
  writeFileSync(join(root, 'log'), '');
  ok('repro', '--local');
  for (const name of before) expect(lines('log')).not.toContain(`begun ${name}`);
  expect(status()).toEqual({});
  expect(text('dir-s6/a')).toBe('in');
  // All of it is in the cache.
  for (const gone of ['out-s6', 'dir-s6', 'dir-s1']) rmSync(join(root, gone), { recursive: true });
  ok('data', 'checkout');
  expect(text('dir-s6/a')).toBe('in');
  expect(lines('.gitignore').sort()).toEqual(
    ['1', '2', '3', '4', '5', '6'].flatMap((n) => [`/dir-s${n}`, `/out-s${n}`]).sort(),
  );
});

test('a command that outlives it is ended before its stage is run again', { timeout: 120_000 }, async () => {
  writeFileSync(
    join(root, 'dvc.yaml'),
    'stages:\n  a:\n    cmd: echo $$ >> pids; if [ -e slow ]; then (sleep 2; echo late > out) & wait; fi; echo well > out\n    outs: [out]\n',
  );
  writeFileSync(join(root, 'slow'), '');
  const child = started('repro', '--local');
  await expect.poll(() => lines('pids')).toHaveLength(1);
  await expect.poll(() => text('.dvc/tmp/ratchet/running.json')).toContain('"a"');
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
  const [pid = ''] = lines('pids');
  expect(isAlive(pid)).toBe(true);
  rmSync(join(root, 'slow'));
  const next = await ended(started('repro', '--local'));
  expect(next).toMatchObject({ code: 0, stderr: expect.stringMatching(/the command of a still ran/) });
  expect(isAlive(pid)).toBe(false);
  // Nor does what it started write later.
  await delay(2_500);
  expect(text('out')).toBe('well\n');
  expect(status()).toEqual({});
});

test('asked to end, it ends its command and leaves the stage as it was', { timeout: 120_000 }, async () => {
  writeFileSync(
    join(root, 'dvc.yaml'),
    'stages:\n  a:\n    cmd: echo $$ > pid; sleep 30; touch out\n    outs: [out]\n',
  );
  const child = started('repro', '--local');
  await expect.poll(() => lines('pid')).toHaveLength(1);
  child.kill('SIGTERM');
  const { code, stderr } = await ended(child);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/stopped: run it again/);
  expect(isAlive(lines('pid')[0] ?? '')).toBe(false);
  expect(existsSync(join(root, 'dvc.lock'))).toBe(false);
});

test('two at once: the second waits, and finds all of it done', { timeout: 120_000 }, async () => {
  pipeline(0.2);
  const both = await Promise.all([ended(started('repro', '--local')), ended(started('repro', '--local'))]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(both.map(({ stderr }) => /another ratchet repro runs here/.test(stderr)).sort()).toEqual([false, true]);
  expect(lines('log').filter((line) => line.startsWith('begun'))).toHaveLength(6);
  expect(status()).toEqual({});
});
