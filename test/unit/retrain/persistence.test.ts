/** Windows in a row see rows of their own; a look at too few rows says nothing; a difference within its error is none. */
import { any, drift, estimatedPerformance, performance } from 'ratchet-ml';
import { describe, expect, it } from 'vitest';
import { DISTANCES } from '#contracts/drift.ts';
import { driftVerdict } from '#decisions/retrain/drift-verdict.ts';
import { day, Story } from './story.ts';

/** A look on day n at the days before it. */
const window = (n: number, days: number) => ({ from: day(n - days), to: day(n) });

describe('windows in a row', () => {
  const seen = (story: Story, n: number, share: number) =>
    story.at(day(n), story.evidence('driftMeasured', day(n), { share, window: window(n, 28) }));

  it('looks a day apart at the same four weeks are one window, however many', () => {
    const story = new Story({ triggers: drift({ share: 0.3, windows: 2 }) });
    for (let n = 30; n < 58; n++) seen(story, n, 0.5);
    expect(story.starts).toEqual([]);
    expect(story.last?.lacking[0]).toContain('1 of 2 windows');
    // Twenty-eight days after the first of them: no row is in both.
    seen(story, 58, 0.5);
    expect(story.starts).toHaveLength(1);
  });

  it('one look between that does not show it starts the count anew, and few looks are kept', () => {
    const story = new Story({ triggers: drift({ share: 0.3, windows: 3 }) });
    for (let n = 30; n < 58; n++) seen(story, n, n === 40 ? 0.1 : 0.5);
    for (let n = 58; n < 41 + 56; n++) seen(story, n, 0.5);
    expect(story.starts).toEqual([]);
    expect(story.memory?.facts.drift.length).toBeLessThan(6);
    seen(story, 41 + 56, 0.5);
    expect(story.starts).toHaveLength(1);
  });

  it('each condition has its own row, also where another one is broken', () => {
    const story = new Story({ triggers: any(drift({ column: 'a', windows: 2 }), drift({ column: 'b', windows: 2 })) });
    const told = (n: number, a: boolean, b: boolean) => {
      const columns = [
        { name: 'a', drifted: a },
        { name: 'b', drifted: b },
      ];
      story.at(day(n), story.evidence('driftMeasured', day(n), { share: 0, columns, window: window(n, 28) }));
    };
    told(30, true, true);
    told(40, false, true);
    told(50, true, false);
    told(58, true, true);
    expect(story.starts).toEqual([]);
    told(78, true, true);
    expect(story.starts[0]?.trigger.reasons?.map(({ words }) => words)).toEqual([expect.stringContaining('a drifted')]);
  });

  it('measured metrics, too', () => {
    const story = new Story({ triggers: performance({ metric: 'auc', below: 0.7, windows: 2 }) });
    for (const n of [30, 37, 44, 51]) story.at(day(n), story.metric(day(n), 'auc', 0.6, { window: window(n, 28) }));
    expect(story.starts).toEqual([]);
    story.at(day(58), story.metric(day(58), 'auc', 0.6, { window: window(58, 28) }));
    expect(story.starts).toHaveLength(1);
  });
});

describe('too few rows', () => {
  const tooFew = { rows: 100, least: 200 };
  it('is told as that, and is neither drift nor its absence', () => {
    const story = new Story({ triggers: drift({ share: 0.3, windows: 2 }) });
    story.at(day(1), story.evidence('driftMeasured', day(1), { tooFew }));
    expect(story.last?.lacking[0]).toContain('too few rows to judge (100 of 200)');
    story.at(day(2), story.drift(day(2), 0.5));
    story.at(day(3), story.evidence('driftMeasured', day(3), { tooFew }));
    expect(story.last?.lacking[0]).toContain('1 of 2 windows; since then too few rows to judge (100 of 200)');
    story.at(day(4), story.drift(day(4), 0.5));
    expect(story.starts).toHaveLength(1);
  });

  it('nor a figure of the model', () => {
    const story = new Story({ triggers: performance({ metric: 'auc', below: 0.7 }) });
    story.at(day(1), story.metric(day(1), 'auc', Number.NaN, { value: 'NaN', tooFew }));
    expect(story.last?.lacking[0]).toContain('too few rows to judge (100 of 200)');
    const rare = { rows: 12, least: 30, what: 'positive rows' };
    story.at(day(2), story.metric(day(2), 'auc', 0.1, { tooFew: rare }));
    expect(story.last?.lacking[0]).toContain('too few positive rows to judge (12 of 30)');
    expect(story.starts).toEqual([]);
  });
});

