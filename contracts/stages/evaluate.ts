import { z } from 'zod';
import { ChampionRef, DatasetRef, EvidenceRef, ModelRef } from '../data.ts';
import { Duration } from '../duration.ts';
import { ErrorExampleOptions } from '../error-examples.ts';
import { FairnessOptions } from '../fairness.ts';
import { LoadOptions } from '../latency.ts';
import { RobustnessOptions } from '../robustness.ts';
import { WorstSlicesOptions } from '../worst-slices.ts';
import { defineStage } from './stage.ts';

const CompareBy = z.enum(['bootstrap', 'delong', 'mcnemar', 't', 'wilcoxon']);
export type CompareBy = z.output<typeof CompareBy>;

/**
 * Candidate and champion predict the same holdout rows; measures both, their paired difference with an interval,
 * slices, calibration; stores the evidence as JSON and as a self-contained HTML report.
 *
 * Rows of one day have the same weather, rows of one customer the same taste: taken as independent they make differences
 * look surer than they are. So blocks of time are drawn where the times of the rows are known, and clusters where `groupBy`
 * names a column; `by: 'rows'` says that rows are independent.
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
  version: '8',
  input: z.strictObject({
    candidate: ModelRef,
    champion: ChampionRef.nullable(),
    holdout: DatasetRef,
    target: z.string(),
    task: z.enum(['binary', 'regression', 'multiclass']).default('binary'),
    /** Compared in pairs; the first is the one that charts lead with. Default: all metrics of the task, led by roc_auc, rmse, accuracy. */
    compare: z.array(z.string()).optional(),
    /**
     * How they are compared. `bootstrap` (default) takes every metric, blocks, clusters and weights; `t` (Student's paired t) metrics that are
     * a mean over rows, with all of those; `delong` roc_auc, `mcnemar` accuracy and `wilcoxon` the losses of single rows: they take rows as independent and of one weight.
     */
    compareBy: CompareBy.default('bootstrap'),
    /** What is independent of each other; default `clusters` with `groupBy`, `blocks` where the times of the rows are known, else `rows`. */
    by: z.enum(['rows', 'blocks', 'clusters']).optional(),
    /** Column of the holdout with each row's time; default the times that featurize keeps of a holdout of data with `time`. */
    time: z.string().optional(),
    /** How long a block is; default whole days where there are eight or more, else as many rows as the losses' autocorrelation asks for. */
    block: Duration.optional(),
    /** Column whose values make clusters: a customer, a machine. */
    groupBy: z.string().optional(),
    /** Column with the weight of each row, from 0 on; default: all count the same. */
    weight: z.string().optional(),
    /** Columns whose values make slices. */
    slices: z.array(z.string()).default([]),
    /** Slices smaller than this are reported but carry no metric; default 100 rows. */
    minimumSliceRows: z.number().int().positive().default(100),
    /** How alike groups of rows are treated; of a regression it is not defined. */
    fairness: FairnessOptions.optional(),
    /** Asks both models' serving processes in turns and measures how quickly they answer. Default: not measured. */
    latency: LoadOptions.optional(),
    /**
     * Rows that an earlier verdict of the run's model used decide nothing: they are left out, as rows that were trained on are.
     * Default: they are counted, and the verdict says how many there are.
     */
    fresh: z.boolean().optional(),
    /**
     * With `fresh`: so many verdicts may look at the same rows, as long as they are inconclusive; as `looks.most` of the gate's rules says,
     * which shares its level among them. Default 1: an inconclusive verdict uses its rows up, too.
     */
    looks: z.number().int().min(1).max(20).optional(),
    /** Measures how well probabilities of two classes fit: slope, intercept, expected error. Default: not measured. */
    calibration: z.boolean().optional(),
    /** Has the candidate loaded anew by MLflow, and predict the input example that was logged with it. Default: not asked. */
    inputExample: z.boolean().optional(),
    /** Rows that one model gets wrong and the other right, for the report; false: no row of the data stands in it. */
    examples: z.union([z.literal(false), ErrorExampleOptions]).default({ rows: 10 }),
    /** A search, for the report alone, where the candidate is worst: slices of one column or of two together. false: none. */
    worstSlices: z.union([z.literal(false), WorstSlicesOptions]).default({}),
    /** Spoils inputs and measures what that costs the candidate. Default: not measured. */
    robustness: RobustnessOptions.optional(),
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
