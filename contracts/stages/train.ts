import { z } from 'zod';
import { DatasetRef, Metrics, ModelRef } from '../data.ts';
import type { Json } from '../json.ts';
import { Program } from '../program.ts';
import { defineStage } from './stage.ts';

/**
 * Runs a trainer as a detached job and hands on the model that it logged to MLflow. See trainers/README.md for what the trainer is given.
 * @example
 * ```ts
 * definePipeline({
 *   name: 'trained',
 *   params: z.object({ depth: z.number().default(3) }),
 *   graph: ({ run, params }) => {
 *     const { rows } = run(load, { path: 'churn.csv' });
 *     return run(train, { features: rows, trainer: python('train.py'), params: { depth: params.depth }, target: 'left' });
 *   },
 * });
 * ```
 */
export const train = defineStage({
  name: 'train',
  version: '2',
  input: z.strictObject({
    features: DatasetRef,
    /** Further inputs, by name. */
    inputs: z.record(z.string(), DatasetRef).default({}),
    trainer: Program,
    params: z.record(z.string(), z.custom<Json>()).default({}),
    target: z.string().optional(),
    seed: z.number().int().default(0),
    /** A model to start from. */
    init: ModelRef.optional(),
  }),
  output: z.object({
    model: ModelRef,
    /** Last value of each metric that the trainer logged. */
    metrics: Metrics,
  }),
  settings: { timeout: '1d', place: 'host', attempts: 3 },
});
