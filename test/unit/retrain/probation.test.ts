/** Every promotion is followed by one probation, and that has one end: whatever else happens, in whatever order. */
import fc from 'fast-check';
import { any, drift, newRows, performance } from 'ratchet-ml';
import { describe, expect, it } from 'vitest';
import { jsonBytes } from '#contracts/json.ts';
import type { LoopInput } from '#contracts/loop/activities.ts';
import type { ChampionMove } from '#contracts/loop/answers.ts';
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
  expect(story.last).toMatchObject({ outcome: 'unjudged', runId: story.starts[0]?.runId });
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

describe('a promotion by a run beside the loop', () => {
  const beside = (
    version: string,
    previous: string | null,
    epoch: number,
    more: Partial<ChampionMove> = {},
  ): LoopInput => ({
    ...{ kind: 'moved', runId: `run/p/by-hand-${version}`, version, previous, epoch, at: day(2), probation: true },
    ...more,
  });

  it('begins a probation when the ledger tells of it, once, and is judged as any other', () => {
    const story = started();
    story.at(day(3), beside('2', '1', 4));
    expect(story.last?.words).toMatch(
      /by-hand-2 made version 2 champion, in the place of version 1; version 2 is provis/,
    );
    story.at(day(4), beside('2', '1', 4));
    expect(story.memory?.provisional).toMatchObject([{ version: '2', previous: '1', promotedAt: day(2) }]);
    expect(story.at(day(60)).judge).toMatchObject([{ version: '2' }]);
    story.at(day(60), judged('run/p/by-hand-2', 0.9));
    story.at(day(61), beside('2', '1', 4));
    expect(story.memory?.provisional).toEqual([]);
  });

  it('is one with that which the loop’s own run tells with its end, whoever tells first', () => {
    for (const early of [true, false]) {
      const story = started();
      story.at(day(1), story.rows(day(1), 5));
      const promoted = { version: '2', previous: '1', epoch: 4 };
      const told = beside('2', '1', 4, { runId: story.memory?.run?.runId ?? '' });
      const end = story.ended('promoted', { modelVersion: '2', promoted });
      for (const input of early ? [told, end] : [end, told]) story.at(day(3), input);
      // Its data are of the run's time.
      expect(story.memory?.provisional).toMatchObject([{ version: '2', promotedAt: day(1) }]);
    }
  });

  it('of the first champion, or of another pipeline’s run, has none', () => {
    const story = started();
    story.at(day(3), beside('1', null, 1), beside('2', '1', 2, { probation: false }));
    expect(story.memory?.provisional).toEqual([]);
    expect(story.memory?.replaced).toEqual(['1']);
  });

  it('over a champion that turned out worse meanwhile is measured by the one before that', () => {
    const story = started();
    story.at(day(3), beside('2', '1', 2));
    story.at(day(60));
    story.at(day(60), judged('run/p/by-hand-2', 0.5));
    const superseded = { kind: 'rolledBack', runId: 'run/p/by-hand-2', done: false, words: 'version 3 took its place' };
    story.at(day(60), superseded as LoopInput);
    story.at(day(61), beside('3', '2', 3));
    expect(story.memory?.provisional).toMatchObject([{ version: '3', previous: '1' }]);
  });

  it('and a rollback by hand: what is measured of the champion that is back counts', () => {
    const story = started(performance({ metric: 'auc', below: 0.7 }));
    story.at(day(3), beside('2', '1', 2));
    const low = (n: number) => story.evidence('metricObserved', day(n), { metric: 'auc', value: 0.6, version: '1' });
    story.at(day(4), low(4));
    expect(story.starts).toEqual([]);
    story.at(day(5), beside('1', '2', 3, { runId: 'anna', probation: false }), low(5));
    expect(story.starts).toHaveLength(1);
  });
});

