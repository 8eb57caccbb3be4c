/** Provisional promotions: judged once their labels are in, on enough of them, and rolled back to what is known to be better. */
import { newRows } from 'ratchet-ml';
import { describe, expect, it } from 'vitest';
import { judgement } from '#activities/watch/judge-cohort.ts';
import type { LoopInput } from '#contracts/loop/activities.ts';
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
    };
    expect(judgement('auc', measured)).toEqual({ rows: 49, champion: null, previous: null });
    const enough = { ...measured, dropped: { ...measured.dropped, target: 0 } };
    expect(judgement('auc', enough)).toEqual({ rows: 9_999, champion: 0.2, previous: 0.9 });
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
