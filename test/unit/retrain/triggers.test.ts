/** Each condition: what makes it hold, what it says then, and what it says while it does not. */
import {
  all,
  any,
  codeChange,
  drift,
  estimatedPerformance,
  newPartitions,
  newRows,
  not,
  performance,
  schedule,
  upstream,
} from 'ratchet-ml';
import { describe, expect, it } from 'vitest';
import { day, Story } from './story.ts';

describe('the classic rule: one line', () => {
  const triggers = any(
    performance({ metric: 'accuracy', below: 0.92 }),
    drift({ share: 0.3 }),
    newRows({ atLeast: 100_000 }),
    schedule('0 2 * * 1'),
    codeChange({ paths: ['pipelines/p/**'] }),
  );
  const first = (make: (story: Story) => Parameters<Story['at']>[1]) => {
    const story = new Story({ triggers });
    story.at(day(1), make(story));
    return story;
  };

  it.each([
    [
      'performance',
      (s: Story) => s.metric(day(1), 'accuracy', 0.91),
      'accuracy is 0.91, below 0.92, in the last window, told 2026-01-01T00:00:00.000Z',
      { accuracy: 0.91 },
    ],
    [
      'drift',
      (s: Story) => s.drift(day(1), 0.31, [{ name: 'temp', drifted: true }]),
      '0.31 of the columns drifted, the limit is 0.3: temp; in the last window, told 2026-01-01T00:00:00.000Z',
      { drift_share: 0.31 },
    ],
    ['newRows', (s: Story) => s.rows(day(1), 100_000), '100,000 new rows, 100,000 are enough', { new_rows: 100_000 }],
    ['schedule', (s: Story) => s.calendar(day(1), '0 2 * * 1'), '0 2 * * 1 (UTC)', {}],
    [
      'codeChange',
      (s: Story) =>
        s.evidence('codeChanged', day(1), { commit: 'c0ffee', paths: ['pipelines/p/train.py', 'README.md'] }),
      'pipelines/p/train.py changed in c0ffee',
      { changed_files: 1 },
    ],
  ])('%s', (kind, make, words, figures) => {
    const story = first(make);
    expect(story.starts).toHaveLength(1);
    const [reason] = story.last?.reasons ?? [];
    expect(reason).toMatchObject({ kind, words, figures, source: 'test', evidence: ['e1'] });
    expect(story.starts[0]?.trigger).toMatchObject({
      kind,
      reason: words,
      figures,
      reasons: [{ kind, evidence: ['e1'] }],
    });
  });

  it.each([
    [(s: Story) => s.metric(day(1), 'accuracy', 0.92)],
    [(s: Story) => s.metric(day(1), 'accuracy', Number.NaN)],
    [(s: Story) => s.metric(day(1), 'accuracy', 0.5, { estimated: true })],
    [(s: Story) => s.metric(day(1), 'recall', 0.1)],
    [(s: Story) => s.drift(day(1), 0.29)],
    [(s: Story) => s.rows(day(1), 99_999)],
    [(s: Story) => s.calendar(day(1), '0 2 * * 2')],
    [(s: Story) => s.calendar(day(1), '0 2 * * 1', 'Europe/Berlin')],
    [(s: Story) => s.evidence('codeChanged', day(1), { paths: ['pipelines/q/train.py'] })],
    [(s: Story) => s.evidence('fired', day(1), { trigger: 'upstream', detail: 'p' })],
  ])('not firing is a decision, too, with what is missing (%#)', (make) => {
    const story = first(make);
    expect(story.starts).toEqual([]);
    expect(story.last).toMatchObject({ outcome: 'no-run', evidence: ['e1'] });
    expect(story.last?.lacking).toHaveLength(5);
  });

  it('tells figures and limits of what is missing', () => {
    const story = new Story({ triggers });
    story.at(day(1), story.rows(day(1), 60_000), story.drift(day(1), 0.1), story.metric(day(1), 'accuracy', 0.95));
    expect(story.last?.lacking).toEqual([
      'accuracy below 0.92: 0.95 in the last window, told 2026-01-01T00:00:00.000Z',
      'share of drifted columns ≥ 0.3: 0.1 in the last window, told 2026-01-01T00:00:00.000Z',
      '60,000 of 100,000 new rows',
      '0 2 * * 1 (UTC)',
      'a change of pipelines/p/**',
    ]);
  });
});

describe('hysteresis', () => {
  it('three windows in a row: one that is fine starts the count anew', () => {
    const story = new Story({ triggers: drift({ share: 0.3, windows: 3 }) });
    for (const [n, share] of [0.4, 0.5, 0.1, 0.4, 0.4].entries()) story.at(day(n + 1), story.drift(day(n + 1), share));
    expect(story.starts).toEqual([]);
    expect(story.last?.lacking[0]).toContain('2 of 3 windows');
    story.at(day(6), story.drift(day(6), 0.4));
    expect(story.last?.reasons[0]).toMatchObject({ evidence: ['e4', 'e5', 'e6'] });
    expect(story.starts).toHaveLength(1);
  });

  it('a named column counts by itself, however many others drift', () => {
    const story = new Story({ triggers: drift({ column: 'temp' }) });
    const others = Array.from({ length: 20 }, (_, n) => ({ name: `c${n}`, drifted: true }));
    story.at(day(1), story.drift(day(1), 0.9, [...others, { name: 'temp', drifted: false }]));
    expect(story.starts).toEqual([]);
    story.at(day(2), story.drift(day(2), 0.9, [...others, { name: 'temp', drifted: true }]));
    expect(story.starts).toHaveLength(1);
  });
});

