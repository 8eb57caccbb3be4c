/** Features of entities from one source. */
import { z } from 'zod';
import type { Duration } from '#contracts/duration.ts';
import { isDuration, milliseconds } from '#contracts/duration-text.ts';
import { Aggregate, AggregateFeature, typed, type WindowOf } from './aggregates.ts';
import type { Entity } from './entity.ts';
import { about, ColumnName, FeatureName, parsed, repeated, wrong } from './names.ts';
import { Source } from './source.ts';
import { type FeatureType, ValueType } from './value-types.ts';

const LONGEST = milliseconds('36600d');
const within = (length: unknown): length is Duration => isDuration(length) && milliseconds(length) <= LONGEST;
const Age = z.custom<Duration | '0'>(
  (age) => age === '0' || (within(age) && milliseconds(age) > 0),
  "ttl is '0' (never expires) or a length of time up to 36600d, such as '7d'",
);
const Delay = z.custom<Duration | 'created'>(
  (delay) => delay === 'created' || within(delay),
  "availableAfter is 'created' or a length of time up to 36600d, such as '2h'",
);

const Plain = z.strictObject({
  type: ValueType,
  /** Of the source; default the feature's name. */
  column: ColumnName.optional(),
  description: z.string().max(2_000).optional(),
});
/** A value of the newest row. */
export const PlainFeature = Plain.extend({ column: ColumnName });
export type PlainFeature = z.output<typeof PlainFeature>;
export const Feature = z.union([AggregateFeature, PlainFeature]);
export type Feature = AggregateFeature | PlainFeature;

const shape = {
  name: FeatureName,
  source: z.union([z.string().min(1), Source]),
  /** Column of when a row's event happened. */
  timestamp: ColumnName,
  /** Column of when a row was written. */
  created: ColumnName.optional(),
  availableAfter: Delay.optional(),
  ttl: Age.default('0'),
  /** Types of further columns of the source, for windows and their `where`. */
  columns: z.record(ColumnName, ValueType).default({}),
  online: z.boolean().default(true),
  ...about,
};
const Written = z.strictObject({
  ...shape,
  entities: z.array(z.union([z.string(), z.looseObject({ name: z.string() })])).min(1),
  features: z.record(FeatureName, z.union([ValueType, Aggregate, Plain])),
});
export const FeatureView = z.strictObject({
  ...shape,
  entities: z.array(FeatureName).min(1),
  source: Source,
  features: z.record(FeatureName, Feature),
});

type WrittenFeatures = z.input<typeof Written>['features'];
type TypeOf<F> =
  F extends WindowOf<infer T> ? T : F extends { type: ValueType } ? F['type'] : F extends ValueType ? F : FeatureType;
/**
 * Features of entities from one source, as plain JSON: see {@link featureView}.
 * @example
 * ```ts
 * const named = (view: FeatureView) => Object.keys(view.features).map((feature) => `${view.name}:${feature}`);
 * ```
 */
export type FeatureView<F = Record<string, FeatureType>> = Omit<z.output<typeof FeatureView>, 'features'> & {
  features: { [K in keyof F]: Feature & { type: F[K] } };
};
/**
 * What {@link featureView} takes.
 * @example
 * ```ts
 * const options: FeatureViewOptions = { name: 'profile', entities: ['customer'], source: 'profile.csv', timestamp: 'at', features: { city: 'string' } };
 * ```
 */
export type FeatureViewOptions<F extends WrittenFeatures = WrittenFeatures> = Omit<
  z.input<typeof Written>,
  'entities' | 'features'
> & {
  entities: readonly (Entity | string)[];
  features: F;
};

/**
 * Features of entities from one source: values of the newest row (`city: 'string'`), or windows over its events (`count('7d')`). At the
 * moment t a row is known from its `timestamp` on, later by `availableAfter`; counted are rows in [t − ttl, t], both ends included, newest
 * event first, then the newest `created`, then the last in the file; of windows see {@link count}.
 * @param options `source` a path of the definitions' folder, glob or s3://, or {@link postgres} or {@link sql}; `created` the column of when a row was written: nothing is seen before,
 * unless `availableAfter` says otherwise (`'0s'`: known at its timestamp, as Feast takes it; `created` then decides between rows of one time only); a
 * row that has no `created` is never seen where it decides that. `ttl` default `'0'`, never expires; windows have none. `columns` types of columns that
 * only windows read. `online` default true
 * @returns plain JSON, with the type of every feature
 * @throws UserError InvalidInput with the value, the limit and what to write
 * @example
 * ```ts
 * const payments = featureView({
 *   name: 'payments',
 *   entities: ['customer'],
 *   source: 'data/payments/*.parquet',
 *   timestamp: 'paid_at',
 *   columns: { amount: 'float64' },
 *   features: { transaction_count_7d: count('7d'), avg_transaction_amount: mean('amount', '7d') },
 * });
 * ```
 */
export function featureView<const F extends WrittenFeatures>(
  options: FeatureViewOptions<F>,
): FeatureView<{ [K in keyof F]: TypeOf<F[K]> }> {
  const written = parsed('view', Written, options);
  const place = `the view ${written.name}`;
  const { source, entities, features: asked, ...rest } = written;
  if (Object.keys(asked).length === 0) throw wrong(place, "features is {}: define one, for example amount: 'float64'");
  if (rest.availableAfter === 'created' && rest.created === undefined)
    throw wrong(
      place,
      "availableAfter is 'created', and there is no `created`: name the column of when a row was written",
    );
  const twice = repeated(Object.keys(asked));
  if (twice) throw wrong(place, `the feature ${twice} is there twice: tables do not tell upper from lower case`);

  // Without a prototype: a column may be called `constructor`.
  const columns: Record<string, ValueType> = Object.assign(Object.create(null), rest.columns);
  const plain = new Map<string, PlainFeature>();
  for (const [name, feature] of Object.entries(asked)) {
    if (typeof feature === 'object' && 'aggregate' in feature) continue;
    const made: PlainFeature =
      typeof feature === 'string' ? { type: feature, column: name } : { ...feature, column: feature.column ?? name };
    const other = columns[made.column];
    if (other !== undefined && other !== made.type)
      throw wrong(
        place,
        `the column ${made.column} is declared ${other} and, for ${name}, ${made.type}: give both one type`,
      );
    columns[made.column] = made.type;
    plain.set(name, made);
  }
  if (plain.size === 0 && rest.ttl !== '0')
    throw wrong(place, `ttl is ${rest.ttl}, and all features are windows, which end by themselves: leave it out`);
  const features = Object.fromEntries(
    Object.entries(asked).map(([name, feature]) => [
      name,
      plain.get(name) ?? typed(`${place}, ${name}`, feature as z.output<typeof Aggregate>, columns),
    ]),
  );
  return {
    ...rest,
    columns: rest.columns,
    source: typeof source === 'string' ? { path: source } : source,
    entities: entities.map((entity) => (typeof entity === 'string' ? entity : entity.name)),
    // Each has the type that its writing says: TypeOf.
    features: features as FeatureView<{ [K in keyof F]: TypeOf<F[K]> }>['features'],
  };
}
