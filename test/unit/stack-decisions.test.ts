import { describe, expect, it } from 'vitest';
import { workersOf } from '#cli/verbs/dev/bring-up.ts';
import { backOff } from '#stack/back-off.ts';
import { isNewEnough } from '#stack/find-python.ts';
import { seconds } from '#stack/group-usage.ts';
import { installerFailure } from '#stack/installer-failure.ts';
import { allParts } from '#stack/parts/all-parts.ts';
import { partNames } from '#stack/parts/part.ts';
import { environmentDigest } from '#stack/python-environment.ts';
import { covers, type SupervisorRequest } from '#stack/supervisor-request.ts';
import { workerTimes } from '#stack/worker-times.ts';

describe('what the stack decides', () => {
  it('waits longer after each end in a row, up to half a minute', () => {
    expect([0, 1, 2, 3, 7, 8, 9, 1000].map(backOff)).toEqual([0, 250, 500, 1000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('lets a worker wait for as long as each server beside it may take to start, and for none where there is none', () => {
    for (const name of partNames) {
      const { patience, start } = workerTimes(['object-store', name]);
      expect(patience).toBeGreaterThanOrEqual(allParts[name].startSeconds);
      expect(start).toBeGreaterThanOrEqual(Number(patience) + 120);
    }
    expect(workerTimes([])).toEqual({ patience: null, start: 120 });
  });

  it('takes Python from 3.10 on', () => {
    expect(['2.7.18', '3.9.9', '3.10.0', '3.11.7', '4.0'].map(isNewEnough)).toEqual([false, false, true, true, true]);
  });

  it('reads the processor time of ps in each of its forms', () => {
    expect(['00:00:07', '01:02:03', '2-00:00:01', '1:02.50'].map(seconds)).toEqual([7, 3723, 172_801, 62.5]);
  });

  it('gives another digest for another lock or another Python, and the same for the same', () => {
    const digest = environmentDigest('six==1.17.0\n', { tag: 'cpython-3.11.7-linux-x86_64' });
    expect(environmentDigest('six==1.17.0\n', { tag: 'cpython-3.11.7-linux-x86_64' })).toBe(digest);
    expect(environmentDigest('six==1.16.0\n', { tag: 'cpython-3.11.7-linux-x86_64' })).not.toBe(digest);
    expect(environmentDigest('six==1.17.0\n', { tag: 'cpython-3.12.1-linux-x86_64' })).not.toBe(digest);
  });
});

describe('a failed installation is told in words', () => {
  const cases: [string, string, RegExp][] = [
    ['a full disk', 'error: failed to write: No space left on device (os error 28)', /disk is full.*RATCHET_HOME/],
    [
      'no network',
      'error: Request failed after 3 retries\n  Caused by: dns error: failed to lookup address',
      /cannot be reached.*UV_DEFAULT_INDEX/,
    ],
    ['a changed package', 'error: Hash mismatch for `six==1.17.0`', /differs from the hash/],
    [
      'a Python without venv',
      'The virtual environment was not created because ensurepip is not available.',
      /python3-venv/,
    ],
    ['no right to write', 'PermissionError: [Errno 13] Permission denied', /cannot be written/],
    ['no build for this machine', '× No solution found when resolving dependencies', /no build for this Python/],
    ['anything else', 'line one\nthe moon is full', /The installer said:[\s\S]*the moon is full/],
  ];
  it.each(cases)('%s', (_, output, message) => {
    expect(installerFailure('install the packages', '/data/python', output).message).toMatch(message);
  });
});

describe('whether a running stack gives what is asked for', () => {
  const environment = { python: '/e/bin/python', bin: '/e/bin', folder: '/e', digest: 'd1' };
  const base: SupervisorRequest = { root: '/p', parts: ['temporal', 'mlflow'], workers: null, environment };
  const worker = { count: 2, command: ['node', 'w.js'], env: {}, announcesReady: true };
  const asked = (change: Partial<SupervisorRequest>): SupervisorRequest => ({ ...base, ...change });
  const cases: [string, Partial<SupervisorRequest>, Partial<SupervisorRequest>, boolean][] = [
    ['the same', {}, {}, true],
    ['fewer parts than run', {}, { parts: ['mlflow'] }, true],
    ['a part more than runs', {}, { parts: ['temporal', 'object-store'] }, false],
    ['workers where none run', {}, { workers: worker }, false],
    ['no workers where some run', { workers: worker }, {}, true],
    ['fewer of the same workers', { workers: worker }, { workers: { ...worker, count: 1 } }, true],
    ['more of the same workers', { workers: worker }, { workers: { ...worker, count: 3 } }, false],
    ['another worker', { workers: worker }, { workers: { ...worker, command: ['node', 'v.js'] } }, false],
    ['other versions of the servers', {}, { environment: { ...environment, digest: 'd2' } }, false],
  ];
  it.each(cases)('%s', (_, running, wish, answer) => {
    expect(covers(JSON.stringify(asked(running)), asked(wish))).toBe(answer);
  });
  it("another environment's workers are not those asked for", () => {
    const of = (RATCHET_ENVIRONMENT: string | undefined) =>
      asked({ workers: workersOf('/p', 1, RATCHET_ENVIRONMENT === undefined ? {} : { RATCHET_ENVIRONMENT }) });
    expect(covers(JSON.stringify(of(undefined)), of('dev'))).toBe(true);
    expect(covers(JSON.stringify(of('dev')), of('staging'))).toBe(false);
  });
  it('a request it cannot read covers nothing', () => expect(covers('{', base)).toBe(false));
});
