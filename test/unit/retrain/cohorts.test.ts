/** Provisional promotions: judged once their labels are in, on enough of them, and rolled back to what is known to be better. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { newRows } from 'ratchet-ml';
import { describe, expect, it } from 'vitest';
import { judgement } from '#activities/watch/judge-cohort.ts';
import type { Figure } from '#contracts/data.ts';
import type { LoopInput } from '#contracts/loop/activities.ts';
import { judgeCohort } from '#decisions/retrain/provisional.ts';
import { accuracy } from '#measures/statistics/accuracy.ts';
import { type PairedInterval, pairedBootstrap } from '#measures/statistics/paired-bootstrap.ts';
import type { BinaryRows } from '#measures/statistics/rows.ts';
import { day, Story } from './story.ts';

/** Labels are known three days after their rows: a cohort of the 1st matures on the 11th. */
const started = () =>
  new Story({
    triggers: newRows({ atLeast: 1 }),
    limits: { coolDown: '0s' },
    model: 'm',
    watch: { source: 'x', target: 'y', labelsAfter: '3d', provisional: { cohort: '7d', metric: 'auc' } },
  });
/** A run that began at `at` ended as a promotion of `version` over `previous`. */
function promoted(story: Story, at: string, version: string, previous: string): string {
  story.at(at, story.rows(at, 5));
  const runId = story.memory?.run?.runId ?? '';
  story.at(at, story.ended('promoted', { modelVersion: version, previous }));
  return runId;
}
const judged = (runId: string, champion: number | null, previous: number | null): LoopInput => ({
  kind: 'judged',
  judgement: { runId, version: '?', metric: 'auc', champion, previous, higherIsBetter: true, rows: 1_000 },
});
const superseded = (runId: string): LoopInput => ({
  kind: 'rolledBack',
  runId,
  done: false,
  words: 'version 3 took its place',
});
const cohorts = ({ memory }: Story) => memory?.provisional.map(({ version, previous }) => [version, previous]);

describe('a cohort that cannot be judged yet', () => {
  it('is looked at again a day later, not at once, also when its labels count as complete', () => {
    const story = started();
    const runId = promoted(story, day(1), '2', '1');
    const first = story.at(day(9), story.evidence('labelsArrived', day(9), { until: day(8) }));
    expect(first.judge).toHaveLength(1);
    const second = story.at(day(9, '00:01'), judged(runId, null, null));
    expect(second).toMatchObject({ judge: [], wakeAt: day(10, '00:01') });
    expect(
      story.at(day(9, '12:00'), story.evidence('labelsArrived', day(9), { until: day(8, '12:00') })).judge,
    ).toEqual([]);
    expect(story.at(day(10, '00:01')).judge).toEqual(
      first.judge.map((each) => ({ ...each, maturesAt: day(10, '00:01') })),
    );
  });

  it('is none of labels from the future: those are of now', () => {
    const story = started();
    story.at(day(1), story.evidence('labelsArrived', day(1), { until: '2099-01-01T00:00:00Z' }));
    promoted(story, day(2), '2', '1');
    expect(story.at(day(3), story.rows(day(3), 0)).judge).toEqual([]);
    expect(story.memory?.labelsUntil).toBe(day(1));
  });

  it('counts the rows that have a label and both scores', () => {
    const measured = {
      rows: 10_000,
      dropped: { target: 9_950, candidate: 1, champion: 0 },
      candidate: { digest: 'c', runId: 'r', metrics: { auc: 0.2 } },
      champion: { version: '1', digest: 'd', metrics: { auc: 0.9 } },
      comparisons: [compared({ difference: -0.7, lower: -0.75, upper: -0.65 })],
    };
    expect(judgement('auc', measured)).toEqual({ rows: 49, champion: null, previous: null });
    const enough = { ...measured, dropped: { ...measured.dropped, target: 0 } };
    expect(judgement('auc', enough)).toEqual({
      ...{ rows: 9_999, champion: 0.2, previous: 0.9 },
      interval: { lower: -0.75, upper: -0.65, confidence: 0.95 },
    });
    const without = { ...enough, comparisons: [compared({ difference: -0.7, lower: 'NaN', upper: 'NaN' })] };
    expect(judgement('auc', without)).toEqual({ rows: 9_999, champion: null, previous: null });
  });
});

const compared = (figures: { difference: number; lower: Figure; upper: Figure }) => ({
  ...{ metric: 'auc', higherIsBetter: true, candidate: 0.2, champion: 0.9, confidence: 0.95, resamples: 1_000 },
  ...figures,
});

