/** A holdout that no run could fill is foreseen by what the pipeline says of itself, and no other one is. */
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import fc from 'fast-check';
import { continuousTraining, definePipeline, featurize, python, validateData } from 'ratchet-ml';
import { simulate } from 'ratchet-ml/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Duration } from '#contracts/duration.ts';
import { emptyHoldouts } from '#decisions/empty-holdout.ts';

const asOf = '2026-03-01T00:00:00.000Z';
const days = (count: number): Duration => `${count}d`;
const before = (time: string, count: number) => new Date(Date.parse(time) - count * 86_400_000).toISOString();

interface Said {
  /** Days. */
  holdout: number;
  labels?: number | null;
  /** How long before the run the split and the data end. */
  splitEnds?: number;
  dataEnds?: number | null;
}
const pipeline = ({ holdout, labels = null, splitEnds = 0, dataEnds = null }: Said) =>
  definePipeline({
    name: 'late',
    params: z.object({}),
    ...(labels === null ? {} : { watch: { source: 'd.csv', timeColumn: 't', target: 'y', labelsAfter: days(labels) } }),
    graph: ({ asOf: now, run, map }) => {
      const cut = dataEnds === null ? {} : { timeColumn: 't', asOf: before(now, dataEnds) };
      const data = run(validateData, { source: 'd.csv', expectations: [], ...cut });
      // In a body as well as outside of one.
      map([data.snapshot], (snapshot) => run(featurize, { data: snapshot, time: 't' }));
      run(featurize, {
        data: data.snapshot,
        time: 't',
        split: { by: 'time', asOf: before(now, splitEnds), train: '90d', holdout: days(holdout) },
      });
    },
  });
const foreseen = (said: Said) =>
  emptyHoldouts(pipeline(said).compile({}, { champion: null, asOf }), said.labels == null ? null : days(said.labels));

describe('a holdout', () => {
  it('without labels is foreseen, with the dates and what to write', () => {
    const [found, ...others] = foreseen({ holdout: 28, labels: 28 });
    expect(others).toEqual([]);
    expect(found?.message).toBe(
      "featurize-2: no row of the holdout would have a label in a run as of 2026-03-01: the holdout is from 2026-02-01 up to 2026-03-01 (the last 28d before 2026-03-01), and labels come 28d after their rows, so that only rows before 2026-02-01 have one. End training and holdout 28d earlier (split.asOf at 2026-02-01, and gap: '28d'), as labelsAfter of continuousTraining does, or make the holdout longer than 28d",
    );
    expect(found?.at).toMatch(/empty-holdout\.test\.ts:\d+/);
  });
  it('beyond the end of its data is foreseen', () => {
    const [found] = foreseen({ holdout: 14, dataEnds: 20 });
    expect(found?.message).toMatch(
      /^featurize-2: the holdout would be empty in a run as of 2026-03-01: the holdout is from 2026-02-15 .* and validateData leaves out all rows from 2026-02-09 on/,
    );
  });
  it('is foreseen exactly where no row of it can have a label, or be there', () => {
    const length = fc.integer({ min: 1, max: 60 });
    const maybe = fc.option(fc.integer({ min: 0, max: 60 }));
    fc.assert(
      fc.property(length, maybe, fc.integer({ min: 0, max: 60 }), maybe, (holdout, labels, splitEnds, dataEnds) => {
        const rows = Array.from({ length: holdout }, (_, index) => splitEnds + index + 1);
        const usable = rows.filter((age) => age > (labels ?? 0) && age > (dataEnds ?? 0));
        const possible =
          rows.filter((age) => age > (labels ?? 0)).length > 0 &&
          rows.filter((age) => age > (dataEnds ?? 0)).length > 0;
        expect(foreseen({ holdout, labels, splitEnds, dataEnds })).toHaveLength(possible ? 0 : 1);
        if (usable.length > 0) expect(possible).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
  it('of a preset that says how late labels are is not empty', () => {
    const preset = continuousTraining({
      ...{ name: 'late', data: 'd.csv', target: 'y', time: 't', trainer: python('train.py'), labelsAfter: '28d' },
      ...{ train: '90d', holdout: '28d', rules: { metric: 'roc_auc', minimumEffect: 0 }, watch: {} },
    });
    expect(emptyHoldouts(preset.compile({}, { champion: null, asOf }), preset.watch?.labelsAfter ?? null)).toEqual([]);
  });
});

it('a simulation says so before its first day', async () => {
  const environment = { currentTimeMs: async () => Date.parse(asOf) } as unknown as TestWorkflowEnvironment;
  const nobody = () => ({});
  await expect(
    simulate({
      environment,
      pipeline: pipeline({ holdout: 7, labels: 28 }),
      days: 1,
      day: nobody as never,
      candidate: nobody,
    }),
  ).rejects.toMatchObject({
    type: 'InvalidPipeline',
    message: expect.stringContaining('no row of the holdout would have a label'),
  });
});
