import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Weights } from './metric.ts';
import type { Units } from './units.ts';

/**
 * Each call draws `rows` rows of `rows` with replacement and says how often each came. The same seed gives the same
 * sequence on every machine.
 */
export function createResampler(rows: number, seed: number): () => Uint16Array {
  const random = xoroshiro128plus(seed);
  const scale = rows / 0x1_0000_0000;
  return () => {
    const counts = new Uint16Array(rows);
    // 32 random bits scaled down: the bias is below rows / 2³², one part in 4,000 at a million rows.
    for (let draw = 0; draw < rows; draw++) {
      const row = Math.floor((random.next() >>> 0) * scale);
      counts[row] = (counts[row] as number) + 1;
    }
    return counts;
  };
}

/**
 * The same of whole units: each row comes as often as its unit was drawn, times its weight. So sums of a resample are sums
 * over units, each with all its rows (Davison & Hinkley 1997, 3.8); how many rows a resample has varies with their sizes.
 */
export function createUnitResampler({ of, count }: Units, weights: Weights | null, seed: number): () => Weights {
  const draw = createResampler(count, seed);
  return () => {
    const times = draw();
    const counts = weights ? new Float64Array(of.length) : new Uint16Array(of.length);
    for (let row = 0; row < of.length; row++) counts[row] = times[of[row] as number] as number;
    if (weights)
      for (let row = 0; row < of.length; row++) counts[row] = (counts[row] as number) * (weights[row] as number);
    return counts;
  };
}

/** Single rows, each as often as it was drawn, times its weight. */
export function createWeightedResampler(weights: Weights, seed: number): () => Float64Array {
  const draw = createResampler(weights.length, seed);
  return () => {
    const times = draw();
    const counts = new Float64Array(times.length);
    for (let row = 0; row < counts.length; row++) counts[row] = (times[row] as number) * (weights[row] as number);
    return counts;
  };
}

/** `size` different indices below `rows`, ascending, each set equally likely (Knuth's selection sampling, TAOCP 3.4.2 S). */
export function sample(rows: number, size: number, seed: number): Int32Array {
  const random = xoroshiro128plus(seed);
  const taken = new Int32Array(Math.min(size, rows));
  for (let row = 0, at = 0; at < taken.length; row++) {
    const needed = taken.length - at;
    if (((random.next() >>> 0) / 0x1_0000_0000) * (rows - row) < needed) taken[at++] = row;
  }
  return taken;
}
