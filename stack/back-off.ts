const first = 250;
const cap = 30_000;

/** Milliseconds to wait before the next start, after so many ends in a row: 0.25 s, doubling, at most 30 s. */
export function backOff(endsInARow: number): number {
  return endsInARow <= 0 ? 0 : Math.min(cap, first * 2 ** Math.min(endsInARow - 1, 20));
}
