import type { DriftStatistic } from './method.ts';
import { NotTestable } from './method.ts';
import { ExactSum, type Sample, walk } from './sample.ts';

/** Table 2 of Scholz & Stephens (1987) for two samples: critical values and their levels. */
const critical = [0.325, 1.226, 1.961, 2.718, 3.752, 4.592, 6.546] as const;
const levels = [0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001] as const;

/** k-sample Anderson–Darling for two samples, midrank version; the p-value is interpolated in the table and lies in [0.001, 0.25]. */
export const andersonDarling: DriftStatistic = {
  name: 'anderson',
  title: 'Anderson-Darling',
  measures: 'p_value',
  threshold: 0.1,
  driftedWhenEqual: false,
  numbers: (reference, current) => {
    const total = reference.size + current.size;
    if (total < 4) throw new NotTestable('anderson needs four values at least');
    const value = (statistic(reference, current) - 1) / Math.sqrt(variance(reference.size, current.size));
    if (Number.isNaN(value)) throw new NotTestable('anderson needs more than one distinct value');
    if (value < critical[0]) return levels[0];
    if (value > critical[6]) return levels[6];
    const [c0, c1, c2] = quadratic(
      critical,
      levels.map((level) => Math.log(level)),
    );
    return Math.exp(c0 + c1 * value + c2 * value ** 2);
  },
};

function statistic(a: Sample, b: Sample): number {
  const total = a.size + b.size;
  const sums = [new ExactSum(), new ExactSum()] as const;
  let distinct = 0;
  walk(a, b, (_value, _next, belowA, belowB, atA, atB) => {
    distinct++;
    const tied = atA + atB;
    const rank = belowA + belowB - tied / 2;
    const divisor = rank * (total - rank) - (total * tied) / 4;
    const weight = tied / total / divisor;
    sums[0].add(weight * (total * (belowA - atA / 2) - rank * a.size) ** 2);
    sums[1].add(weight * (total * (belowB - atB / 2) - rank * b.size) ** 2);
  });
  if (distinct < 2) return Number.NaN;
  return ((total - 1) / total) * (sums[0].value / a.size + sums[1].value / b.size);
}

/** Variance of the statistic under equal distributions (equation 4 there). */
function variance(n: number, m: number): number {
  const total = n + m;
  const inverse = 1 / n + 1 / m;
  let harmonic = 0;
  const g = new ExactSum();
  for (let i = total - 1, place = 2; i >= 2; i--, place++) {
    harmonic += 1 / i;
    g.add(harmonic / place);
  }
  const h = harmonic + 1;
  const a = 4 * g.value - 6 + (10 - 6 * g.value) * inverse;
  const b = (2 * g.value - 4) * 4 + 16 * h + (2 * g.value - 14 * h - 4) * inverse - 8 * h + 4 * g.value - 6;
  const c = (6 * h + 2 * g.value - 2) * 4 + (4 * h - 4 * g.value + 6) * 2 + (2 * h - 6) * inverse + 4 * h;
  const d = (2 * h + 6) * 4 - 8 * h;
  return (a * total ** 3 + b * total ** 2 + c * total + d) / ((total - 1) * (total - 2) * (total - 3));
}

/** Least squares y ≈ c0 + c1·x + c2·x²: x is centred, then the three equations are solved. */
function quadratic(xs: readonly number[], ys: readonly number[]): [number, number, number] {
  const middle = xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const s = [0, 0, 0, 0, 0];
  const t = [0, 0, 0];
  for (const [i, x] of xs.entries())
    for (let power = 0; power < 5; power++) {
      s[power]! += (x - middle) ** power;
      if (power < 3) t[power]! += ys[i]! * (x - middle) ** power;
    }
  const [s0, , s2, s3, s4] = s as [number, number, number, number, number];
  const [t0, t1, t2] = t as [number, number, number];
  // Σ(x − middle) is 0, so the equations nearly separate.
  const c2 = (t2 - (s2 * t0) / s0 - (s3 * t1) / s2) / (s4 - (s2 * s2) / s0 - (s3 * s3) / s2);
  const c1 = (t1 - s3 * c2) / s2;
  const c0 = (t0 - s2 * c2) / s0;
  return [c0 - c1 * middle + c2 * middle ** 2, c1 - 2 * c2 * middle, c2];
}
