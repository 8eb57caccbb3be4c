/** From the times of single requests to the figures of an evaluation. Runs in the data host: it resamples. */

import { figure } from '#contracts/data.ts';
import type { Latency, LatencyFigure } from '#contracts/latency.ts';
import type { LoadMeasured, ServedTimes } from '#ports/predictor.ts';
import { spreadError, spreadOf } from '../statistics/bootstrap.ts';
import { clusterRobust } from '../statistics/cluster-robust.ts';
import type { Weights } from '../statistics/metric.ts';
import { studentQuantile } from '../statistics/student-quantile.ts';
import { blocksOf, type Units } from '../statistics/units.ts';
import { type Interval, quantileInterval, stretch } from './quantile-interval.ts';

const RESAMPLES = 500;

export interface LatencyRequest {
  readonly measured: LoadMeasured;
  /** Rows of a request. */
  readonly rows: number;
  readonly confidence: number;
  readonly seed: number;
}

/**
 * Figures of both sides and how many times the champion's the candidate's are, each with its interval. What a request waited
 * while other work had the cores is taken off where it is counted for both: it says nothing of the model.
 */
export function measureLatency({ measured, rows, confidence, seed }: LatencyRequest): Latency {
  const { candidate, champion } = measured;
  const counted = candidate.waits !== null && champion?.waits !== null;
  const own = timesOf(candidate, counted);
  const theirs = champion && timesOf(champion, counted);
  return {
    ...{ rows, requests: own.length, confidence },
    candidate: { ...figuresOf(own, confidence), ...besides(candidate, counted) },
    champion: champion && theirs && { ...figuresOf(theirs, confidence), ...besides(champion, counted) },
    ratio: theirs && ratiosOf(own, theirs, confidence, seed),
  };
}

const timesOf = ({ latencies, waits }: ServedTimes, counted: boolean): Float64Array =>
  // Two clocks: a wait may seem longer than the whole by microseconds.
  Float64Array.from(latencies, (time, at) => Math.max(0, time - (counted ? (waits?.[at] as number) : 0)));

const besides = ({ waits, memory, starts }: ServedTimes, counted: boolean) => ({
  waited: counted && waits ? figure(waits.reduce((sum, wait) => sum + wait, 0) / waits.length) : null,
  memory,
  starts: [...starts],
});

/** Stretches of requests that follow each other: a burst of other work meets several. */
function stretches(requests: number): Units {
  return blocksOf(
    Int32Array.from({ length: requests }, (_, at) => at),
    stretch(requests),
  );
}

function figuresOf(times: Float64Array, confidence: number): Pick<Latency['candidate'], LatencyFigure> {
  const { mean, jackknife, units, freedom } = clusterRobust(times, null, stretches(times.length));
  const half = units < 2 ? Number.NaN : studentQuantile(confidence, freedom) * jackknife;
  return {
    mean: told({ value: mean, lower: Math.max(0, mean - half), upper: mean + half }),
    p50: told(quantileInterval(times, 0.5, confidence)),
    p99: told(quantileInterval(times, 0.99, confidence)),
  };
}

/**
 * Of the logarithm of each ratio: Student's interval by its bootstrap standard error over stretches, drawn for both at once. Held
 * against simulated bursts in test/unit/latency-figures.test.ts.
 */
function ratiosOf(own: Float64Array, theirs: Float64Array, confidence: number, seed: number): Latency['ratio'] {
  const units = stretches(own.length);
  const pairs = [
    [meanOf(own), meanOf(theirs)],
    [quantileOf(own, 0.5), quantileOf(theirs, 0.5)],
    [quantileOf(own, 0.99), quantileOf(theirs, 0.99)],
  ] as const;
  const logs = pairs.map(
    ([first, second]) =>
      (weights: Weights) =>
        Math.log(first(weights) / second(weights)),
  );
  const spreads = spreadOf(own.length, () => logs, { resamples: RESAMPLES, confidence, seed, units });
  const factor =
    units.count < 2
      ? Number.NaN
      : studentQuantile(confidence, units.count - 1) * Math.sqrt(units.count / (units.count - 1));
  const [mean, p50, p99] = spreads.map((spread) => {
    const half = factor * spreadError(spread);
    const at = (shift: number) => Math.exp(spread.centre + shift);
    return told({ value: at(0), lower: at(-half), upper: at(half) });
  }) as [ReturnType<typeof told>, ReturnType<typeof told>, ReturnType<typeof told>];
  return { mean, p50, p99 };
}

function meanOf(values: Float64Array): (weights: Weights) => number {
  return (weights) => {
    let [sum, total] = [0, 0];
    for (let at = 0; at < values.length; at++) {
      sum += (weights[at] as number) * (values[at] as number);
      total += weights[at] as number;
    }
    return sum / total;
  };
}

function quantileOf(values: Float64Array, q: number): (weights: Weights) => number {
  const rising = Int32Array.from(values, (_, at) => at).sort((a, b) => (values[a] as number) - (values[b] as number));
  return (weights) => {
    let total = 0;
    for (const weight of weights) total += weight;
    let below = 0;
    for (const at of rising) {
      below += weights[at] as number;
      if (below >= q * total - 1e-9) return values[at] as number;
    }
    return Number.NaN;
  };
}

const told = ({ value, lower, upper }: Interval) => ({
  value: figure(value),
  lower: figure(lower),
  upper: figure(upper),
});
