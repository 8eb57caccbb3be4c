/** What starts a run by itself, as data: conditions and how they combine. */
import { z } from 'zod';
import { describeIssues } from '#contracts/describe-issues.ts';
import { conditionShapes as shapes, TriggerCondition } from '#contracts/trigger-condition.ts';
import { readCron, timeZoneProblem } from '#decisions/cron.ts';
import { callSite } from './graph/call-site.ts';
import { definitionError, shownValue } from './graph/definition-error.ts';

export { TriggerCondition };

function made<S extends z.ZodType>(shape: S, value: z.input<S>, entry: (...args: never[]) => unknown): z.output<S> {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const { kind } = value as { kind: string };
  throw definitionError(
    callSite(entry),
    `the trigger ${kind}(…) is wrong: ${describeIssues(parsed.error.issues, value).join('; ')}.`,
  );
}
function oneLimit(
  options: { below?: number | undefined; above?: number | undefined; dropFromChampion?: number | undefined },
  name: string,
  entry: (...args: never[]) => unknown,
): void {
  const limits = [options.below, options.above, options.dropFromChampion].filter((limit) => limit !== undefined);
  if (limits.length !== 1)
    throw definitionError(
      callSite(entry),
      `the trigger ${name}(…) was given ${shownValue(options)}: one of below, above and dropFromChampion is wanted.`,
    );
}
type Options<K extends keyof typeof shapes> = Omit<z.input<(typeof shapes)[K]>, 'kind'>;

/**
 * At times given by five cron fields (minute hour day month weekday) or a name such as `@daily`, as Temporal's schedules read
 * them; `timezone` is an IANA name, default UTC. Throws UserError InvalidPipeline for a line that the server refuses, or
 * would read otherwise than it looks: a day beside a weekday, `L`, `?`, `#`, a day that never comes.
 * @example
 * ```ts
 * const triggers = schedule('0 2 * * 1', { timezone: 'Europe/Berlin' });
 * ```
 */
export function schedule(cron: string, options: { timezone?: string } = {}): TriggerCondition {
  const problem = (typeof cron === 'string' ? readCron(cron).problem : null) ?? zoneProblem(options.timezone);
  if (problem) throw definitionError(callSite(schedule), `the trigger schedule(…) is wrong: ${problem}.`);
  return made(shapes.schedule, { kind: 'schedule', cron, ...options }, schedule);
}
const zoneProblem = (zone: unknown) => (typeof zone === 'string' ? timeZoneProblem(zone) : null);

/** What is wrong with the calendars among conditions that were written as data. Stored ones of before are read as they are. */
export function calendarProblem(condition: TriggerCondition): string | null {
  switch (condition.kind) {
    case 'schedule':
      return readCron(condition.cron).problem ?? timeZoneProblem(condition.timezone);
    case 'any':
    case 'all':
      return condition.of.map(calendarProblem).find((problem) => problem !== null) ?? null;
    case 'not':
      return calendarProblem(condition.of);
    default:
      return null;
  }
}
/**
 * `atLeast` rows more than the champion's data had.
 * @example
 * ```ts
 * const triggers = newRows({ atLeast: 20_000 });
 * ```
 */
export function newRows(options: Options<'newRows'>): TriggerCondition {
  return made(shapes.newRows, { kind: 'newRows', ...options }, newRows);
}
/**
 * `atLeast` (default 1) new files or partitions.
 * @example
 * ```ts
 * const triggers = newPartitions({ atLeast: 7 });
 * ```
 */
export function newPartitions(options: Options<'newPartitions'> = {}): TriggerCondition {
  return made(shapes.newPartitions, { kind: 'newPartitions', ...options }, newPartitions);
}
/**
 * A `share` of the columns, or one `column`, drifted from the champion's data, `windows` (default 1) times in a row.
 * @example
 * ```ts
 * const triggers = any(drift({ share: 0.3, windows: 3 }), drift({ column: 'plan' }));
 * ```
 */
export function drift(options: Options<'drift'>): TriggerCondition {
  if ((options.share === undefined) === (options.column === undefined))
    throw definitionError(
      callSite(drift),
      `the trigger drift(…) was given ${shownValue(options)}: one of share (of the columns, 0 to 1) and column is wanted.`,
    );
  return made(shapes.drift, { kind: 'drift', ...options }, drift);
}
/**
 * A metric on matured labels fell `below`, rose `above`, or is worse than the champion's holdout by `dropFromChampion`.
 * @example
 * ```ts
 * const triggers = any(performance({ metric: 'roc_auc', below: 0.65 }), performance({ metric: 'rmse', above: 12 }));
 * ```
 */
