/**
 * How long a block must be so that blocks of a series are nearly independent: chosen from its autocorrelation (Politis &
 * White 2004, as corrected by Patton, Politis & White 2009, with the flat-top window of Politis 2003), in values of the
 * series. `stationary` is the mean length of the stationary bootstrap, and the best one for blocks that do not overlap
 * (Lahiri 1999 has one variance for both); `circular` that of the circular block bootstrap. Neither is more than
 * min(3√n, n/3). 0 for a constant series; NaN for fewer than 10 values.
 */
export function blockLength(series: Float64Array): { readonly stationary: number; readonly circular: number } {
  const n = series.length;
  if (n < 10) return { stationary: Number.NaN, circular: Number.NaN };
  const mean = series.reduce((sum, value) => sum + value, 0) / n;
  const centred = series.map((value) => value - mean);
  const covariances = autocovariances(centred);
  const window = covariances.reach;
  let [g, variance] = [0, covariances.at(0)];
  for (let lag = 1; lag <= window; lag++) {
    // The flat-top window: 1 on its first half, then falling to 0.
    const share = lag / window <= 0.5 ? 1 : 2 * (1 - lag / window);
    g += 2 * share * lag * covariances.at(lag);
    variance += 2 * share * covariances.at(lag);
  }
  const most = Math.ceil(Math.min(3 * Math.sqrt(n), n / 3));
  const length = (spread: number) => (spread === 0 ? 0 : Math.min(most, ((2 * g * g * n) / spread) ** (1 / 3)));
  return { stationary: length(2 * variance ** 2), circular: length((4 / 3) * variance ** 2) };
}

/** Autocovariances by lag, and the lag up to which they are looked at: twice that from which on they are noise. */
function autocovariances(centred: Float64Array) {
  const n = centred.length;
  const run = Math.max(5, Math.floor(Math.log10(n)));
  const furthest = Math.min(Math.ceil(Math.sqrt(n)) + run, n - 2);
  const noise = 2 * Math.sqrt(Math.log10(n) / n);
  const values: number[] = [];
  const product = (from: number, other: number, count: number) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += (centred[from + i] as number) * (centred[other + i] as number);
    return sum;
  };
  let small = 0;
  let last: number | null = null;
  for (let lag = 0; lag <= furthest; lag++) {
    const cross = product(lag, 0, n - lag);
    values.push(cross / n);
    const scale = Math.sqrt(product(lag + 1, lag + 1, n - lag - 1) * product(0, 0, n - lag - 1));
    // The first lag that `run` small correlations follow, itself among them.
    if (last === null && lag >= run && small >= run) last = lag - run;
    small = Math.abs(cross) / scale < noise ? small + 1 : 0;
  }
  const reach = last === null ? furthest : Math.min(furthest, 2 * Math.max(last, 1));
  return { at: (lag: number) => values[lag] as number, reach };
}
