/** A stage is done by a worker of the version that the run was planned with; when none is left, that is said. */
import { expect, test } from 'vitest';
import { failedAttempt } from '#activities/dispatch/failure.ts';
import { PinnedStages, StageElsewhere, stageDigest, stageSet } from '#activities/dispatch/stage-versions.ts';
import type { StepCode } from '#contracts/plan.ts';
import { stages } from '#contracts/stages/index.ts';

const evaluate = (digest: string, code: Partial<StepCode> = {}) => ({
  step: 'evaluate',
  code: {
    ...{ kind: 'stage' as const, digest, effect: false, cache: true, timeout: '1h' as const, attempts: 3, queue: null },
    ...{ place: 'any' as const, memoryMb: null, program: null },
    ...code,
  },
});

/** What `check` says at each of these seconds: nothing, `elsewhere` or, finally, `final`. */
function said(pinned: PinnedStages, call: ReturnType<typeof evaluate>, seconds: readonly number[]): string[] {
  return seconds.map((second) => {
    try {
      pinned.check(call, 'an activity', second * 1_000);
      return 'here';
    } catch (error) {
      if (!(error instanceof StageElsewhere)) throw error;
      return error.final ? 'final' : 'elsewhere';
    }
  });
}

test('every stage has a digest of its own; no other name has one', () => {
  const digests = Object.keys(stages).map(stageDigest);
  expect(new Set(digests).size).toBe(Object.keys(stages).length);
  expect(digests).not.toContain(null);
  expect(['toString', 'fit'].map(stageDigest)).toEqual([null, null]);
});

test('workers with the same versions of all stages name the same set, and no others', () => {
  expect(stageSet()).toBe(stageSet(stageDigest));
  expect(stageSet((stage) => (stage === 'gate' ? 'later' : stageDigest(stage)))).not.toBe(stageSet());
  expect(stageSet((stage) => (stage === 'gate' ? null : stageDigest(stage)))).not.toBe(stageSet());
});

test('the pinned version is worked on; any other, or a stage that is not known here, is its run’s to ask for elsewhere', () => {
  const pinned = new PinnedStages((stage) => (stage === 'evaluate' ? 'present' : null));
  expect(said(pinned, evaluate('present'), [0, 1])).toEqual(['here', 'here']);
  expect(said(pinned, evaluate('earlier'), [0])).toEqual(['final']);
  expect(said(new PinnedStages(() => null), evaluate('later'), [0])).toEqual(['final']);
});

test('where there is no other queue, it is offered to the same one for 15 s', () => {
  const seconds = Array.from({ length: 17 }, (_, second) => 100 + second);
  for (const bound of [{ place: 'host' as const }, { queue: 'large-machines' }]) {
    const pinned = new PinnedStages(() => 'present');
    const call = evaluate('earlier', bound);
    expect(said(pinned, call, seconds)).toEqual(seconds.map((second) => (second < 115 ? 'elsewhere' : 'final')));
    // After a pause somebody else had it meanwhile.
    expect(said(pinned, call, [3_600, 3_601])).toEqual(['elsewhere', 'elsewhere']);
  }
});

test('steps of a user have their code with them, whatever the worker is', () => {
  const call = evaluate('earlier', { kind: 'typescript' });
  expect(() => new PinnedStages(() => 'present').check(call, 'an activity')).not.toThrow();
});

test('it is no failure of the step, and names the stage to its run', () => {
  const tries = { allowed: 1, own: 0, deaths: 0, awaySince: null, startedAt: 0, now: 0 };
  for (const final of [false, true])
    expect(failedAttempt(new StageElsewhere('evaluate', { final }), 'evaluate', tries)).toMatchObject({
      ...{ type: 'StageElsewhere', nonRetryable: final, nextRetryDelay: '1s', details: ['evaluate'] },
    });
  expect(tries.own).toBe(0);
});