describe('worse is what the whole interval says', () => {
  const at = (lower: number, upper: number, tolerance = 0.01) =>
    judgeCohort(
      {
        ...{ runId: 'r', version: '2', metric: 'auc', champion: 0.7, previous: 0.7, higherIsBetter: true, rows: 500 },
        interval: { lower, upper, confidence: 0.95 },
      },
      tolerance,
    );
  it('beyond the tolerance, strictly; what nothing shows to be worse stays, and says so', () => {
    expect(at(-0.05, -0.011).outcome).toBe('worse');
    expect(at(-0.05, -0.01).outcome).toBe('confirmed');
    expect(at(-0.05, 0.02).words).toMatch(
      /^version 2 stays, as nothing shows it worse: .*-0\.05 to 0\.02\), 0\.01 is tolerated$/,
    );
    expect(at(-0.01, 0.02).words).toMatch(/^version 2 is confirmed: /);
  });

  it('of champions that are as good as the one before, at most 2.5 % are rolled back; one that is truly worse is', () => {
    const random = xoroshiro128plus(20_26);
    const uniform = () => (random.next() >>> 0) / 0x1_0000_0000;
    const rows = 300;
    /** Right with the chance `p`, whatever the other says. */
    const said = (y: Uint8Array, p: number): BinaryRows => {
      const score = Float64Array.from(y, (truth) => (uniform() < p ? truth : 1 - truth));
      return { task: 'binary', y, score, threshold: 0.5 };
    };
    const rolledBack = (champion: number, times: number) => {
      let worse = 0;
      let byPoint = 0;
      for (let time = 0; time < times; time++) {
        const y = Uint8Array.from({ length: rows }, () => (uniform() < 0.5 ? 1 : 0));
        const [found] = pairedBootstrap([accuracy], said(y, champion), said(y, 0.8), {
          ...{ resamples: 200, confidence: 0.95, seed: time },
        });
        const { candidate, champion: previous, lower, upper, difference } = found as PairedInterval;
        const judgement = {
          ...{
            runId: 'r',
            version: '2',
            metric: 'accuracy',
            champion: candidate,
            previous,
            higherIsBetter: true,
            rows,
          },
          interval: { lower, upper, confidence: 0.95 },
        };
        if (judgeCohort(judgement, 0).outcome === 'worse') worse++;
        if (difference < 0) byPoint++;
      }
      return { worse: worse / times, byPoint: byPoint / times };
    };
    const times = 2_000;
    const same = rolledBack(0.8, times);
    // Three standard errors of the simulation beside the stated rate; by the figures alone it is a coin's.
    expect(same.worse).toBeLessThan(0.025 + 3 * Math.sqrt((0.025 * 0.975) / times));
    expect(same.byPoint).toBeGreaterThan(0.4);
    expect(rolledBack(0.65, 300).worse).toBeGreaterThan(0.9);
  });
});

describe('a champion that turned out worse', () => {
  it('is remembered as such: a loop that starts over goes on with the rollback', () => {
    const story = started();
    const runId = promoted(story, day(1), '2', '1');
    story.at(day(11));
    const { rollBack } = story.at(day(11), judged(runId, 0.6, 0.7));
    expect(story.memory?.provisional).toMatchObject([{ version: '2', judging: true, worse: rollBack[0]?.words }]);
  });

  it('whose rollback is refused is judged again a day later', () => {
    const story = started();
    const runId = promoted(story, day(1), '2', '1');
    story.at(day(11));
    story.at(day(11), judged(runId, 0.6, 0.7));
    const step = story.at(day(11), {
      kind: 'rolledBack',
      runId,
      done: false,
      again: true,
      words: 'not rolled back: 403',
    });
    expect(story.last).toMatchObject({ outcome: 'rollback-failed', words: 'not rolled back: 403' });
    expect(step.wakeAt).toBe(day(12));
    expect(story.at(day(12)).judge).toMatchObject([{ runId, version: '2', previous: '1' }]);
    story.at(day(12), judged(runId, 0.6, 0.7), {
      kind: 'rolledBack',
      runId,
      done: true,
      words: 'version 1 is champion again',
    });
    expect(cohorts(story)).toEqual([]);
  });

  it('is no measure for the one that was promoted over it meanwhile', () => {
    const story = started();
    const second = promoted(story, day(1), '2', '1');
    promoted(story, day(5), '3', '2');
    story.at(day(11));
    story.at(day(11), judged(second, 0.6, 0.7), superseded(second));
    expect(cohorts(story)).toEqual([['3', '1']]);
    expect(story.last?.words).toContain('version 3 is judged against version 1');
  });

  it('nor for one whose run has promoted it and not ended yet', () => {
    const story = started();
    const second = promoted(story, day(1), '2', '1');
    story.at(day(5), story.rows(day(5), 5));
    story.at(day(11));
    story.at(day(11), judged(second, 0.6, 0.7), superseded(second));
    expect(cohorts(story)).toEqual([]);
    story.at(day(11), story.ended('promoted', { modelVersion: '3', previous: '2' }));
    expect(cohorts(story)).toEqual([['3', '1']]);
  });
});
