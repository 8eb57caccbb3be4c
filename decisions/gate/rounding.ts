/** How far two figures may lie apart and still be the same: 0.71 − 0.70 is 0.01, though not to the last bit of a double. */
export const rounding = (...figures: readonly number[]): number =>
  1e-12 * Math.max(...figures.map((figure) => (Number.isFinite(figure) ? Math.abs(figure) : 0)));
