/** What a search for the slices where a candidate is worst found. For the reader: no rule judges by it. */
import { z } from 'zod';
import { Figure } from './trigger.ts';

const found = z.object({
  /** One column, or two whose values together make the slice. */
  where: z.array(z.object({ column: z.string(), value: z.string() })),
  /** Of both halves. */
  rows: z.number().int(),
  /** Of the half that confirms. */
  confirmedOn: z.number().int(),
  /** Of the half that was searched: chosen among many, so that it says too much. */
  searched: Figure,
  /** Of the other half, in the direction of better; without a champion against the whole of it. */
  difference: Figure,
  lower: Figure,
  upper: Figure,
  units: z.number().int(),
  /** Worse beyond chance on the half that was not searched, corrected over all that are listed (Holm, 5 %). */
  confirmed: z.boolean(),
});
export type WorstSlice = z.output<typeof found>;

export const WorstSlices = z.object({
  /** A mean over rows, in whose unit the differences are. */
  metric: z.string(),
  /** Columns that were searched. */
  columns: z.array(z.string()),
  /** Columns that were not, and why. */
  skipped: z.array(z.object({ column: z.string(), why: z.string() })),
  /** Slices with enough rows that were looked at. */
  looked: z.number().int(),
  minimumRows: z.number().int(),
  confidence: z.number(),
  /** The worst first. */
  slices: z.array(found),
});
export type WorstSlices = z.output<typeof WorstSlices>;

export const WorstSlicesOptions = z.strictObject({
  /** Columns to search; default: the slices', then the other columns of the holdout with numbers or few values, twenty in all. */
  columns: z.array(z.string()).min(1).max(20).optional(),
  /** Rows that a slice must have; default `minimumSliceRows`. */
  minimumRows: z.number().int().min(20).optional(),
});