describe('performance', () => {
  it('with a confidence the whole interval must lie beyond the limit', () => {
    const story = new Story({ triggers: performance({ metric: 'auc', below: 0.7, confidence: 0.95 }) });
    story.at(day(1), story.metric(day(1), 'auc', 0.6));
    expect(story.last?.lacking[0]).toContain('without an interval');
    story.at(day(2), story.metric(day(2), 'auc', 0.68, { lower: 0.66, upper: 0.71, confidence: 0.95 }));
    story.at(day(3), story.metric(day(3), 'auc', 0.68, { lower: 0.67, upper: 0.69, confidence: 0.9 }));
    expect(story.starts).toEqual([]);
    story.at(day(4), story.metric(day(4), 'auc', 0.68, { lower: 0.67, upper: 0.69, confidence: 0.95 }));
    expect(story.starts).toHaveLength(1);
  });

  it.each([
    ['auc', 0.7, 0.74, 0.75, true],
    ['auc', 0.76, 0.75, 0.75, false],
    ['rmse', 12, 10, 10.5, true],
    ['rmse', 10.2, 10, 10.5, false],
  ])('a drop of %s is counted in the direction of worse', (metric, value, champion, _limit, fires) => {
    const story = new Story({ triggers: performance({ metric, dropFromChampion: metric === 'auc' ? 0.03 : 0.5 }) });
    story.at(day(1), story.metric(day(1), metric, value, { champion }));
    expect(story.starts).toHaveLength(fires ? 1 : 0);
  });

  it('an estimate is no measurement, and the other way round', () => {
    const story = new Story({ triggers: estimatedPerformance({ metric: 'auc', below: 0.7 }) });
    story.at(day(1), story.metric(day(1), 'auc', 0.6));
    expect(story.starts).toEqual([]);
    story.at(day(2), story.metric(day(2), 'auc', 0.6, { estimated: true }));
    expect(story.starts[0]?.trigger.kind).toBe('estimatedPerformance');
  });
});

describe('combinations', () => {
  it('all wants each since the last run; not holds as long as its condition does not', () => {
    const story = new Story({
      triggers: all(newPartitions({ atLeast: 2 }), upstream('features'), not(drift({ column: 'temp' }))),
    });
    const partition = (name: string) => ({ partitions: [{ name, rows: 1 }] });
    story.at(
      day(1),
      story.evidence('dataArrived', day(1), partition('a')),
      story.evidence('dataArrived', day(1), partition('b')),
    );
    story.at(day(2), story.drift(day(2), 0.1, [{ name: 'temp', drifted: true }]));
    story.at(day(3), story.evidence('fired', day(3), { trigger: 'upstream', detail: 'features' }));
    expect(story.last?.lacking).toEqual([expect.stringContaining('not: temp drifted')]);
    story.at(day(4), story.drift(day(4), 0.1, [{ name: 'temp', drifted: false }]));
    expect(story.starts[0]?.trigger.reasons?.map(({ kind }) => kind)).toEqual(['newPartitions', 'upstream']);
  });

  it('a person is heard whatever the condition is', () => {
    const story = new Story({ triggers: all(newRows({ atLeast: 10 }), schedule('0 0 * * *')) });
    const { answers } = story.at(day(1), story.ask(day(1), 'now'));
    expect(answers).toEqual([{ id: 'now', answer: { outcome: 'started', runId: 'run/p/now' } }]);
  });
});

describe('a figure that was not measured now', () => {
  const window = { from: day(1), to: day(29) };
  const of = `in the last window, from ${day(1)} to ${day(29)}`;

  it('says which rows it is of, and as of when the champion is that it is compared with', () => {
    const story = new Story({ triggers: any(performance({ metric: 'roc_auc', dropFromChampion: 0.1 })) });
    const champion = { window, champion: 0.75, championAt: day(2), version: '3' };
    story.at(day(30), story.metric(day(30), 'roc_auc', 0.74, champion));
    expect(story.memory?.view.lacking[0]).toMatch(new RegExp(`: 0\\.74 ${of}$`));
    story.at(day(31), story.metric(day(31), 'roc_auc', 0.61, champion));
    expect(story.decisions.at(-1)?.reasons[0]?.words).toBe(
      `roc_auc is 0.61, worse than the champion's by more than 0.1 (0.75 on its holdout, as of ${day(2)}), ${of}`,
    );
  });

  it('of an estimate, too, and of drift', () => {
    const story = new Story({
      triggers: any(
        estimatedPerformance({ metric: 'roc_auc', below: 0.7 }),
        drift({ share: 0.3 }),
        drift({ column: 'b' }),
      ),
    });
    story.at(
      day(30),
      story.metric(day(30), 'roc_auc', 0.65, {
        window,
        estimated: true,
        conditions: ['the scores are calibrated', 'only P(X) moved'],
      }),
      story.evidence('driftMeasured', day(30), { window, share: 0.5, columns: [{ name: 'b', drifted: true }] }),
    );
    const words = story.decisions.at(-1)?.reasons.map((reason) => reason.words) ?? [];
    expect(words).toHaveLength(3);
    for (const each of words) expect(each).toContain(of);
    expect(words[0]).toMatch(
      /^estimated roc_auc is 0\.65.*; the estimate holds if the scores are calibrated, and if only P\(X\) moved$/,
    );
  });
});
