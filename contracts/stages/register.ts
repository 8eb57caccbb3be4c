import { z } from 'zod';
import { ApprovalAnswer } from '../approval-rule.ts';
import { ModelRef, Verdict, VersionRef } from '../data.ts';
import { defineStage } from './stage.ts';

/**
 * One version of the pipeline's model in MLflow's registry per (model digest, verdict digest), however often and by whomever it is asked.
 * @example
 * ```ts
 * const registration = (graph: Graph, candidate: Ref<ModelRef>, verdict: Ref<Verdict>) =>
 *   graph.run(register, { candidate, verdict, tags: { team: 'growth' } });
 * ```
 */
export const register = defineStage({
  name: 'register',
  version: '1',
  input: z.strictObject({
    candidate: ModelRef,
    verdict: Verdict,
    /** Of a verdict that needs it: what `approval(…)` answered on `verdict` as its evidence. */
    approval: ApprovalAnswer.optional(),
    description: z.string().default(''),
    tags: z.record(z.string(), z.string()).default({}),
  }),
  output: z.object({ ref: VersionRef, already: z.boolean() }),
  settings: { effect: true, timeout: '30m' },
});
