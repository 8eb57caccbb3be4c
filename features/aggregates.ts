/**
 * Features over windows. The window of length w at the moment t holds the events with t − w < time ≤ t, times in whole microseconds: an event
 * of this very moment is in, one of exactly w ago is out, and so windows that follow each other share no event. Every row of the source is an
 * event: two at one time are two.
 */
import { z } from 'zod';
import { Duration, milliseconds } from '#contracts/duration.ts';
import { ColumnName, parsed, unknownName, wrong } from './names.ts';
import { FeatureType, isNumber, isOrdered, type ValueType } from './value-types.ts';
import { Where, whereProblem } from './where.ts';

/** A window is at least a second and at most ten years. */
const LONGEST = milliseconds('3660d');
const Window = Duration.refine(
  (window) => milliseconds(window) >= 1_000 && milliseconds(window) <= LONGEST,
  'a window is from 1s to 3660d',
);

const over = { window: Window, where: Where.optional(), description: z.string().max(2_000).optional() };
const ofColumn = { column: ColumnName, ...over };

/** No interfaces: what is inferred of schemas is to be nameable elsewhere. */
type Over = {
  window: Duration;
  where?: Where | undefined;
  description?: string | undefined;
};
type OfColumn = Over & { column: string };
export type Aggregate =
  | (Over & { aggregate: 'count' })
  | (OfColumn & { aggregate: 'sum' | 'mean' | 'min' | 'max' | 'std' | 'last' | 'approxDistinct' })
  | (OfColumn & { aggregate: 'lastN'; n: number });
/** As written; its type is known once its view is. */
export const Aggregate: z.ZodType<Aggregate, Aggregate> = z.discriminatedUnion('aggregate', [
  z.strictObject({ aggregate: z.literal('count'), ...over }),
  z.strictObject({ aggregate: z.literal('sum'), ...ofColumn }),
  z.strictObject({ aggregate: z.literal('mean'), ...ofColumn }),
  z.strictObject({ aggregate: z.literal('min'), ...ofColumn }),
  z.strictObject({ aggregate: z.literal('max'), ...ofColumn }),
  z.strictObject({ aggregate: z.literal('std'), ...ofColumn }),
  z.strictObject({ aggregate: z.literal('last'), ...ofColumn }),
  z.strictObject({ aggregate: z.literal('lastN'), ...ofColumn, n: z.number().int().min(1).max(1_000) }),
  z.strictObject({ aggregate: z.literal('approxDistinct'), ...ofColumn }),
]);

export const AggregateFeature: z.ZodType<AggregateFeature, AggregateFeature> = Aggregate.and(
  z.object({ type: FeatureType }),
);
/**
 * A feature over a window as the definition's document has it: {@link count}, {@link sum} and the others make it.
 * @example
 * ```ts
 * const views = (feature: AggregateFeature) => `${feature.aggregate} over ${feature.window}: ${feature.type}`;
 * ```
 */
export type AggregateFeature = Aggregate & { type: FeatureType };

/**
 * A window as it is written among a view's features; `T` is the type of what it gives.
 * @example
 * ```ts
 * const features: Record<string, WindowOf<FeatureType>> = { payments_7d: count('7d') };
 * ```
 */
export type WindowOf<T extends FeatureType> = Aggregate & { readonly gives?: T };

/**
 * What every window takes besides: which events it counts, and what people are told of it.
 * @example
 * ```ts
 * const declined: WindowOptions = { where: { status: 'declined' } };
 * ```
 */
export interface WindowOptions {
  readonly where?: z.input<typeof Where>;
  readonly description?: string;
}

function made<T extends FeatureType>(aggregate: Aggregate['aggregate'], rest: object): WindowOf<T> {
  // The type that the view will give it; the value itself has none yet.
  return parsed(`window ${aggregate}(…)`, Aggregate, { aggregate, ...rest }) as WindowOf<T>;
}

/**
 * Events in the window (t − window, t]; 0 where there is none.
 * @throws UserError InvalidInput for a window that is none
 * @example
 * ```ts
 * const features = { transaction_count_7d: count('7d'), declined_7d: count('7d', { where: { status: 'declined' } }) };
 * ```
 */
export function count(window: Duration, options: WindowOptions = {}): WindowOf<'int64'> {
  return made('count', { window, ...options });
}
/**
 * Sum of a number over the window (t − window, t], of the column's type; missing values are left out, and none at all is null. Of int64 it is
 * exact, and refused past 64 bits; of float64 exact for whole numbers, and else as exact as a sum in any order is.
 * @throws UserError InvalidInput for a window that is none
 * @example
 * ```ts
 * const features = { spent_30d: sum('amount', '30d') };
 * ```
 */
