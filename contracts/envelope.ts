import { z } from 'zod';
import { Trigger } from './trigger.ts';

/**
 * Second argument of a run's workflow; the first is the pipeline's params as plain JSON. All of it is optional:
 * a run started from the Temporal UI with nothing but params gets a manual trigger made from its own start.
 */
export const RunEnvelope = z.strictObject({
  trigger: Trigger.optional(),
  asOf: z.iso.datetime().optional(),
  environment: z.string().optional(),
  /** Take up an earlier run: outcomes whose node and resolved input are unchanged are kept. */
  resume: z
    .strictObject({
      runId: z.string(),
      mode: z.enum(['retry', 'fork']),
      /** fork: this node and everything that depends on it run again. */
      from: z.string().optional(),
    })
    .optional(),
});
export type RunEnvelope = z.output<typeof RunEnvelope>;
