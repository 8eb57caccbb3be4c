/** Cool-down, budget, quiet hours, freeze, debounce, one run at a time, the circuit breaker: in event time. */
import fc from 'fast-check';
import { any, drift, newRows, schedule } from 'ratchet-ml';
import { describe, expect, it } from 'vitest';
import { quietUntil } from '#decisions/retrain/quiet-hours.ts';
import { day, Story } from './story.ts';

const triggers = any(newRows({ atLeast: 10 }), drift({ share: 0.3 }), schedule('0 2 * * 1'));
const held = (story: Story) => story.last?.held.map(({ rule }) => rule);

describe('one run at a time', () => {
  it('what comes while a run goes on is one run later, with all of its reasons', () => {
    const story = new Story({ triggers, limits: { coolDown: '0s' } });
    story.at(day(1), story.rows(day(1), 10));
    story.at(day(2), story.rows(day(2), 20));
    expect(held(story)).toEqual(['running']);
    story.at(day(3), story.drift(day(3), 0.5), story.calendar(day(3), '0 2 * * 1'));
    const { answers } = story.at(day(3), story.ask(day(3), 'me'));
    const next = `run/p/${story.memory?.next?.triggerId}`;
    expect(answers).toEqual([
      { id: 'me', answer: { outcome: 'queued', queuedBehind: story.starts[0]?.runId, nextRunId: next } },
    ]);
    story.at(day(4), story.ended('promoted'));
    expect(story.starts).toHaveLength(2);
    expect(story.starts[1]).toMatchObject({ runId: next });
    expect(story.starts[1]?.trigger.reasons?.map(({ kind }) => kind)).toEqual([
      'manual',
      'newRows',
      'drift',
      'schedule',
    ]);
  });

  it('the same request again gets the same answer, also after the run', () => {
    const story = new Story({ triggers });
    const answer = (step: ReturnType<Story['at']>) => step.answers[0]?.answer;
    const first = answer(story.at(day(1), story.ask(day(1), 'one')));
    expect(answer(story.at(day(1), story.ask(day(1), 'one')))).toEqual(first);
    story.at(day(2), story.ended('promoted'));
    expect(answer(story.at(day(2), story.ask(day(2), 'one')))).toEqual(first);
    expect(story.starts).toHaveLength(1);
  });

  it('data that came during a run counts to the next one, and what the run was for does not', () => {
    const story = new Story({ triggers, limits: { coolDown: '0s' } });
    story.at(day(1), story.rows(day(1), 15));
    story.at(day(2), story.rows(day(2), 4));
    story.at(day(3), story.ended('refused'));
    expect(story.starts).toHaveLength(1);
    expect(story.memory?.facts.newRows).toBe(4);
    expect(story.memory?.watermark).toEqual({ at: day(1), runId: story.starts[0]?.runId });
  });
});

describe('a failed run', () => {
  it('leaves its reasons: they are tried again, under another id', () => {
    const story = new Story({ triggers, limits: { coolDown: '1d' } });
    story.at(day(1), story.rows(day(1), 15));
    story.at(day(1, '01:00'), story.ended('failed'));
    expect(held(story)).toEqual(['coolDown']);
    story.at(day(2, '01:00'));
    expect(story.starts).toHaveLength(2);
    expect(story.starts[1]?.trigger.figures).toEqual({ new_rows: 15 });
    expect(story.starts[1]?.runId).not.toBe(story.starts[0]?.runId);
  });

  it('that a person asked for is not tried again by itself', () => {
    const story = new Story({ triggers, limits: { coolDown: '0s' } });
    story.at(day(1), story.ask(day(1)));
    story.at(day(2), story.ended('failed'));
    expect(story.starts).toHaveLength(1);
  });

  it.each([
    ['failed', 3, '3 runs in a row failed'],
    ['refused', 6, '6 runs in a row brought nothing better'],
  ] as const)('opens the breaker when it happens again and again: %s', (status, times, words) => {
    const story = new Story({ triggers, limits: { coolDown: '0s' } });
    for (let n = 1; n <= times; n++) {
      if (!story.memory?.run) story.at(day(n), story.rows(day(n), 10));
      story.at(day(n, '12:00'), story.ended(status));
    }
    expect(story.memory?.view.state).toBe('broken');
    expect(story.decisions.find(({ outcome }) => outcome === 'broken')?.words).toContain(words);
    story.at(day(20), story.rows(day(20), 10));
    const { answers } = story.at(day(20), story.ask(day(20)));
    expect(answers[0]?.answer).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('resume') });
    const before = story.starts.length;
    story.at(day(21), { kind: 'resume', by: 'anna', reason: 'mended' });
    expect(story.starts).toHaveLength(before + 1);
    expect(story.memory).toMatchObject({ failures: 0, refusals: 0 });
  });
});