export function sum(column: string, window: Duration, options: WindowOptions = {}): WindowOf<'int64' | 'float64'> {
  return made('sum', { column, window, ...options });
}
/**
 * Mean of a number over the window (t − window, t]: the {@link sum} by the values that are there; null without any.
 * @throws UserError InvalidInput for a window that is none
 * @example
 * ```ts
 * const features = { avg_transaction_amount: mean('amount', '7d') };
 * ```
 */
export function mean(column: string, window: Duration, options: WindowOptions = {}): WindowOf<'float64'> {
  return made('mean', { column, window, ...options });
}
/**
 * The least number or time in the window (t − window, t]; missing values, NaN included, are left out, and none at all is null.
 * @throws UserError InvalidInput for a window that is none
 * @example
 * ```ts
 * const features = { cheapest_28d: min('price', '28d') };
 * ```
 */
export function min(
  column: string,
  window: Duration,
  options: WindowOptions = {},
): WindowOf<'int64' | 'float64' | 'timestamp' | 'date'> {
  return made('min', { column, window, ...options });
}
/**
 * The greatest number or time in the window (t − window, t]; as {@link min}.
 * @throws UserError InvalidInput for a window that is none
 * @example
 * ```ts
 * const features = { longest_delay_28d: max('delay', '28d') };
 * ```
 */
export function max(
  column: string,
  window: Duration,
  options: WindowOptions = {},
): WindowOf<'int64' | 'float64' | 'timestamp' | 'date'> {
  return made('max', { column, window, ...options });
}
/**
 * Sample standard deviation (n − 1) over the window (t − window, t]; null for fewer than two values, NaN where one is infinite.
 * @throws UserError InvalidInput for a window that is none
 * @example
 * ```ts
 * const features = { amount_std_7d: std('amount', '7d') };
 * ```
 */
export function std(column: string, window: Duration, options: WindowOptions = {}): WindowOf<'float64'> {
  return made('std', { column, window, ...options });
}
/**
 * What the newest event of the window (t − window, t] has in the column; its null is a null. Of several at one time the newest `created`
 * counts, then the last in the file.
 * @throws UserError InvalidInput for a window that is none
 * @example
 * ```ts
 * const features = { last_city: last('city', '90d') };
 * ```
 */
export function last(column: string, window: Duration, options: WindowOptions = {}): WindowOf<ValueType> {
  return made('last', { column, window, ...options });
}
/**
 * The newest `n` values (1 to 1,000) in the window (t − window, t], newest first, missing ones left out; null without any.
 * @throws UserError InvalidInput for a window or a number that is none
 * @example
 * ```ts
 * const features = { last_amounts: lastN('amount', 5, '30d') };
 * ```
 */
export function lastN(
  column: string,
  n: number,
  window: Duration,
  options: WindowOptions = {},
): WindowOf<Exclude<FeatureType, ValueType>> {
  return made('lastN', { column, n, window, ...options });
}
/**
 * About how many different values the window (t − window, t] has (in a training set exactly; online by HyperLogLog where there are many, within some 3 %); 0 where there is none.
 * @throws UserError InvalidInput for a window that is none
 * @example
 * ```ts
 * const features = { merchants_30d: approxDistinct('merchant', '30d') };
 * ```
 */
export function approxDistinct(column: string, window: Duration, options: WindowOptions = {}): WindowOf<'int64'> {
  return made('approxDistinct', { column, window, ...options });
}

/**
 * The window with the type of what it gives, by the columns that its view declares.
 * @throws UserError InvalidInput for a column that is not declared, or that this cannot be computed of
 */
export function typed(
  place: string,
  aggregate: Aggregate,
  columns: Readonly<Record<string, ValueType>>,
): AggregateFeature {
  const problem = whereProblem(aggregate.where ?? {}, columns);
  if (problem) throw wrong(place, problem);
  if (aggregate.aggregate === 'count') return { ...aggregate, type: 'int64' };
  const { column } = aggregate;
  const type = columns[column];
  if (type === undefined)
    throw wrong(
      place,
      `${unknownName('column', column, Object.keys(columns))}. Columns that windows read are declared: columns: { ${column}: 'float64' }`,
    );
  const refuse = (wanted: string) =>
    wrong(
      place,
      `${aggregate.aggregate} is of ${wanted}, and the column ${column} is ${type}; count, last, lastN and approxDistinct take any`,
    );
  switch (aggregate.aggregate) {
    case 'sum':
    case 'mean':
    case 'std':
      if (!isNumber(type)) throw refuse('numbers');
      return { ...aggregate, type: aggregate.aggregate === 'sum' ? type : 'float64' };
    case 'min':
    case 'max':
      if (!isOrdered(type)) throw refuse('numbers and times');
      return { ...aggregate, type };
    case 'last':
      return { ...aggregate, type };
    case 'lastN':
      return { ...aggregate, type: `${type}[]` };
    case 'approxDistinct':
      return { ...aggregate, type: 'int64' };
  }
}
