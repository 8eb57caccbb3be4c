/** Every promotion is followed by one probation, and that has one end: whatever else happens, in whatever order. */
import fc from 'fast-check';
import { any, drift, newRows, performance } from 'ratchet-ml';
import { describe, expect, it } from 'vitest';
import { jsonBytes } from '#contracts/json.ts';
import type { LoopInput } from '#contracts/loop.ts';
import { day, Story } from './story.ts';

const started = (triggers = newRows({ atLeast: 1 })) =>
  new Story({
    triggers,
    limits: { coolDown: '0s', breaker: { failures: 1_000, refusals: 1_000 } },
    model: 'm',
    watch: { source: 'x', target: 'y', labelsAfter: '28d', provisional: { cohort: '7d', metric: 'auc' } },
  });
const judged = (runId: string, champion: number | null): LoopInput => ({
  kind: 'judged',
  judgement: { runId, version: '?', metric: 'auc', champion, previous: 0.7, higherIsBetter: true, rows: 1_000 },
});

it('begins although a step after the promotion failed', () => {
  const story = started();
  story.at(day(1), story.rows(day(1), 5));
  const promoted = { version: '2', previous: '1' };
  story.at(day(1), story.ended('failed', { modelVersion: '2', promoted }));
  expect(story.memory?.provisional).toMatchObject([promoted]);
});

it('of ten promotions a day with labels 28 days late each is judged, or told to be judged with the next', () => {
  const story = started();
  const runs: string[] = [];
  let version = 1;
  for (let n = 1; n <= 9; n++)
    for (let hour = 10; hour < 20; hour++) {
      story.at(day(n, `${hour}:00`), story.rows(day(n, `${hour}:00`), 5));
      runs.push(story.memory?.run?.runId ?? '');
      const promoted = { version: String(++version), previous: String(version - 1) };
      story.at(day(n, `${hour}:30`), story.ended('promoted', { modelVersion: promoted.version, promoted }));
    }
  expect(story.memory?.provisional).toHaveLength(90);
  let open = story.at(day(60)).judge;
  // As many at once as can be measured at once; the next when one of them is done.
  expect(open).toHaveLength(10);
  expect(story.steps.at(-1)?.wakeAt).toBeNull();
  while (open.length > 0) {
    const [first, ...rest] = open;
    open = [...rest, ...story.at(day(60), judged(first?.runId ?? '', 0.7)).judge];
  }
  expect(story.memory?.provisional).toEqual([]);
  const confirmed = story.decisions.filter(({ outcome }) => outcome === 'confirmed');
  expect(confirmed.map(({ runId }) => runId)).toEqual(runs);
});

it('of the oldest of more than a hundred is taken over by that of its successor', () => {
  const story = started();
  for (let n = 1; n <= 101; n++) {
    story.at(day(1), story.rows(day(1), 5));
    const promoted = { version: String(n + 1), previous: String(n) };
    story.at(day(1), story.ended('promoted', { modelVersion: promoted.version, promoted }));
  }
  expect(story.memory?.provisional).toHaveLength(100);
  expect(story.memory?.provisional[0]).toMatchObject({ version: '3', previous: '1' });
  expect(story.last).toMatchObject({ outcome: 'not', runId: story.starts[0]?.runId });
  expect(story.last?.words).toContain('version 3 is judged against version 1 now');
});

describe('evidence about a champion that has been replaced', () => {
  const asked = any(drift({ share: 0.3 }), performance({ metric: 'auc', below: 0.7 }));
  const about = (story: Story, n: number, version: string) => [
    story.evidence('driftMeasured', day(n), { share: 0.5, reference: version }),
    story.evidence('metricObserved', day(n), { metric: 'auc', value: 0.6, version }),
  ];
  const promoted = (story: Story) =>
    story.ended('promoted', { modelVersion: '2', promoted: { version: '2', previous: '1' } });

  it.each(['while the run goes on', 'with its end', 'after it'])('starts no second run, told %s', (when) => {
    const story = started(asked);
    story.at(day(1), ...about(story, 1, '1'));
    expect(story.starts).toHaveLength(1);
    if (when === 'while the run goes on') story.at(day(2), ...about(story, 2, '1'));
    story.at(day(3), promoted(story), ...(when === 'with its end' ? about(story, 3, '1') : []));
    const late = when === 'after it' ? about(story, 4, '1') : [];
    story.at(day(4), ...late);
    expect(story.starts).toHaveLength(1);
    if (late.length > 0) expect(story.last?.words).toContain('about version 1, which is champion no more');
    story.at(day(5), ...about(story, 5, '2'));
    expect(story.starts).toHaveLength(2);
  });

  it('counts again when a rollback has brought that champion back', () => {
    const story = started(asked);
    story.at(day(1), ...about(story, 1, '1'));
    const runId = story.memory?.run?.runId ?? '';
    story.at(day(2), promoted(story));
    story.at(day(40));
    story.at(day(40), judged(runId, 0.5));
    story.at(day(40), { kind: 'rolledBack', runId, done: true, words: 'version 1 is champion again' });
    story.at(day(41), ...about(story, 41, '2'));
    expect(story.starts).toHaveLength(1);
    story.at(day(42), ...about(story, 42, '1'));
    expect(story.starts).toHaveLength(2);
  });

  it('counts where somebody moved the alias by hand: who is champion now is not known', () => {
    const story = started(asked);
    story.at(day(1), ...about(story, 1, '1'));
    story.at(day(2), promoted(story));
    story.at(day(3), { kind: 'handMove', id: 'h', words: 'version 1 by hand' });
    story.at(day(4), { kind: 'resume', by: 'anna', reason: 'meant so' }, ...about(story, 4, '1'));
    expect(story.starts).toHaveLength(2);
  });
});

