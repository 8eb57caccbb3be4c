import { z } from 'zod';
import { ChampionRef, DatasetRef, EvidenceRef, ModelRef } from '../data.ts';
import { defineStage } from './stage.ts';

/**
 * Candidate and champion predict the same holdout rows; measures both, their paired difference with a bootstrap
 * interval, slices, calibration; stores the evidence as JSON and as a self-contained HTML report.
 * @example
 * ```ts
 * definePipeline({
 *   name: 'judged',
 *   model: 'churn',
 *   params: z.object({}),
 *   graph: ({ run, champion }) => {
 *     const { rows } = run(load, { path: 'churn.csv' });
 *     const { model } = run(fit, { rows });
 *     return run(evaluate, { candidate: model, champion, holdout: rows, target: 'left' });
 *   },
 * });
 * ```
 */
export const evaluate = defineStage({
  name: 'evaluate',
  version: '3',
  input: z.strictObject({
    candidate: ModelRef,
    champion: ChampionRef.nullable(),
    holdout: DatasetRef,
    target: z.string(),
    task: z.enum(['binary', 'regression', 'multiclass']).default('binary'),
    /** Compared in pairs; the first is the one that charts lead with. Default: all metrics of the task, led by roc_auc, rmse, accuracy. */
    compare: z.array(z.string()).optional(),
    /** Columns whose values make slices. */
    slices: z.array(z.string()).default([]),
    /** Slices smaller than this are reported but carry no metric; default 100 rows. */
    minimumSliceRows: z.number().int().positive().default(100),
    threshold: z.number().default(0.5),
    bootstrap: z
      .strictObject({
        resamples: z.number().int().min(100).max(100_000),
        confidence: z.number().gt(0).lt(1),
        seed: z.number().int(),
      })
      .default({ resamples: 1000, confidence: 0.95, seed: 0 }),
  }),
  output: z.object({ evidence: EvidenceRef }),
  settings: { timeout: '2h' },
});
