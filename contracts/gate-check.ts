/** What a step or a command of the user's own found: evidence for a gate beside what `evaluate` measured. */
import { z } from 'zod';

const check = z.object({
  /** What a person calls it: `integration tests`. */
  name: z.string().min(1).max(120),
  passed: z.boolean(),
  /** How many tests were run; 0 proves nothing. Absent: not counted. */
  tests: z.number().int().nonnegative().optional(),
  /** What failed, and why: the first few are told, the others counted. */
  failures: z.array(z.string().max(2_000)).max(500).optional(),
  /** URI of all that was found, such as a JUnit XML in the store. */
  report: z.string().max(2_000).optional(),
});
/**
 * What a step of one's own says of a candidate: given to a gate as one of its `checks`, it judges like a rule.
 * @example
 * ```ts
 * const contract = defineStep({
 *   name: 'contract',
 *   input: z.object({ model: ModelRef }),
 *   output: z.object({ check: GateCheck }),
 *   run: ({ model }) => ({ check: { name: 'contract', passed: model.environment !== null, tests: 1 } }),
 * });
 * ```
 */
export type GateCheck = z.output<typeof check>;
export const GateCheck: z.ZodType<GateCheck, GateCheck> = check;
