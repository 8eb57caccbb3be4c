/** Rows that a side was trained on judge nobody: which they are, what the gate says, and when nobody knows. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { trainingRows } from '#activities/model/train.ts';
import { type DatasetRef, EvidenceRef, ModelRef } from '#contracts/data.ts';
import { GateRules } from '#contracts/gate-rules.ts';
import type { OverlapSide } from '#contracts/overlap.ts';
import { readTrainingTag, type Training, trainingTag } from '#contracts/training-rows.ts';
import { decideGate } from '#decisions/gate.ts';
import { rowsInCommon } from '#decisions/rows-in-common.ts';
import { seenRows } from '#measures/evaluation/overlap.ts';
import type { ReadColumns } from '#ports/tables.ts';

const at = (day: number) => new Date(Date.UTC(2011, 6, 1) + day * 86_400_000).toISOString();
const window = (from: number, to: number) => ({ column: 'time', from: at(from), to: at(to) });
const holdout = (origin: DatasetRef['origin'], digest = 'md5:holdout'): DatasetRef => ({
  ...{ kind: 'dataset', uri: 'memory:holdout', digest, format: 'parquet', rows: 100, bytes: 1, columns: [] },
  origin,
});
const times = { uri: 'memory:times', digest: 'md5:times' };
const trained = (more: Partial<Training[number]>): Training => [{ digest: 'md5:old', rows: 500, ...more }];
const nothing = { windows: [], places: [], all: false, unknown: [] };

describe('rows of a holdout that a model was trained on', () => {
  const held = holdout({ window: window(30, 40), apartFrom: 'md5:train', times });
  it.each([
    ['a window before', trained({ window: window(0, 30) }), nothing],
    ['a window after', trained({ window: window(40, 60) }), nothing],
    ['one that reaches into it', trained({ window: window(0, 31) }), { ...nothing, windows: [window(0, 31)] }],
    ['one that lies around it', trained({ window: window(0, 90) }), { ...nothing, windows: [window(0, 90)] }],
    ['the other part of its split', trained({ digest: 'md5:train', window: window(0, 31) }), nothing],
    ['the holdout itself', trained({ digest: 'md5:holdout' }), { ...nothing, all: true }],
    ['rows without a time', trained({}), { ...nothing, unknown: trained({}) }],
    ['nobody knows what', undefined, { ...nothing, unknown: [{ digest: null, rows: null }] }],
    [
      'two parts, one of them unknown',
      [...trained({ window: window(35, 36) }), ...trained({})],
      { ...nothing, windows: [window(35, 36)], unknown: trained({}) },
    ],
  ] as const)('%s', (_, training, found) => {
    expect(rowsInCommon(held, training as Training | undefined)).toEqual(found);
  });

  it('without the times of its rows: all when the window covers it, else nobody knows', () => {
    const bare = holdout({ window: window(30, 40) });
    expect(rowsInCommon(bare, trained({ window: window(0, 90) })).all).toBe(true);
    expect(rowsInCommon(bare, trained({ window: window(0, 35) })).unknown).toHaveLength(1);
    expect(rowsInCommon(bare, trained({ window: window(0, 30) }))).toEqual(nothing);
  });

  it('without a time column: by the place in the same table, and nobody knows of another one', () => {
    const places = (table: string, from: number, to: number) => ({ table, from, to });
    const last = holdout({ places: places('a', 400, 500) });
    expect(rowsInCommon(last, trained({ places: places('a', 0, 400) }))).toEqual(nothing);
    expect(rowsInCommon(last, trained({ places: places('a', 0, 450) }))).toEqual({
      ...nothing,
      places: [{ from: 0, to: 50 }],
    });
    expect(rowsInCommon(last, trained({ places: places('b', 0, 400) })).unknown).toHaveLength(1);
  });

  it('are marked row by row, each by its own time', async () => {
    const day = fc.integer({ min: 0, max: 40 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(day, { minLength: 1, maxLength: 60 }),
        fc.array(fc.tuple(day, day), { maxLength: 4 }),
        async (days, spans) => {
          const rows = days.toSorted((a, b) => a - b);
          const windows = spans.map(([from, to]) => window(Math.min(from, to), Math.max(from, to) + 1));
          const read = (async () => ({
            rows: rows.length,
            columns: { time: Float64Array.from(rows, (each) => Date.parse(at(each))) },
          })) as unknown as ReadColumns;
          const side = { windows, places: [], all: false, unknown: [] };
          const { candidate, champion } = await seenRows(
            { times: 't', candidate: side, champion: null },
            rows.length,
            read,
          );
          const inside = (time: string) => windows.some(({ from, to }) => time >= from && time < to);
          expect([...candidate]).toEqual(rows.map((each) => (inside(at(each)) ? 1 : 0)));
          expect(champion.every((seen) => seen === 0)).toBe(true);
        },
      ),
    );
  });
});

describe('what a trainer was given', () => {
  const features = holdout({ window: window(0, 30) }, 'md5:train');
  const model = (training?: Training) =>
    ModelRef.parse({
      ...{ kind: 'model', runId: 'r', uri: 'runs:/r/model', digest: 'd', environment: null, trainedOn: null, training },
    });
  it('are the features, further parts of a split, and what the model that it begins from has seen', () => {
    const validation = holdout({ window: window(30, 40), times }, 'md5:validation');
    const lookup = { ...validation, digest: 'md5:planes', origin: undefined };
    const own = { digest: 'md5:train', rows: 100, window: window(0, 30) };
    expect(trainingRows({ features, inputs: { lookup }, init: undefined })).toEqual([own]);
    expect(trainingRows({ features, inputs: { validation }, init: model(trained({})) })).toEqual([
      own,
      { digest: 'md5:validation', rows: 100, window: window(30, 40) },
      ...trained({}),
    ]);
    expect(trainingRows({ features, inputs: {}, init: model() })).toEqual([own, { digest: null, rows: null }]);
  });
  it('are as many as a reader can hold, the rest unknown', () => {
    const many = Array.from({ length: 20 }, (_, index) => trained({ digest: `md5:${index}` })).flat();
    const all = trainingRows({ features, inputs: {}, init: model(many) });
    expect(all).toHaveLength(20);
    expect(all.at(-1)).toEqual({ digest: null, rows: null });
  });
  it('come back from a version’s tag, and nothing comes from what is none', () => {
    const training = trained({ window: window(0, 30) });
    expect(readTrainingTag(trainingTag(training) ?? '')).toEqual(training);
    for (const tag of [undefined, '', '{', '[{}]', '{"rows":1}', '"a"']) expect(readTrainingTag(tag)).toBeUndefined();
    expect(trainingTag(trained({ digest: 'x'.repeat(6_000) }))).toBeNull();
  });
});

describe('the gate', () => {
  const rules = GateRules.parse({ metric: 'roc_auc', minimumEffect: 0.002, floors: { roc_auc: 0.6 } });
  const champion: OverlapSide = {
    ...{ side: 'champion', training: trained({ window: window(0, 35) }), rows: 0, windows: [], unknown: false },
  };
  const own: OverlapSide = { ...champion, side: 'candidate' };
  const judged = (overlap: EvidenceRef['overlap'], rows = 1_000) => {
    const figures = { candidate: 0.7, champion: 0.65, difference: 0.05, lower: 0.04, upper: 0.06 };
    return decideGate({
      rules,
      evidence: EvidenceRef.parse({
        ...{ kind: 'evidence', uri: 'memory:e', digest: 'e', html: null, task: 'binary', rows, overlap },
        directions: { roc_auc: true },
        candidate: { digest: 'new', runId: 'r', metrics: { roc_auc: 0.7 } },
        champion: { version: '3', digest: 'old', metrics: { roc_auc: 0.65 } },
        comparisons: [{ metric: 'roc_auc', higherIsBetter: true, ...figures, confidence: 0.95, resamples: 1_000 }],
        slices: [],
        dropped: { target: 0, candidate: 0, champion: 0 },
      }),
    });
  };
  const seen = (rows: number): OverlapSide => ({ ...champion, rows, windows: [window(0, 35)] });

  it('judges on the rest, and says how many were left out and of which time', () => {
    const { outcome, reasons } = judged({ rows: 250, holdout: window(30, 40), sides: [own, seen(250)] });
    expect(outcome).toBe('passed');
    expect(reasons).toContain(
      'note: 250 of 1,000 holdout rows were left out for both sides: champion v3 was trained on rows from 2011-07-01 up to 2011-08-04T23:59:59.999Z (time), and they lie in that time',
    );
  });
  it('refuses when too few are left, and says what to do', () => {
    const { outcome, reasons, distance } = judged({ rows: 960, holdout: window(30, 40), sides: [own, seen(960)] });
    expect({ outcome, distance }).toEqual({ outcome: 'refused', distance: { rows: 60 } });
    expect(reasons[0]).toBe(
      'only 40 of the 1,000 holdout rows are left to judge on, and the gate needs 100: champion v3 was trained on rows from 2011-07-01 up to 2011-08-04T23:59:59.999Z (time), and they lie in that time. Run as of a time at least 5 days later, so that the holdout begins at 2011-08-05 or after, or make a version champion that was trained on earlier rows (`ratchet rollback`).',
    );
    expect(judged({ rows: 900, holdout: window(30, 40), sides: [own, seen(900)] }).outcome).toBe('passed');
    expect(judged({ rows: 1_000, holdout: null, sides: [{ ...own, rows: 1_000 }, champion] }).reasons[0]).toMatch(
      /^none of the 1,000 holdout rows is left.*the candidate was trained on these very rows. Give evaluate a holdout that no trainer was given/,
    );
  });
  it('says when nobody knows, and refuses nothing for it', () => {
    const unknown = judged({ rows: 0, holdout: null, sides: [own, { ...champion, training: [], unknown: true }] });
    expect(unknown.outcome).toBe('passed');
    expect(unknown.reasons).toContainEqual(expect.stringMatching(/^note: unknown training rows: .*champion v3/));
    const places = judged({
      rows: 0,
      holdout: null,
      sides: [own, { ...champion, training: trained({}), unknown: true }],
    });
    expect(places.reasons).toContainEqual(
      expect.stringMatching(/^note: whether champion v3 .*is not known: without a time/),
    );
    expect(judged(undefined).reasons.filter((reason) => reason.startsWith('note: '))).toEqual([]);
  });
  it('does not take small holdouts that nobody has seen for too few', () => {
    expect(judged({ rows: 0, holdout: null, sides: [own, champion] }, 50).outcome).toBe('passed');
  });
});
