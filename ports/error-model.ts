/** Learns what error a regression makes on which rows, and expects it of others. Runs outside of this process. */

export interface ErrorProblem {
  /**
   * Holds `reference.f64` and `analysis.f64`: one feature after another, little-endian doubles, NaN for a missing one;
   * and for each loss `LOSS.f64`: what the reference's rows lost, NaN where it is not known. The model adds
   * `LOSS.reference.f64` and `LOSS.analysis.f64`: the loss that it expects of each row.
   */
  readonly folder: string;
  readonly rows: { readonly reference: number; readonly analysis: number };
  readonly features: number;
  /** Positions of features that are categories, coded from 0. */
  readonly categorical: readonly number[];
  readonly losses: readonly string[];
}

export interface ErrorModel {
  /** @throws UserError JobFailed with the program's own reason. Rejects with the signal's reason on cancel. */
  expect(problem: ErrorProblem, signal?: AbortSignal): Promise<void>;
}
