/** What an evaluation found of rows that candidate or champion had seen in training. */
import { z } from 'zod';
import { TimeWindow, Training } from './training-rows.ts';

export const OverlapSide = z.object({
  side: z.enum(['candidate', 'champion']),
  /** What it was trained on; empty: not known. */
  training: Training,
  /** Rows of the holdout that it was trained on, or that are of the time that it was trained on. */
  rows: z.number().int(),
  /** Windows of its training that reach into the holdout. */
  windows: z.array(TimeWindow).max(20),
  /** Its training holds rows that cannot be held against the holdout. */
  unknown: z.boolean(),
});
export type OverlapSide = z.output<typeof OverlapSide>;

export const Overlap = z.object({
  /** Rows of the holdout left out for both sides, because either was trained on them. */
  rows: z.number().int(),
  /** From the holdout's first row to its last; null without a time column. */
  holdout: TimeWindow.nullable(),
  sides: z.array(OverlapSide),
});
export type Overlap = z.output<typeof Overlap>;
