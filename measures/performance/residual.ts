import type { Residual } from '#contracts/estimate.ts';
import type { Expectation, ResidualOf, Side } from './metric.ts';
import { paired } from './sides.ts';

/** Of events that were expected with a probability each: mean of (0 or 1) − p, error √Σp(1 − p) / n. */
export function residualOfEvents({ outcome, expected }: Expectation): ResidualOf {
  return (side, start, stop) => {
    const [y, p] = paired([outcome(side), expected(side)], start, stop) as [Float64Array, Float64Array];
    const gap = y.reduce((sum, value, row) => sum + value - (p[row] as number), 0);
    const variance = p.reduce((sum, value) => sum + value * (1 - value), 0);
    return residual(gap / y.length, Math.sqrt(variance) / y.length);
  };
}

/** Of numbers: mean of truth − calibrated prediction, less the reference's; error from the reference's spread. */
export function residualOfNumbers({ outcome, expected }: Expectation): ResidualOf {
  const gaps = (side: Side, start: number, stop: number) => {
    const [y, p] = paired([outcome(side), expected(side)], start, stop) as [Float64Array, Float64Array];
    return y.map((value, row) => value - (p[row] as number));
  };
  const whole = gaps('reference', 0, outcome('reference').length);
  const usual = mean(whole);
  const deviation = Math.sqrt(mean(whole.map((value) => (value - usual) ** 2)));
  return (side, start, stop) => {
    const found = gaps(side, start, stop);
    return residual(mean(found) - usual, deviation / Math.sqrt(found.length));
  };
}

const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
const residual = (value: number, error: number): Residual | null =>
  Number.isFinite(value) && Number.isFinite(error) ? { mean: value, error } : null;
