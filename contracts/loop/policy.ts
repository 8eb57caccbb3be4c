import { z } from 'zod';
import { Name } from '../name-rule.ts';
import { LoopLimits, TriggerCondition } from '../trigger-condition.ts';
import { WatchPolicy } from '../watch.ts';

/** What `ratchet deploy` gives a loop. */
export const LoopPolicy = z.strictObject({
  pipeline: Name,
  environment: z.string().default('dev'),
  /** The registered model; null when the pipeline trains none. */
  model: z.string().nullable().default(null),
  triggers: TriggerCondition.nullable().default(null),
  limits: LoopLimits.prefault({}),
  /** How the param `asOf` is written, when the pipeline has one: it is given the event time of the decision. */
  asOf: z.enum(['date', 'date-time']).nullable().default(null),
  watch: WatchPolicy.nullable().default(null),
  /** Pipelines whose triggers name this one as upstream. */
  downstream: z.array(Name).max(100).default([]),
});
export type LoopPolicy = z.output<typeof LoopPolicy>;
