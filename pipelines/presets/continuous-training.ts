/** The usual graph with safe defaults: validate → featurize → train → evaluate → gate → register → promote. */
import { z } from 'zod';
import { definePipeline } from '../define-pipeline.ts';
import { calledFrom, callSite } from '../graph/call-site.ts';
import type { ContinuousTraining } from './options.ts';
import { checkedRules, refuseLateLabels, refuseSaidTwice, split } from './refusals.ts';
import { usualGraph } from './usual-graph.ts';

const AsOf = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })])
  .optional()
  .describe('The day or the time that the run is made for: it sees nothing later. Default: when it starts.');

/** What a run may be given: the params of the options, and `asOf` where they do not say themselves how it is written. */
type WithAsOf<P extends z.ZodObject> = z.ZodObject<{ asOf: typeof AsOf } & P['shape'], P['_zod']['config']>;

function withAsOf<P extends z.ZodObject>(params: P | undefined): WithAsOf<P> {
  const given: z.ZodObject = params ?? z.object({});
  // The type says what is done here, which the compiler cannot follow through `P`.
  return ('asOf' in given.shape ? given : given.safeExtend({ asOf: AsOf })) as unknown as WithAsOf<P>;
}

/**
 * A pipeline of the seven stages; what it builds can be written with `definePipeline` and nothing else. Throws
 * UserError InvalidPipeline without gate rules, or when the windows of the split do not fit together.
 * @example
 * ```ts
 * export default continuousTraining({
 *   name: 'churn',
 *   data: 'churn.csv',
 *   target: 'left',
 *   trainer: python('train.py'),
 *   expectations: [expect.column('left').notNull()],
 *   rules: { metric: 'roc_auc', minimumEffect: 0.002, floors: { roc_auc: 0.6 } },
 * });
 * ```
 */
export function continuousTraining<const P extends z.ZodObject = z.ZodObject<Record<never, never>>>(
  options: ContinuousTraining<P>,
) {
  const at = callSite(continuousTraining);
  const rules = checkedRules(options, at);
  const splitAt = split(options, at);
  refuseSaidTwice(options, at);
  refuseLateLabels(options, at);
  return calledFrom(at, () =>
    definePipeline({
      name: options.name,
      model: options.model ?? options.name,
      description: options.description,
      params: withAsOf(options.params),
      triggers: options.triggers,
      limits: options.limits,
      watch: options.watch && watched(options, options.watch),
      graph: (g) => calledFrom(at, () => usualGraph(options, rules, splitAt, g)),
    }),
  );
}

/** What the watch measures on is made as what training reads: joined, derived, filtered, selected. */
function watched(options: ContinuousTraining, watch: NonNullable<ContinuousTraining['watch']>) {
  const { data: source, reading, time: timeColumn, target, task, derive, where, select, leakage } = options;
  const views = options.views?.map(({ expectations: _, ...view }) => view);
  const features = { derive, where, select: select && [...select], leakage: leakage && [...leakage], views };
  const { labelsAfter = watch.labelsAfter } = options;
  const late = labelsAfter === undefined ? {} : { labelsAfter };
  return { ...watch, ...late, source, reading, timeColumn, target, task, features };
}
