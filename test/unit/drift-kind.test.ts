import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EstimateChunk } from '#contracts/estimate.ts';
import { type DriftEvidence, driftKind } from '#decisions/drift-kind.ts';

type Columns = NonNullable<DriftEvidence['drift']>['columns'];
const side = { rows: 9, nulls: 0, infinite: 0, distinct: 9, mean: null, std: null, min: null, max: null };
const column = (value: number): Columns[string] => ({
  ...{ method: 'wasserstein', threshold: 0.1, value, drifted: value >= 0.1, measures: 'distance', kind: 'numerical' },
  ...{ exact: true, error: null, reference: side, current: side, distribution: null, notes: [] },
});
const drift = (values: Record<string, number>) => ({
  columns: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, column(value)])),
});

/** @param standing mean residual in standard errors; null: no label has come */
function chunk(index: number, standing: number | null, auc = 0.8): EstimateChunk {
  return {
    ...{ key: `[${index}]`, index, start: index, end: index, from: null, to: null, rows: 500 },
    labelled: standing === null ? 0 : 500,
    residual: standing === null ? null : { mean: standing * 0.02, error: 0.02 },
    metrics: {
      roc_auc: {
        ...{ estimated: auc, realized: standing === null ? null : auc, lower: 0.75, upper: 0.85, alert: false },
        ...{ realizedAlert: false, samplingError: 0.01, confidence: null },
      },
    },
  };
}
const metrics = [
  { name: 'roc_auc', label: 'ROC AUC', higherIsBetter: true, lower: 0.75, upper: 0.85, rule: 'constant' },
];
const estimate = (standings: readonly (number | null)[], auc?: number) => ({
  ...{ metrics, reference: [0.5, -1, 1.2, -0.3].map((standing, at) => chunk(at, standing)) },
  chunks: standings.map((standing, at) => chunk(at, standing, auc)),
});

describe('data drift and concept drift', () => {
  it('calls features that moved data drift, and says that performance holds', () => {
    const found = driftKind({ drift: drift({ temp: 1.4, hour: 0.02 }), estimate: estimate([0.3, -1, 0.7]) });
    expect(found.kind).toBe('data');
    expect(found.performance.holds).toBe(true);
    expect(found.summary).toBe(
      'Data drift: 1 of 2 features drifted (temp: wasserstein 1.4 from 0.1 on), but not what they mean; performance holds.',
    );
  });

  it('calls labels that leave what the same rows used to give concept drift', () => {
    const found = driftKind({ drift: drift({ temp: 0.02 }), estimate: estimate([0.3, -6, -5], 0.7) });
    expect(found.kind).toBe('concept');
    expect(found.performance.holds).toBe(false);
    expect(found.summary).toContain('in 2 of 3 labelled chunks the labels are lower');
    expect(found.summary).toContain('although no feature drifted');
    expect(found.concept.why).toContain('[1]: −0.12 ± 0.02');
  });

  it('sees both, and neither', () => {
    expect(driftKind({ drift: drift({ temp: 2 }), estimate: estimate([4, 5, 6]) }).kind).toBe('both');
    expect(driftKind({ drift: drift({ temp: 0.01 }), estimate: estimate([0, 1, -1]) }).kind).toBe('none');
  });

  it('does not guess at a concept without labels', () => {
    const found = driftKind({ drift: drift({ temp: 2 }), estimate: estimate([null, null]) });
    expect(found).toMatchObject({ kind: 'data', concept: { seen: null } });
    expect(found.summary).toContain('no label has come');
    expect(driftKind({ drift: null, estimate: null }).kind).toBe('unknown');
  });

  it('takes a drop of performance that the data explain for no concept drift', () => {
    expect(driftKind({ drift: drift({ temp: 2 }), estimate: estimate([0.1, 0.4, -1], 0.6) })).toMatchObject({
      kind: 'data',
      performance: { holds: false },
    });
  });

  it('leaves target, prediction and score out of P(X)', () => {
    const found = driftKind({ drift: drift({ score: 3, temp: 0.01 }), apart: ['score'], estimate: null });
    expect(found.data.seen).toBe(false);
  });

  it('one strange chunk among many is chance', () => {
    const many = Array.from({ length: 42 }, (_, at) => (at === 7 ? 4 : 0.5));
    expect(driftKind({ drift: null, estimate: estimate(many) }).concept.seen).toBe(false);
  });

  it('never calls it concept drift while every chunk is within the noise', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 1, maxLength: 50 }),
        (standings) => {
          expect(driftKind({ drift: null, estimate: estimate(standings) }).concept.seen).toBe(false);
        },
      ),
    );
  });

  it('judges all directions and orders of chunks alike', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 1, maxLength: 30 }),
        (standings) => {
          const seen = (values: number[]) => driftKind({ drift: null, estimate: estimate(values) }).concept.seen;
          expect(seen(standings.map((value) => -value))).toBe(seen(standings));
          expect(seen([...standings].reverse())).toBe(seen(standings));
        },
      ),
    );
  });
});
