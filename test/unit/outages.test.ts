import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failedAttempt, PATIENCE_MS, type Tries } from '#activities/dispatch/failure.ts';
import { ArtifactDamaged, UserError } from '#contracts/failures.ts';
import { Throttled } from '#ports/throttled.ts';
import { outagePatience } from '#workers/outage-patience.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const away = new UserError('OutsideUnreachable', 'MLflow cannot be reached.');
const tries = (): Tries => ({ allowed: 1, own: 0, deaths: 0, awaySince: null, startedAt: 0, now: 0 });
const final = (failure: Error) => 'nonRetryable' in failure && failure.nonRetryable === true;

describe('a step that meets a server which is away', () => {
  it('counts from the beginning of the outage, not from its own', () => {
    const counted = { ...tries(), now: 6 * HOUR };
    expect(final(failedAttempt(away, 'train', counted))).toBe(false);
    expect(counted.awaySince).toBe(6 * HOUR);
  });

  it('gives up when the outage has lasted for longer than its patience, and says for how long', () => {
    const counted = { ...tries(), awaySince: 0, startedAt: PATIENCE_MS, now: PATIENCE_MS + MINUTE };
    const failure = failedAttempt(away, 'train', counted);
    expect(final(failure)).toBe(true);
    expect(failure.message).toMatch(/Given up after 24 hours: `ratchet retry` goes on once it can be reached/);
  });

  it('takes two outages with work between them for two', () => {
    const counted = { ...tries(), awaySince: 0, startedAt: 20 * HOUR, now: 30 * HOUR };
    expect(final(failedAttempt(away, 'train', counted))).toBe(false);
    expect(counted.awaySince).toBe(30 * HOUR);
  });

  it('forgets the outage when it fails for another reason', () => {
    const counted = { ...tries(), allowed: 3, awaySince: 0, now: HOUR };
    failedAttempt(new Error('no'), 'train', counted);
    expect(counted.awaySince).toBeNull();
  });

  it('asks again when a server that throttles says, and by the policy of the step else', () => {
    expect(failedAttempt(new Throttled(7_000, 'slow down'), 'publish', tries())).toMatchObject({
      ...{ type: 'OutsideUnreachable', nonRetryable: false, nextRetryDelay: 7_000 },
    });
    expect(failedAttempt(away, 'publish', tries())).toMatchObject({ nextRetryDelay: undefined });
  });

  it('never gives up before its patience, however often it tries', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 10 * MINUTE }), { maxLength: 200 }), (gaps) => {
        const counted = tries();
        let began: number | null = null;
        for (const gap of gaps) {
          counted.startedAt = counted.now;
          counted.now += gap;
          began = began === null || gap > 5 * MINUTE ? counted.now : began;
          expect(final(failedAttempt(away, 'train', counted, HOUR))).toBe(counted.now - began > HOUR);
        }
      }),
    );
  });
});

it('a damaged artifact is named to the workflow, and not tried again as it is', () => {
  const failure = failedAttempt(new ArtifactDamaged('s3://b/rows', 'other bytes'), 'train', tries());
  expect(failure).toMatchObject({ type: 'ArtifactDamaged', nonRetryable: true, details: ['s3://b/rows'] });
});

it('RATCHET_PATIENCE is a duration, or refused in words', () => {
  expect(outagePatience(undefined)).toBeUndefined();
  expect(outagePatience('90m')).toBe(90 * MINUTE);
  expect(() => outagePatience('soon')).toThrow('RATCHET_PATIENCE is "soon", which is no duration');
});