describe('cool-down', () => {
  it('counts from the start of the last run, in event time, and wakes when it ends', () => {
    const story = new Story({ triggers, limits: { coolDown: '7d' } });
    const wall = (n: number) => `2027-05-01T00:00:${String(n).padStart(2, '0')}.000Z`;
    story.at(wall(0), story.rows(day(1), 10));
    story.at(wall(1), story.ended('promoted'));
    const { wakeAt } = story.at(wall(2), story.rows(day(3), 10));
    expect(held(story)).toEqual(['coolDown']);
    expect(story.memory?.view).toMatchObject({ state: 'cooling' });
    // Five days are left; on the wall, too, when nothing comes that says what time it is.
    expect(wakeAt).toBe('2027-05-06T00:00:02.000Z');
    story.at(wall(3), story.drift(day(8), 0.1));
    expect(story.starts).toHaveLength(2);
    expect(story.starts[1]?.asOf).toBe(day(8));
  });

  it('holds back an alert, and no person', () => {
    const story = new Story({ triggers, limits: { coolDown: '7d' } });
    story.at(day(1), story.rows(day(1), 10));
    story.at(day(2), story.ended('promoted'));
    story.at(day(2), story.evidence('fired', day(2), { trigger: 'manual', source: 'alertmanager', detail: 'slow' }));
    expect(held(story)).toEqual(['coolDown']);
    story.at(day(3), story.ask(day(3)));
    expect(story.starts[1]?.trigger.reasons?.[0]).toMatchObject({
      kind: 'manual',
      evidence: [expect.anything(), expect.anything()],
    });
  });

  it('an event that is told late does not turn the clock back', () => {
    const story = new Story({ triggers, limits: { coolDown: '7d' } });
    story.at(day(100), story.rows(day(20), 10));
    story.at(day(100), story.ended('promoted'), story.rows(day(2), 10));
    expect(held(story)).toEqual(['coolDown']);
    expect(story.last?.at).toBe(day(20));
  });

  it('an event from the future counts as one of now', () => {
    const story = new Story({ triggers });
    story.at(day(1), story.rows('2099-01-01T00:00:00Z', 10));
    expect(story.last?.at).toBe(day(1));
  });
});

describe('budget', () => {
  it('holds back until the next month of event time; a person is not held back, and counts', () => {
    const story = new Story({ triggers, limits: { coolDown: '0s', budget: { runsPerMonth: 2 } } });
    story.at(day(1), story.rows(day(1), 10));
    story.at(day(2), story.ended('promoted'), story.ask(day(2)));
    story.at(day(3), story.ended('promoted'), story.rows(day(3), 10));
    expect(story.starts).toHaveLength(2);
    expect(story.last).toMatchObject({
      outcome: 'held',
      held: [{ rule: 'budget', until: '2026-02-01T00:00:00.000Z' }],
    });
    story.at(day(31, '23:59'));
    expect(story.starts).toHaveLength(2);
    story.at(day(32));
    expect(story.starts).toHaveLength(3);
  });
});