it('has one end in every life: promotions, by the loop and beside it, failures after them, hand moves, pauses, judgements, rollbacks', () => {
  const event = fc.record({
    what: fc.constantFrom(
      ...[
        'promoted',
        'failedAfter',
        'refused',
        'beside',
        'look',
        'judged',
        'answered',
        'hand',
        'back',
        'resume',
        'time',
      ],
    ),
    which: fc.nat(),
    value: fc.constantFrom(null, 0.5, 0.7, 0.9),
    answer: fc.constantFrom('asked', 'again'),
    early: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 150 }), (events) => {
      const story = started();
      const begun: string[] = [];
      /** The model's, which the watch tells of when it looks. */
      const ledger: ChampionMove[] = [];
      let [version, champion, epoch, looked] = [1, '1', 0, 0];
      const move = (to: string, runId: string, how: 'promotion' | 'rollback' | 'hand', at: string) => {
        const told = { runId, version: to, previous: champion, epoch: ++epoch, at, probation: how === 'promotion' };
        champion = to;
        ledger.push(told);
        if (how === 'promotion') begun.push(runId);
        return told;
      };
      const pick = <T>(items: readonly T[], which: number) => items[which % Math.max(1, items.length)];
      const cohorts = (worse: boolean) =>
        (story.memory?.provisional ?? []).filter((each) => each.judging && (each.worse !== undefined) === worse);
      let n = 0;
      /** A watch that died before it had told where it left off tells some moves once more. */
      const look = (at: string, again: number) => {
        const moves = ledger.slice(Math.max(0, looked - again));
        const byHand = ledger.slice(looked).findLast(({ runId }) => runId === 'hand');
        looked = ledger.length;
        story.at(
          at,
          ...moves.map((told): LoopInput => ({ kind: 'moved', ...told })),
          ...(byHand ? [{ kind: 'handMove' as const, id: `m/${byHand.epoch}`, words: 'by hand' }] : []),
        );
      };
      const live = ({ what, which, value, answer, early }: (typeof events)[number]) => {
        const at = day(++n);
        if (what === 'hand') return move(String(1 + (which % version)), 'hand', 'hand', at);
        if (what === 'resume') return story.at(at, { kind: 'resume', by: 'a', reason: 'b' });
        if (what === 'time') return story.at(at);
        if (what === 'look') return look(at, which % 3);
        if (what === 'back') return move(String(1 + (which % version)), 'anna', 'rollback', at);
        if (what === 'beside') return move(String(++version), `run/p/by-hand-${n}`, 'promotion', at);
        if (what === 'judged') {
          const of = pick(cohorts(false), which);
          return of && story.at(at, judged(of.runId, value));
        }
        if (what === 'answered') {
          const of = pick(cohorts(true), which);
          if (!of) return;
          const done = answer === 'asked' && champion === of.version;
          if (done) move(of.previous, 'the loop of p', 'rollback', at);
          const more = answer === 'again' ? { again: true } : {};
          return story.at(at, { kind: 'rolledBack', runId: of.runId, words: 'what came of it', done, ...more });
        }
        story.at(at, { kind: 'resume', by: 'a', reason: 'b' }, story.rows(at, 5));
        const runId = story.memory?.run?.runId;
        if (!runId) return;
        if (what === 'refused') return story.at(at, story.ended('refused'));
        const { previous, epoch } = move(String(++version), runId, 'promotion', at);
        if (early) look(at, 0);
        const promoted = { version: String(version), previous, epoch };
        const status = what === 'promoted' ? 'promoted' : 'failed';
        return story.at(at, story.ended(status, { modelVersion: promoted.version, promoted }));
      };
      for (const each of events) live(each);
      // Time goes by, all that is asked is answered.
      const then = { which: 0, value: 0.9, answer: 'asked', early: false } as const;
      live({ what: 'look', ...then });
      for (let round = 0; round < 500 && (story.memory?.provisional.length ?? 0) > 0; round++)
        for (const what of ['time', 'judged', 'answered']) live({ what, ...then });
      live({ what: 'look', ...then });
      expect(story.memory?.provisional ?? []).toEqual([]);
      expect(story.memory?.replaced ?? []).not.toContain(champion);
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
    { numRuns: 100 },
  );
});
