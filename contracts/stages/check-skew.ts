import { z } from 'zod';
import { ChampionRef } from '../data.ts';
import { Duration } from '../duration.ts';
import { GateCheck } from '../gate-check.ts';
import { defineStage } from './stage.ts';

/**
 * Was what the model is served what history has? What the watch measured last of the service, as a check for a gate: it fails where a
 * feature differs in more than `share` of the vectors, and where nothing was measured `within` that time. Passes without a champion: nothing is served yet.
 * @example
 * ```ts
 * definePipeline({
 *   name: 'unskewed',
 *   model: 'churn',
 *   params: z.object({}),
 *   graph: ({ run, champion }) => {
 *     const { rows } = run(load, { path: 'churn.csv' });
 *     const { model } = run(fit, { rows });
 *     const { evidence } = run(evaluate, { candidate: model, champion, holdout: rows, target: 'left' });
 *     const { check } = run(checkSkew, { service: 'churn', champion });
 *     return run(gate, { report: evidence, rules: { metric: 'roc_auc', minimumEffect: 0.002 }, checks: [check] });
 *   },
 * });
 * ```
 */
export const checkSkew = defineStage({
  name: 'checkSkew',
  version: '1',
  input: z.strictObject({
    /** Whose vectors: the one that the watch's `skew` names. */
    service: z.string().min(1),
    champion: ChampionRef.nullable(),
    share: z.number().min(0).lt(1).default(0.01),
    /** So long before the run's `asOf` the look must have been at most. */
    within: Duration.default('7d'),
  }),
  output: z.object({ check: GateCheck }),
  settings: { cache: false, timeout: '10m' },
});
