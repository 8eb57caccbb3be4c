/** Whether rows that look alike turn out as they used to: P(Y|X), cell by cell. */
import { z } from 'zod';

/** One cell of a column: what its labels say beyond what was expected, in the reference and now. */
export const ConceptCell = z.object({
  /** `b`, `12 … 15`, `missing`, `others`. */
  cell: z.string(),
  /**
   * `level`: the mean residual differs. `slope`: the residual goes up or down with the score where it did not, so that
   * an effect is weaker, gone, reversed, or stronger.
   */
  of: z.enum(['level', 'slope']),
  rows: z.object({ reference: z.number().int(), analysis: z.number().int() }),
  /**
   * Mean residual; for a slope, by how much labels rise where the score rises by one: 1 where it is right, 0 where it says
   * nothing, below 0 where it is reversed.
   */
  reference: z.number(),
  analysis: z.number(),
  /** Difference in standard errors. */
  z: z.number(),
  /** Difference in standard deviations of one row's residual over the whole reference. */
  effect: z.number(),
});
export type ConceptCell = z.output<typeof ConceptCell>;

export const ConceptTest = z.object({
  /** Null: the score itself (of a regression, the prediction). */
  column: z.string().nullable(),
  /** Of no change in any cell, by the sum of squares or by the greatest difference, twice the lesser. */
  p: z.number(),
  /** Differences that were looked at. */
  differences: z.number().int(),
  /** The strongest ones, by z; at most 3. */
  worst: z.array(ConceptCell),
});
export type ConceptTest = z.output<typeof ConceptTest>;

export const ConceptTests = z.object({
  /** Rows with a label and a score. */
  rows: z.object({ reference: z.number().int(), analysis: z.number().int() }),
  /** Every column that could be tested, by p. */
  tests: z.array(ConceptTest),
  /** Columns that could not, with the reason. */
  notTested: z.array(z.object({ column: z.string(), why: z.string() })),
});
export type ConceptTests = z.output<typeof ConceptTests>;