export function performance(options: Options<'performance'>): TriggerCondition {
  oneLimit(options, 'performance', performance);
  return made(shapes.performance, { kind: 'performance', ...options }, performance);
}
/**
 * As `performance`, on figures estimated without labels: for the time until they come.
 * @example
 * ```ts
 * const triggers = estimatedPerformance({ metric: 'roc_auc', below: 0.65 });
 * ```
 */
export function estimatedPerformance(options: Options<'estimatedPerformance'>): TriggerCondition {
  oneLimit(options, 'estimatedPerformance', estimatedPerformance);
  return made(shapes.estimatedPerformance, { kind: 'estimatedPerformance', ...options }, estimatedPerformance);
}
/**
 * A `feature` (default any) of the watched service was served otherwise than history has it, in more than `share` (default 0.01) of the
 * vectors that were sampled. Needs the watch's `skew`.
 * @example
 * ```ts
 * const triggers = any(skew({ share: 0.005 }), skew({ feature: 'payments:transaction_count_7d' }));
 * ```
 */
export function skew(options: Options<'skew'> = {}): TriggerCondition {
  return made(shapes.skew, { kind: 'skew', ...options }, skew);
}
/**
 * A `feature` (default any) of the watched service was served without a value in more than `share` of the vectors that were sampled. Needs the watch's
 * `skew`.
 * @example
 * ```ts
 * const triggers = featureNulls({ share: 0.2, feature: 'profile:city' });
 * ```
 */
export function featureNulls(options: Options<'featureNulls'>): TriggerCondition {
  return made(shapes.featureNulls, { kind: 'featureNulls', ...options }, featureNulls);
}
/**
 * The newest row of a `view` (default any of the watched service) happened longer ago than `olderThan`, at the time of the look. Needs the watch's
 * `skew`.
 * @example
 * ```ts
 * const triggers = freshness({ olderThan: '26h', view: 'payments' });
 * ```
 */
export function freshness(options: Options<'freshness'>): TriggerCondition {
  return made(shapes.freshness, { kind: 'freshness', ...options }, freshness);
}
/**
 * A file changed that one of `paths` (globs, relative to the project) matches.
 * @example
 * ```ts
 * const triggers = codeChange({ paths: ['pipelines/churn/**'] });
 * ```
 */
export function codeChange(options: { paths: readonly string[] }): TriggerCondition {
  return made(shapes.codeChange, { kind: 'codeChange', paths: [...(options.paths ?? [])] }, codeChange);
}
/**
 * Another pipeline promoted a model or finished.
 * @example
 * ```ts
 * const triggers = upstream('customers');
 * ```
 */
export function upstream(pipeline: string | { readonly name: string }): TriggerCondition {
  return made(
    shapes.upstream,
    { kind: 'upstream', pipeline: typeof pipeline === 'string' ? pipeline : pipeline.name },
    upstream,
  );
}
/**
 * Somebody asked. Always possible; named to be combined.
 * @example
 * ```ts
 * const triggers = any(manual(), schedule('@weekly'));
 * ```
 */
export function manual(): TriggerCondition {
  return { kind: 'manual' };
}
/**
 * One of them.
 * @example
 * ```ts
 * const triggers = any(newRows({ atLeast: 20_000 }), schedule('0 2 * * 1'));
 * ```
 */
export function any(...of: TriggerCondition[]): TriggerCondition {
  return combined('any', of, any);
}
/**
 * Each of them since the last run.
 * @example
 * ```ts
 * const triggers = all(newRows({ atLeast: 10_000 }), not(drift({ share: 0.5 })));
 * ```
 */
export function all(...of: TriggerCondition[]): TriggerCondition {
  return combined('all', of, all);
}
/**
 * As long as it does not hold; only within {@link all}.
 * @example
 * ```ts
 * const triggers = all(newRows({ atLeast: 20_000 }), not(drift({ share: 0.5 })));
 * ```
 */
export function not(of: TriggerCondition): TriggerCondition {
  return made(z.strictObject({ kind: z.literal('not'), of: TriggerCondition }), { kind: 'not', of }, not);
}

function combined(kind: 'any' | 'all', of: TriggerCondition[], entry: (...args: never[]) => unknown): TriggerCondition {
  if (of.length === 0)
    throw definitionError(callSite(entry), `the trigger ${kind}() is empty: name at least one condition.`);
  return made(
    z.strictObject({ kind: z.enum(['any', 'all']), of: z.array(TriggerCondition).min(1) }),
    { kind, of },
    entry,
  );
}
