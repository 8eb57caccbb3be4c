/** The whole measurement of evaluate over the reference's predictions: what scikit-learn, scipy and statsmodels make of them. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type FiguresRequest, measureModels } from '#measures/evaluation/figures.ts';
import type { ReadColumns } from '#ports/tables.ts';

const folder = new URL('../golden/gate/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder), 'utf8');
const golden = JSON.parse(read('expected.json'));

/** A CSV as the data host reads it: no value is NaN or null, texts are codes into their values. */
function reading(name: string): { read: ReadColumns; rows: number } {
  const [head = '', ...lines] = read(name).trim().split('\n');
  const names = head.split(',');
  const cells = lines.map((line) => line.split(','));
  const column = (wanted: string, kind: string) => {
    const texts = cells.map((row) => row[names.indexOf(wanted)] ?? '');
    if (kind === 'number') return Float64Array.from(texts, (text) => (text === '' ? Number.NaN : Number(text)));
    const values = [...new Set(texts.filter((text) => text !== ''))];
    return { codes: Int32Array.from(texts, (text) => (text === '' ? -1 : values.indexOf(text))), values };
  };
  const reader = async (_: string, wanted: Record<string, string>) => ({
    rows: cells.length,
    columns: Object.fromEntries(Object.entries(wanted).map(([name, kind]) => [name, column(name, kind)])),
  });
  return { read: reader as unknown as ReadColumns, rows: cells.length }; // only the real reader's type says what is read
}
const binary = reading('binary.csv');
const regression = reading('regression.csv');
const scored = (column: string) => ({
  ...{ file: 'binary.csv', rows: binary.rows, value: null, label: null },
  probabilities: [
    { label: '0', column },
    { label: '1', column },
  ],
});
const valued = (value: string) => ({
  ...{ file: 'regression.csv', rows: regression.rows, value, label: null, probabilities: null },
});
const nothing = { all: false, places: [], windows: [], unknown: [] };
const asked = (more: Partial<FiguresRequest>): FiguresRequest => ({
  ...{ holdout: 'h', target: 'y', task: 'binary', threshold: 0.5, compare: null, compareBy: 'bootstrap', weight: null },
  ...{ candidate: scored('challenger'), champion: scored('champion'), slices: [], minimumSliceRows: 1 },
  seen: { times: null, candidate: nothing, champion: nothing },
  dependence: { by: 'rows', times: null, groupBy: null, block: null },
  bootstrap: { resamples: 100, confidence: 0.95, seed: 0 },
  ...more,
});

const names: Record<string, string> = { precision: 'precision_binary', recall: 'recall_binary', f1: 'f1_binary' };
/** Every figure that the reference has, too; null is NaN. */
function agrees(figures: Readonly<Record<string, unknown>>, expected: Record<string, number | null>, least: number) {
  let compared = 0;
  for (const [metric, value] of Object.entries(figures)) {
    const wanted = expected[names[metric] ?? metric];
    // Bins of equal counts, which the reference does not have.
    if (wanted === undefined || metric === 'ece') continue;
    compared++;
    if (wanted === null) expect(value, metric).toBe('NaN');
    else expect(Math.abs(Number(value) - wanted), metric).toBeLessThanOrEqual(1e-12 * Math.max(1e-3, Math.abs(wanted)));
  }
  expect(compared).toBeGreaterThanOrEqual(least);
}

