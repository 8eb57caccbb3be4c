/** Many items of a map in one activity: what is asked, and what came of each. */
import { z } from 'zod';
import type { Json } from './json.ts';
import { StepCall, StepOutcome } from './run.ts';

const JsonValue = z.custom<Json>((value) => value !== undefined);

/** The one argument of a batch's activity, whose type is the step's name as that of a single call is. */
export const BatchCall = StepCall.omit({ node: true, input: true, inputAt: true }).extend({
  /** Done one at a time. */
  items: z
    .array(
      z.strictObject({
        /** Instance id. */
        node: z.string(),
        input: JsonValue,
      }),
    )
    .min(1),
  /** true: an item that fails for good is no reason not to begin the next one. */
  settled: z.boolean(),
});
export type BatchCall = z.output<typeof BatchCall>;

/** How large the next batch of the same step is to be; decided by decisions/batch-size.ts where it was measured. */
export const BatchPace = z.strictObject({
  /** Items at most. */
  size: z.number().int().positive(),
  /** Fewer items than this are not worth an activity as long as there are more. */
  least: z.number().int().positive(),
});
export type BatchPace = z.output<typeof BatchPace>;

/** What came of one item. null: it was not begun. */
export const BatchedItem = z
  .union([
    z.strictObject({ outcome: StepOutcome }),
    /** It failed and is not to be tried again. */
    z.strictObject({ failure: z.strictObject({ type: z.string(), message: z.string(), details: z.array(JsonValue) }) }),
    /** It needs an activity of its own: it failed by itself so often (0: it was stopped, or something outside was away). */
    z.strictObject({ alone: z.number().int().nonnegative() }),
  ])
  .nullable();
export type BatchedItem = z.output<typeof BatchedItem>;

/** The one result of a batch's activity. */
export const BatchAnswer = z.strictObject({
  /** In the order of the call's items. */
  items: z.array(BatchedItem),
  pace: BatchPace,
  /** An item took so long that it was stopped: the step is not as cheap as it looked. */
  slow: z.boolean(),
});
export type BatchAnswer = z.output<typeof BatchAnswer>;

/** An item as a call of its own. */
export function callOf(
  { items: _, settled: __, ...common }: BatchCall,
  { node, input }: BatchCall['items'][number],
): StepCall {
  return { ...common, node, input };
}
