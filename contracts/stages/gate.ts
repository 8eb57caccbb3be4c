import { z } from 'zod';
import { EvidenceRef, Verdict } from '../data.ts';
import { GateCheck } from '../gate-check.ts';
import { GateRules } from '../gate-rules.ts';
import { defineStage } from './stage.ts';

/**
 * Decides by a pure function of the evidence (decisions/gate.ts): passed, refused or inconclusive, with reasons.
 * @example
 * ```ts
 * definePipeline({
 *   name: 'gated',
 *   model: 'churn',
 *   params: z.object({}),
 *   graph: ({ run, champion }) => {
 *     const { rows } = run(load, { path: 'churn.csv' });
 *     const { model } = run(fit, { rows });
 *     const { evidence } = run(evaluate, { candidate: model, champion, holdout: rows, target: 'left' });
 *     return run(gate, { report: evidence, rules: { metric: 'roc_auc', minimumEffect: 0.002 } });
 *   },
 * });
 * ```
 */
export const gate = defineStage({
  name: 'gate',
  version: '3',
  input: z.strictObject({
    report: EvidenceRef,
    rules: GateRules,
    /** What steps of one's own found: each one that did not pass refuses. */
    checks: z.array(GateCheck).max(50).optional(),
  }),
  output: z.object({
    passed: z.boolean(),
    /** The rules ask for people: promote once they approve of `record`. */
    needsApproval: z.boolean().default(false),
    record: Verdict,
  }),
  settings: { cache: false, timeout: '10m' },
});