describe('quiet hours and freezes', () => {
  it('hours over midnight, days, zones, the change to summer time', () => {
    const night = [{ from: '22:00', to: '06:00', timezone: 'Europe/Berlin' }];
    expect(quietUntil(night, '2026-01-05T21:30:00Z')).toBe('2026-01-06T05:00:00.000Z');
    expect(quietUntil(night, '2026-01-05T05:00:00Z')).toBeNull();
    expect(quietUntil(night, '2026-01-05T20:59:59Z')).toBeNull();
    // The night of 29 March 2026 is an hour shorter: 06:00 in Berlin is 04:00 UTC then.
    expect(quietUntil(night, '2026-03-28T22:00:00Z')).toBe('2026-03-29T04:00:00.000Z');
    const weekend = [{ from: '00:00', to: '00:00', days: [6, 7], timezone: 'UTC' }];
    expect(quietUntil(weekend, '2026-01-03T12:00:00Z')).toBe('2026-01-04T00:00:00.000Z');
    expect(quietUntil(weekend, '2026-01-05T12:00:00Z')).toBeNull();
  });

  it('that end in the hour which summer time leaves out end with it: never in the past, or the loop would look without end', () => {
    const night = [{ from: '22:00', to: '02:30', timezone: 'Europe/Berlin' }];
    for (const at of ['2026-03-28T23:00:00Z', '2026-03-29T00:30:00Z', '2026-03-29T00:45:30Z'])
      expect(quietUntil(night, at)).toBe('2026-03-29T01:00:00.000Z');
    expect(quietUntil(night, '2026-03-29T01:00:00Z')).toBeNull();
    const clock = fc
      .integer({ min: 0, max: 47 })
      .map((half) => `${String(Math.floor(half / 2)).padStart(2, '0')}:${half % 2 ? '30' : '00'}`);
    const days = [
      ['Europe/Berlin', '2026-03-29'],
      ['Europe/Berlin', '2026-10-25'],
      ['America/Santiago', '2026-09-06'],
      ['Australia/Lord_Howe', '2026-10-04'],
    ] as const;
    const minute = fc.integer({ min: -1_440, max: 1_440 });
    fc.assert(
      fc.property(clock, clock, fc.constantFrom(...days), minute, (from, to, [timezone, date], off) => {
        const at = Date.parse(`${date}T00:00:00Z`) + off * 60_000;
        const until = quietUntil([{ from, to, timezone }], new Date(at).toISOString());
        if (until !== null) expect(Date.parse(until)).toBeGreaterThan(at);
      }),
      { numRuns: 300 },
    );
  });

  it('hold back; a person passes the quiet, not the freeze', () => {
    const story = new Story({
      triggers,
      limits: {
        quietHours: [{ from: '00:00', to: '06:00' }],
        freeze: [{ from: day(10), to: day(12), reason: 'stocktaking' }],
      },
    });
    story.at(day(1, '03:00'), story.rows(day(1, '03:00'), 10));
    expect(held(story)).toEqual(['quietHours']);
    story.at(day(1, '04:00'), story.ask(day(1, '04:00')));
    expect(story.starts).toHaveLength(1);
    story.at(day(10, '12:00'), story.ended('promoted'));
    const { answers } = story.at(day(10, '12:00'), story.ask(day(10, '12:00')));
    expect(answers[0]?.answer).toEqual({ outcome: 'refused', reason: `frozen until ${day(12)}: stocktaking` });
    expect(story.last?.outcome).toBe('refused');
  });
});

describe('debounce', () => {
  it('gathers a burst, by the clock on the wall, from its first trigger', () => {
    const story = new Story({ triggers, limits: { debounce: '10m' } });
    const { wakeAt } = story.at(day(1), story.rows(day(1), 10));
    expect(wakeAt).toBe(day(1, '00:10'));
    story.at(day(1, '00:09'), story.drift(day(1, '00:09'), 0.5));
    expect(story.starts).toEqual([]);
    story.at(day(1, '00:10'));
    expect(story.starts[0]?.trigger.reasons).toHaveLength(2);
  });
});

describe('paused', () => {
  it('goes on taking things in, and runs them when it is resumed', () => {
    const story = new Story({ triggers });
    story.at(day(1), { kind: 'pause', by: 'anna', reason: 'holidays' });
    story.at(day(2), story.rows(day(2), 10));
    expect(held(story)).toEqual(['paused']);
    story.at(day(3), { kind: 'resume', by: 'anna', reason: 'back' });
    expect(story.starts).toHaveLength(1);
  });

  it('by a move of the alias by hand, once', () => {
    const story = new Story({ triggers });
    const move = { kind: 'handMove' as const, id: 'm/2', words: 'champion was moved by hand' };
    story.at(day(1), move);
    story.at(day(2), { kind: 'resume', by: 'anna', reason: 'it was me' });
    story.at(day(3), move);
    expect(story.memory?.paused).toBeNull();
    expect(story.decisions.map(({ outcome }) => outcome)).toEqual(['alias', 'resumed']);
  });
});
