/** Regressions whose true error is known, each row's part of it shared by all models, judged by the gate as a whole. */
import { figure, type Verdict } from '#contracts/data.ts';
import type { ParsedGateRules } from '#contracts/gate-rules.ts';
import type { Figures } from '#decisions/gate/directions.ts';
import { decideGate } from '#decisions/gate.ts';
import { compareModels } from '#measures/statistics/compare/compare.ts';
import { metrics } from '#measures/statistics/registry.ts';
import type { RegressionRows } from '#measures/statistics/rows.ts';
import { UNIT_MAE } from './gate-world.ts';

const mae = metrics.regression.find(({ name }) => name === 'mae') as (typeof metrics.regression)[number];

/** Half of a row's error is its own doing, and so every model's. */
const APART = Math.sqrt(0.5);

/** Mean absolute error of a model whose errors have this deviation. */
export const errorOf = (scale: number): number => scale * UNIT_MAE;

/** What rows do to all models alike. */
export function drawRows(normal: () => number, rows: number): Float64Array {
  const shared = new Float64Array(rows);
  for (let row = 0; row < rows; row++) shared[row] = APART * normal();
  return shared;
}

/** A model's errors on these rows. */
export function errorsOn(shared: Float64Array, normal: () => number, scale: number): Float64Array {
  const errors = new Float64Array(shared.length);
  for (let row = 0; row < errors.length; row++) errors[row] = scale * ((shared[row] as number) + APART * normal());
  return errors;
}

export const meanError = (errors: Float64Array): number => {
  let sum = 0;
  for (const error of errors) sum += Math.abs(error);
  return sum / errors.length;
};

/** What the gate says of two models by their errors on the same rows. @param look the so-manieth look at them */
export function verdictOf(
  candidate: Float64Array,
  champion: Float64Array,
  rules: ParsedGateRules,
  { confidence = 0.95, look = 1 }: { confidence?: number; look?: number } = {},
): Verdict['outcome'] {
  const y = new Float64Array(candidate.length);
  const rowsOf = (predicted: Float64Array): RegressionRows => ({ task: 'regression', y, predicted });
  const how = { by: 't', resamples: 0, confidence, seed: 0, kind: null } as const;
  const [pair] = compareModels([mae], rowsOf(candidate), rowsOf(champion), how);
  if (!pair) throw new Error('mae compares every regression');
  const rows = candidate.length;
  const evidence: Figures = {
    ...{ task: 'regression', rows, slices: [], directions: { mae: false } },
    candidate: { digest: 'candidate', runId: 'run', metrics: { mae: figure(pair.candidate) } },
    champion: { digest: 'champion', version: '1', metrics: { mae: figure(pair.champion) } },
    comparisons: [
      {
        ...{ metric: 'mae', higherIsBetter: false, confidence, resamples: 0 },
        ...{ candidate: figure(pair.candidate), champion: figure(pair.champion), difference: figure(pair.difference) },
        ...{ lower: figure(pair.lower), upper: figure(pair.upper), standardError: figure(pair.standardError) },
        unit: { by: 'rows', count: rows },
      },
    ],
    intervals: { mae: ownInterval(candidate, confidence) },
    scored: { eligible: rows, candidate: rows, champion: rows, both: rows },
    reuse: { key: 'k', verdicts: 0, rows: 0, fresh: true, look, looks: rules.looks?.most ?? 1 },
  };
  return decideGate({ evidence, rules }).outcome;
}

function ownInterval(errors: Float64Array, confidence: number) {
  const value = meanError(errors);
  let squares = 0;
  for (const error of errors) squares += (Math.abs(error) - value) ** 2;
  const standardError = Math.sqrt(squares / (errors.length - 1) / errors.length);
  const half = 1.96 * standardError;
  return { value, lower: value - half, upper: value + half, confidence, standardError };
}
