/** A comparison of two models that rests on a test and not on resamples. */
export interface PairedTest {
  /** In the direction of better, as both ends of the interval. */
  readonly difference: number;
  readonly lower: number;
  readonly upper: number;
  readonly standardError: number;
  /** Two-sided, that there is no difference. */
  readonly pValue: number;
}