it('has one end in every life: promotions, failures after them, hand moves, pauses, judgements, rollbacks, restarts', () => {
  const event = fc.record({
    what: fc.constantFrom('promoted', 'failedAfter', 'refused', 'judged', 'answered', 'hand', 'resume', 'time'),
    which: fc.nat(),
    value: fc.constantFrom(null, 0.5, 0.7, 0.9),
    done: fc.constantFrom('done', 'superseded', 'again'),
  });
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 150 }), (events) => {
      const story = started();
      const begun: string[] = [];
      let [version, champion] = [1, '1'];
      const pick = <T>(items: readonly T[], which: number) => items[which % Math.max(1, items.length)];
      const cohorts = (worse: boolean) =>
        (story.memory?.provisional ?? []).filter((each) => each.judging && (each.worse !== undefined) === worse);
      let n = 0;
      const live = ({ what, which, value, done }: (typeof events)[number]) => {
        const at = day(++n);
        if (what === 'hand') return story.at(at, { kind: 'handMove', id: `h${n}`, words: 'by hand' });
        if (what === 'resume') return story.at(at, { kind: 'resume', by: 'a', reason: 'b' });
        if (what === 'time') return story.at(at);
        if (what === 'judged') {
          const of = pick(cohorts(false), which);
          return of && story.at(at, judged(of.runId, value));
        }
        if (what === 'answered') {
          const of = pick(cohorts(true), which);
          if (!of) return;
          const words = 'what came of it';
          if (done === 'done') champion = of.previous;
          return story.at(at, {
            ...{ kind: 'rolledBack', runId: of.runId, words },
            ...{ done: done === 'done', ...(done === 'again' ? { again: true } : {}) },
          });
        }
        story.at(at, { kind: 'resume', by: 'a', reason: 'b' }, story.rows(at, 5));
        const runId = story.memory?.run?.runId;
        if (!runId) return;
        if (what === 'refused') return story.at(at, story.ended('refused'));
        const promoted = { version: String(++version), previous: champion };
        champion = promoted.version;
        begun.push(runId);
        const status = what === 'promoted' ? 'promoted' : 'failed';
        return story.at(at, story.ended(status, { modelVersion: promoted.version, promoted }));
      };
      for (const each of events) live(each);
      // Time goes by, all that is asked is answered.
      for (let round = 0; round < 500 && (story.memory?.provisional.length ?? 0) > 0; round++) {
        live({ what: 'time', which: 0, value: null, done: 'done' });
        live({ what: 'judged', which: 0, value: 0.9, done: 'done' });
        live({ what: 'answered', which: 0, value: null, done: 'done' });
      }
      expect(story.memory?.provisional ?? []).toEqual([]);
      // An end is told once: by the decision with which the cohort is gone.
      const ends: string[] = [];
      let before = new Set<string>();
      for (const { memory, decisions } of story.steps) {
        const now = new Set(memory.provisional.map(({ runId }) => runId));
        for (const gone of [...before].filter((runId) => !now.has(runId))) {
          ends.push(gone);
          expect(decisions.some(({ runId, outcome }) => runId === gone && outcome !== 'run')).toBe(true);
        }
        before = now;
        expect(jsonBytes(memory)).toBeLessThan(48 * 1024);
      }
      expect(ends.toSorted()).toEqual(begun.toSorted());
    }),
    { numRuns: 60 },
  );
});
