import { describe, expect, it } from 'vitest';
import { failureOf, isDeath, timedOut } from '#activities/model/trainer-job/exit.ts';
import { describeProgress, describeRun } from '#activities/model/trainer-job/progress.ts';
import { jobId } from '#activities/model/trainer-job/trainer-job.ts';
import { seedOf } from '#activities/seed.ts';
import type { JobExit } from '#ports/executor.ts';
import type { TrackedRun } from '#ports/tracking.ts';

const exit = (more: Partial<JobExit>): JobExit => ({
  attempt: 1,
  code: null,
  signal: null,
  oomKilled: false,
  reason: 'exited',
  detail: null,
  startedAt: '2026-01-01T00:00:00Z',
  endedAt: '2026-01-01T00:01:00Z',
  peakBytes: 400 * 2 ** 20,
  logBytes: 10,
  logBytesDropped: 0,
  ...more,
});
const ended = (more: Partial<JobExit>, memoryMb: number | null = null) => ({
  exit: exit(more),
  log: { text: 'one\ntwo\n', bytes: 8, dropped: 0 },
  logAt: 'http://mlflow/run',
  what: 'the trainer',
  node: 'train',
  limits: { memoryMb, timeoutMs: 7_200_000 },
});

describe('the end of a job', () => {
  it('is a death when another start may not meet it again', () => {
    for (const signal of ['SIGKILL', 'SIGTERM', 'SIGHUP'])
      expect(isDeath(exit({ reason: 'signalled', signal }))).toBe(true);
    expect(isDeath(exit({ reason: 'lease' }))).toBe(true);
    expect(isDeath(exit({ reason: 'shim-failed' }))).toBe(true);
  });

  it('is the program’s own otherwise', () => {
    expect(isDeath(exit({ code: 1 }))).toBe(false);
    expect(isDeath(exit({ reason: 'signalled', signal: 'SIGSEGV' }))).toBe(false);
    expect(isDeath(exit({ reason: 'signalled', signal: 'SIGKILL', oomKilled: true }))).toBe(false);
    for (const reason of ['memory', 'stopped', 'not-started'] as const) expect(isDeath(exit({ reason }))).toBe(false);
  });

  it.each([
    [{ code: 0 }, null, null],
    [
      { code: 2 },
      null,
      /^The trainer of train ended with code 2\. Its last lines:\none\ntwo\n The whole log: http:\/\/mlflow\/run$/,
    ],
    [
      { reason: 'memory' },
      300,
      /needed more than its limit of 300 MiB \(it held 400 MiB\): raise it with \{ resources: \{ memoryMb: 768 \} \}/,
    ],
    [
      { reason: 'signalled', signal: 'SIGKILL', oomKilled: true },
      null,
      /more than this machine's memory.*larger machine/,
    ],
    [
      { reason: 'not-started', detail: 'no such file' },
      null,
      /could not be started \(no such file\): check the command/,
    ],
    [{ reason: 'stopped', detail: 'cancelled' }, null, /was stopped: cancelled\./],
    [{ reason: 'signalled', signal: 'SIGABRT' }, null, /crashed with SIGABRT/],
  ] as const)('%o is told as it should be', (more, memoryMb, words) => {
    const failure = failureOf(ended(more, memoryMb));
    if (words === null) expect(failure).toBeNull();
    else expect(failure).toMatchObject({ type: 'JobFailed', message: expect.stringMatching(words) });
  });

  it('by the clock names the limit', () => {
    expect(timedOut(ended({})).message).toMatch(
      /^The trainer of train was stopped because it ran longer than its limit of 2 h/,
    );
  });
});

describe('progress in one line', () => {
  it('comes from the program’s own words', () => {
    expect(describeProgress({ done: 7, total: 20, metrics: { auc: 0.712345 } })).toBe('epoch 7/20, auc 0.7123');
    expect(describeProgress({ done: 3, message: 'warming up' })).toBe('epoch 3, warming up');
    expect(describeProgress({})).toBeNull();
    expect(describeProgress(null)).toBeNull();
  });

  it('or from what the run logged last', () => {
    const run: TrackedRun = {
      runId: 'r',
      experimentId: '1',
      name: '',
      artifactUri: '',
      status: 'RUNNING',
      tags: {},
      params: {},
      metrics: { 'system/cpu': 99, auc: 0.71, loss: Number.NaN },
      steps: { 'system/cpu': 400, auc: 7, loss: 7 },
    };
    expect(describeRun(run)).toBe('step 7, auc 0.71, loss NaN');
    expect(describeRun({ ...run, metrics: {} })).toBeNull();
  });
});

describe('a job’s id', () => {
  it('is a safe name, the same every time, and another one for another node or run', () => {
    const ids = [
      jobId('run/p/2026-01-01', 'train'),
      jobId('run/p/2026-01-01', 'fit[3]/train'),
      jobId('run/p/2026-01-01/r2', 'train'),
      jobId('run/größe δ/../..', 'train'),
      jobId('x'.repeat(500), 'train'),
      jobId('---', '---'),
    ];
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);
    expect(new Set(ids).size).toBe(ids.length);
    expect(jobId('run/p/2026-01-01', 'train')).toBe(ids[0]);
  });

  it('comes with a seed of 31 bits', () => {
    expect(seedOf('fit', { trial: 1, rate: 0.1 })).toBe(seedOf('fit', { rate: 0.1, trial: 1 }));
    expect(seedOf('fit', { trial: 1 })).not.toBe(seedOf('fit', { trial: 2 }));
    expect(seedOf('fit', { trial: 1 })).not.toBe(seedOf('other', { trial: 1 }));
    expect(seedOf('fit', { trial: 1 })).toBeLessThan(2 ** 31);
  });
});