describe('a figure has an error', () => {
  const interval = { lower: 0.66, upper: 0.72, confidence: 0.999 };
  it.each([
    ['below', performance({ metric: 'auc', below: 0.7 }), false],
    ['below, all of it', performance({ metric: 'auc', below: 0.721 }), true],
    ['an estimate', estimatedPerformance({ metric: 'auc', below: 0.7 }), false],
    ['an estimate, all of it', estimatedPerformance({ metric: 'auc', below: 0.721 }), true],
    // 0.75 − 0.69 is 0.06; its own error takes 0.03 of it.
    ['a drop', performance({ metric: 'auc', dropFromChampion: 0.02 }), true],
    ['a drop within the error', performance({ metric: 'auc', dropFromChampion: 0.04 }), false],
  ])('%s', (_, triggers, fires) => {
    const story = new Story({ triggers });
    const estimated = triggers.kind === 'estimatedPerformance';
    story.at(day(1), story.metric(day(1), 'auc', 0.69, { ...interval, champion: 0.75, estimated }));
    expect(story.starts).toHaveLength(fires ? 1 : 0);
  });

  it.each([
    ['auc', 0.69, 0.75, { championLower: 0.71 }, 0.02],
    ['rmse', 12, 10, { championUpper: 11.5 }, 0.4],
  ])('a drop of %s within the champion’s own interval is no event', (metric, value, champion, known, drop) => {
    const fires = (more: object) => {
      const story = new Story({ triggers: performance({ metric, dropFromChampion: drop }) });
      const own = metric === 'auc' ? interval : { lower: 11, upper: 13, confidence: 0.999 };
      story.at(day(1), story.metric(day(1), metric, value, { ...own, champion, ...more }));
      return story.starts.length;
    };
    expect(fires(known)).toBe(0);
    expect(fires({})).toBe(1);
  });
});

describe('what drifted', () => {
  const side = { rows: 1_000, nulls: 0, infinite: 0, distinct: 900, mean: 0, std: 1, min: -3, max: 3 };
  const column = (chance: number | null, rows = 1_000, drifted = true) => ({
    ...{ method: 'psi' as const, threshold: 0.1, value: drifted ? 0.3 : 0.01, drifted, measures: 'distance' as const },
    ...{ kind: 'numerical' as const, exact: true, error: null, distribution: null, notes: [], chance },
    ...{ reference: side, current: { ...side, rows } },
  });
  const result = (columns: Record<string, ReturnType<typeof column>>) => ({
    ...{ columns, drifted: 0, share: 1, dataset_drift: true, share_threshold: 0.5, tested: 4, untested: [] },
    ...{ rows: { reference: 1_000, current: 1_000 }, tests: [], notes: [] },
  });

  it('is beyond its threshold and beyond chance, of columns that can be judged', () => {
    const columns = {
      noise: column(0.001),
      moved: column(1e-9),
      trifle: column(1e-9, 1_000, false),
      few: column(1e-9, 150),
      rare: column(null),
    };
    const found = driftVerdict(result(columns), { falseAlarms: 0.05, looksPerYear: 8_766, leastRows: 200 });
    expect(Object.fromEntries(Object.entries(found.columns).map(([name, { drifted }]) => [name, drifted]))).toEqual({
      ...{ noise: false, moved: true, trifle: false },
    });
    expect(found).toMatchObject({ tested: 3, drifted: 1, share: 1 / 3, dataset_drift: false });
    expect(found.untested.map(({ column: name, reason }) => [name, reason])).toEqual([
      ['few', 'too few rows to judge (150 of 200)'],
      ['rare', expect.stringContaining('too few rows')],
    ]);
  });

  it('which methods are distances is listed once', () => {
    expect(DISTANCES).toEqual(['wasserstein', 'jensenshannon', 'psi', 'kl_div', 'hellinger', 'ed']);
  });
});

describe('the time of a decision', () => {
  it('is now, though the watch tells half a minute after it looked; a person’s pause, too', () => {
    const story = new Story({ triggers: drift({ share: 0.3 }) });
    const at = (seconds: number) => new Date(Date.UTC(2026, 0, 2, 6, 0, seconds)).toISOString();
    story.at(at(28), story.drift(at(0), 0.1));
    expect(story.last).toMatchObject({ at: at(28), decidedAt: at(28) });
    story.at(at(50), { kind: 'pause', by: 'anna', reason: 'because' });
    expect(story.last).toMatchObject({ outcome: 'paused', at: at(50), decidedAt: at(50) });
    expect(story.memory?.paused?.at).toBe(at(50));
  });

  it('is that of the data while another year passes', () => {
    const story = new Story({ triggers: drift({ share: 0.3 }) });
    story.at('2027-06-01T00:00:00.000Z', story.drift(day(1), 0.1));
    story.at('2027-06-01T00:00:10.000Z', { kind: 'pause', by: 'anna', reason: 'because' });
    expect(story.last?.at).toBe('2026-01-01T00:00:10.000Z');
  });
});
