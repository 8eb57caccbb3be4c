/** What starts a run. Apart from the references, because a workflow needs no schema of those. */
import { z } from 'zod';

/**
 * A figure that may not be finite: JSON has no NaN, so those travel as strings.
 * @example
 * ```ts
 * const output = z.object({ roc_auc: Figure });
 * output.parse({ roc_auc: Number.NaN }); // { roc_auc: 'NaN' }
 * ```
 */
export const Figure = z.union([z.number(), z.literal(['NaN', 'Infinity', '-Infinity'])]);
export type Figure = z.output<typeof Figure>;
export const figure = (value: number): Figure => (Number.isFinite(value) ? value : (String(value) as Figure));

export const TriggerKind = z.enum([
  'manual',
  'schedule',
  'newRows',
  'newPartitions',
  'drift',
  'performance',
  'estimatedPerformance',
  'skew',
  'featureNulls',
  'freshness',
  'codeChange',
  'upstream',
  'retry',
  'fork',
]);
export type TriggerKind = z.output<typeof TriggerKind>;

/** Why a run exists. */
export const Trigger = z.object({
  kind: TriggerKind,
  id: z.string(),
  reason: z.string(),
  figures: z.record(z.string(), Figure).default({}),
  who: z.string(),
  at: z.iso.datetime(),
  /** All of its reasons, when the loop started it: a burst is one run. `reason` says the first, or all of them in one line. */
  reasons: z
    .array(
      z.looseObject({
        kind: TriggerKind,
        words: z.string(),
        figures: z.record(z.string(), Figure),
        threshold: z.record(z.string(), Figure),
        source: z.string(),
        evidence: z.array(z.string()),
      }),
    )
    .optional(),
});
export type Trigger = z.output<typeof Trigger>;
