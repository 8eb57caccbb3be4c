/** Figures of repeated measurements. */

export interface Spread {
  median: number;
  least: number;
  most: number;
  count: number;
}

/** Median (mean of the middle two), least and most; undefined without any. */
export function spread(values: readonly number[]): Spread | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const [least] = sorted;
  const most = sorted.at(-1);
  if (least === undefined || most === undefined) return undefined;
  const middle = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
  return { median, least, most, count: sorted.length };
}

export const seconds = (ms: number) => (ms < 9_950 ? (ms / 1000).toFixed(2) : (ms / 1000).toFixed(1));

/** `0.31 s (0.28–0.44, n=7)` */
export const inWords = (figure: Spread | undefined) =>
  figure ? `${seconds(figure.median)} s (${seconds(figure.least)}–${seconds(figure.most)}, n=${figure.count})` : '–';
