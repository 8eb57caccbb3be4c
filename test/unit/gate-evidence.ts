/** Evidence of a candidate and a champion, for tests of the gate. */
import type { Comparison, EvidenceRef, Figure } from '#contracts/data.ts';
import { figure } from '#contracts/data.ts';
import { GateRules } from '#contracts/gate-rules.ts';
import { decideGate } from '#decisions/gate.ts';

type Slices = EvidenceRef['slices'];
export const rules = (more: Partial<GateRules> = {}) =>
  GateRules.parse({ metric: 'roc_auc', minimumEffect: 0.002, ...more });

export interface Case {
  candidate?: number;
  champion?: number | null;
  interval?: readonly [number, number];
  slices?: Slices;
  dropped?: EvidenceRef['dropped'];
  more?: Record<string, Figure>;
  same?: boolean;
  /** What is independent; default rows, as many as were scored. */
  unit?: Comparison['unit'];
  scored?: EvidenceRef['scored'];
  intervals?: EvidenceRef['intervals'];
}

/** So many rows, all of them scored. */
export const allScored = (rows: number): NonNullable<EvidenceRef['scored']> => ({
  ...{ eligible: rows, candidate: rows, champion: rows, both: rows },
});

export function evidence({
  candidate = 0.717,
  champion = 0.699,
  interval = [0.011, 0.024],
  slices = [],
  dropped,
  more = {},
  same,
  unit,
  scored = dropped ? undefined : allScored(12_345),
  intervals,
}: Case): EvidenceRef {
  const comparison: Comparison = {
    metric: 'roc_auc',
    higherIsBetter: true,
    candidate: figure(candidate),
    champion: figure(champion ?? Number.NaN),
    difference: figure(candidate - (champion ?? Number.NaN)),
    lower: figure(interval[0]),
    upper: figure(interval[1]),
    confidence: 0.95,
    resamples: 1000,
    ...(unit ? { unit } : {}),
  };
  return {
    kind: 'evidence',
    uri: 's3://b/evidence/x.json',
    digest: 'sha256:e',
    html: null,
    task: 'binary',
    rows: 12_345,
    directions: { roc_auc: true, log_loss: false, brier: false },
    dropped,
    candidate: { digest: 'sha256:new', runId: 'r', metrics: { roc_auc: figure(candidate), log_loss: 0.41, ...more } },
    champion:
      champion === null
        ? null
        : { version: '3', digest: same ? 'sha256:new' : 'sha256:old', metrics: { roc_auc: figure(champion) } },
    comparisons: champion === null ? [] : [comparison],
    slices,
    intervals,
    scored,
  };
}
export const decide = (of: Case, by: Partial<GateRules> = {}) =>
  decideGate({ evidence: evidence(of), rules: rules(by) });

/** A slice whose figures have this standard error; `null`: as earlier versions measured, without one. */
export const slice = (
  value: string,
  candidate: number,
  champion: number,
  rows = 500,
  error: number | null = 0.001,
  units = rows,
): Slices[number] => ({
  column: 'carrier',
  value,
  rows,
  candidate: { roc_auc: figure(candidate) },
  champion: { roc_auc: figure(champion) },
  ...(error === null
    ? {}
    : {
        difference: {
          roc_auc: { difference: figure(candidate - champion), ...around(candidate - champion, error, units) },
        },
        intervals: { roc_auc: around(candidate, error, units) },
      }),
});

const around = (value: number, error: number, units: number) => ({
  ...{ lower: figure(value - 2 * error), upper: figure(value + 2 * error), standardError: figure(error), units },
});
