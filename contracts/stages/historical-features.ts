import { z } from 'zod';
import { DatasetRef } from '../data.ts';
import type { Json } from '../json.ts';
import { defineStage } from './stage.ts';

/**
 * Rows of entities and moments → the same rows with the features that were known then: the engine of `ratchet features history`
 * (docs/features.md). `featuresOf(defined, { service })` gives `definitions` and what is asked for. The source of a view is what
 * its definition says, relative to the pipeline's folder, or a dataset of an earlier step.
 * @example
 * ```ts
 * const card = entity({ name: 'card' });
 * const payments = featureView({
 *   name: 'payments',
 *   entities: [card],
 *   source: 'payments.csv',
 *   timestamp: 'at',
 *   features: { payments_7d: count('7d') },
 * });
 * const fraud = featureService({ name: 'fraud', features: ['payments:payments_7d'] });
 * const defined = defineFeatures({ entities: [card], views: [payments], services: [fraud] });
 * definePipeline({
 *   name: 'known',
 *   params: z.object({}),
 *   graph: ({ run }) => {
 *     const { rows } = run(load, { path: 'labels.csv' });
 *     return run(getHistoricalFeatures, { entities: rows, time: 'at', ...featuresOf(defined, { service: 'fraud' }) });
 *   },
 * });
 * ```
 */
export const getHistoricalFeatures = defineStage({
  name: 'getHistoricalFeatures',
  version: '1',
  input: z.strictObject({
    /** The rows that ask. */
    entities: DatasetRef,
    /** Their column of moments. */
    time: z.string(),
    /** A document of definitions; the stage holds it to its schema, which is not this room's. */
    definitions: z.record(
      z.string(),
      z.custom<Json>((value) => value !== undefined),
    ),
    /** One of the two. `view:feature`. */
    features: z.array(z.string()).optional(),
    service: z.string().optional(),
    /** By view, instead of what its definition says. */
    sources: z.record(z.string(), DatasetRef).default({}),
    /** Columns are `view__feature`. */
    fullNames: z.boolean().default(false),
  }),
  output: z.object({
    /** All columns of the rows, then the features in the order in which they were asked for. */
    features: DatasetRef,
    /** Share of the rows that found a row in each view that brings values. */
    matched: z.record(z.string(), z.number()),
    /** Rows without a moment: they have no features. */
    withoutTime: z.number().int(),
    /** What each view was read of. */
    sources: z.record(z.string(), DatasetRef),
  }),
});