describe('two classes', () => {
  it('overall and in every slice: tiny, of five rows, of one class; rows without a group are a slice of their own', async () => {
    const { candidate, champion, slices } = await measureModels(
      asked({ slices: ['region', 'sex', 'plan'] }),
      binary.read,
    );
    agrees(candidate, golden.binary.challenger.overall, 10);
    agrees(champion ?? {}, golden.binary.champion.overall, 10);
    for (const slice of slices) {
      if (slice.value === '(missing)') {
        expect([slice.column, slice.rows]).toEqual(['sex', 34]);
        continue;
      }
      agrees(slice.candidate, golden.binary_slices.challenger[slice.column][slice.value], 10);
      agrees(slice.champion ?? {}, golden.binary_slices.champion[slice.column][slice.value], 10);
      const { accuracy, roc_auc } = slice.difference ?? {};
      expect(Number(accuracy?.difference)).toBeCloseTo(
        Number(slice.candidate.accuracy) - Number(slice.champion?.accuracy),
        12,
      );
      if (slice.value === 'single_class') expect(roc_auc?.standardError).toBe('NaN');
    }
    expect(slices).toHaveLength(12);
  });

  it('by weights, those of 0 among them', async () => {
    const { candidate, champion, comparisons } = await measureModels(asked({ weight: 'weight' }), binary.read);
    agrees(candidate, golden.binary.challenger.weighted, 10);
    agrees(champion ?? {}, golden.binary.champion.weighted, 10);
    const auc = comparisons.find(({ metric }) => metric === 'roc_auc');
    const gain = golden.binary.challenger.weighted.roc_auc - golden.binary.champion.weighted.roc_auc;
    expect(auc?.difference).toBeCloseTo(gain, 12);
    expect(Number(auc?.lower)).toBeLessThan(gain);
  });

  it('rows without a score are dropped for both, counted, and nothing else is', async () => {
    const { nan_rows, rows_with_nan_dropped } = golden.binary.challenger_with_nan;
    const {
      candidate,
      dropped,
      scored: counts,
    } = await measureModels(asked({ candidate: scored('challenger_with_nan') }), binary.read);
    agrees(candidate, rows_with_nan_dropped, 10);
    expect(dropped).toEqual({ target: 0, candidate: nan_rows, champion: 0 });
    const kept = binary.rows - nan_rows;
    expect(counts).toEqual({ eligible: binary.rows, candidate: kept, champion: binary.rows, both: kept });
  });

  it('by DeLong and by McNemar', async () => {
    const delong = (await measureModels(asked({ compareBy: 'delong' }), binary.read)).comparisons;
    const expected = golden.delong.champion_minus_challenger;
    expect(delong).toHaveLength(1);
    expect(delong[0]).toMatchObject({ metric: 'roc_auc', method: 'delong', resamples: 0 });
    expect(Number(delong[0]?.standardError) ** 2 / expected.variance_of_difference).toBeCloseTo(1, 10);
    expect(Number(delong[0]?.lower)).toBeCloseTo(-expected.ci95_difference[1], 10);
    expect(Number(delong[0]?.upper)).toBeCloseTo(-expected.ci95_difference[0], 10);
    const mcnemar = (await measureModels(asked({ compareBy: 'mcnemar' }), binary.read)).comparisons;
    expect(Number(mcnemar[0]?.pValue) / golden.mcnemar.data.midp).toBeCloseTo(1, 8);
  });
});

describe('a regression', () => {
  it('overall, by weights, in slices of six rows and of one, and by Student’s paired t', async () => {
    const request = { task: 'regression', candidate: valued('challenger'), champion: valued('champion') } as const;
    const { candidate, slices } = await measureModels(asked({ ...request, slices: ['segment'] }), regression.read);
    const renamed = (expected: Record<string, number | null>) => ({ ...expected, mape: expected.mape_sklearn ?? null });
    agrees(candidate, renamed(golden.regression.challenger.overall), 4);
    for (const slice of slices) agrees(slice.candidate, renamed(golden.regression_slices.challenger[slice.value]), 4);
    expect(slices.find(({ value }) => value === 'only')?.difference?.mae).toMatchObject({ units: 1, lower: 'NaN' });
    const weighted = await measureModels(asked({ ...request, weight: 'weight' }), regression.read);
    agrees(weighted.candidate, golden.regression.challenger.weighted, 3);
    const { comparisons } = await measureModels(
      asked({ ...request, compareBy: 't', compare: ['mae'] }),
      regression.read,
    );
    const { p, ci95 } = golden.paired.ttest;
    expect(Number(comparisons[0]?.pValue) / p).toBeCloseTo(1, 8);
    expect(Number(comparisons[0]?.lower)).toBeCloseTo(ci95[0], 10);
    expect(Number(comparisons[0]?.upper)).toBeCloseTo(ci95[1], 10);
  });
});
