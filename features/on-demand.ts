/** Features that are computed when they are asked for: of a vector online, of each row of a batch offline, by the same function. */
import { z } from 'zod';
import { UserError } from '#contracts/failures.ts';
import { shownValue } from '#contracts/shown-value.ts';
import { digestOf } from './digest.ts';
import type { FeatureView } from './feature-view.ts';
import { about, ColumnName, FeatureName, parsed, repeated, unknownName, wrong } from './names.ts';
import { registerOnDemand } from './row-function.ts';
import { FeatureType, isResult, type ResultOf, type ValueOf, ValueType } from './value-types.ts';

const Input = z.strictObject({ feature: z.string(), type: FeatureType });

export const OnDemand = z.strictObject({
  name: FeatureName,
  /** Name in the function → `view:feature`. */
  inputs: z.record(FeatureName, Input),
  /** Fields that the caller gives: of rows columns, of requests values. */
  request: z.record(ColumnName, ValueType),
  outputs: z.record(FeatureName, ValueType),
  /** SHA-256 of the definition with the function's text. */
  digest: z.string(),
  ...about,
});
/**
 * A function over features and request data, as plain JSON; the function itself stays in its module: see {@link onDemandFeatures}.
 * @example
 * ```ts
 * const outputs = (definition: OnDemand) => Object.keys(definition.outputs);
 * ```
 */
export type OnDemand = z.output<typeof OnDemand>;

/**
 * A feature that a function reads, with its type: {@link feature} makes it.
 * @example
 * ```ts
 * const age: FeatureInput<'int64'> = { feature: 'profile:age', type: 'int64' };
 * ```
 */
export interface FeatureInput<T extends FeatureType = FeatureType> {
  readonly feature: string;
  readonly type: T;
}
type Inputs = Readonly<Record<string, FeatureInput>>;
type Fields = Readonly<Record<string, ValueType>>;
type Vector<I, R> = { readonly [K in keyof I]: I[K] extends FeatureInput<infer T> ? ValueOf<T> | null : never } & {
  readonly [K in keyof R]: R[K] extends ValueType ? ValueOf<R[K]> | null : never;
};
/** Of any vector: what the engines call. */
export type Compute = (
  vector: Readonly<Record<string, unknown>>,
  moment: { readonly at: Date },
) => Readonly<Record<string, unknown>>;

/**
 * What {@link onDemandFeatures} takes: a pure function, and the types of what goes in and comes out.
 * @example
 * ```ts
 * const options: OnDemandOptions<{}, { amount: 'float64' }, { large: 'bool' }> = {
 *   name: 'size',
 *   request: { amount: 'float64' },
 *   outputs: { large: 'bool' },
 *   compute: ({ amount }) => ({ large: amount === null ? null : amount > 1_000 }),
 * };
 * ```
 */
export interface OnDemandOptions<I extends Inputs, R extends Fields, O extends Fields> {
  readonly name: string;
  readonly inputs?: I;
  readonly request?: R;
  readonly outputs: O;
  compute(vector: Vector<I, R>, moment: { readonly at: Date }): { readonly [K in keyof O]: ResultOf<O[K]> | null };
  readonly description?: string;
  readonly owner?: string;
  readonly tags?: Record<string, string>;
}
/**
 * A definition with its function: what {@link onDemandFeatures} makes and {@link defineFeatures} takes.
 * @example
 * ```ts
 * const digest = (made: OnDemandFeatures) => made.definition.digest;
 * ```
 */
export interface OnDemandFeatures<O = Fields> {
  readonly definition: OnDemand & { readonly outputs: O };
  readonly compute: Compute;
}

/**
 * A feature of a view, for the inputs of {@link onDemandFeatures}, for {@link featureService} and for clients: its type comes with it.
 * @throws UserError InvalidInput for a feature that the view has not
 * @example
 * ```ts
 * const profile = featureView({ name: 'profile', entities: ['customer'], source: 'profile.csv', timestamp: 'at', features: { born: 'date' } });
 * const born = feature(profile, 'born');
 * ```
 */
export function feature<F, K extends keyof F & string>(view: FeatureView<F>, name: K): FeatureInput<F[K] & FeatureType>;
/**
 * An output of an on-demand definition, for {@link featureService} and for clients.
 * @throws UserError InvalidInput for an output that it has not
 * @example
 * ```ts
 * const size = onDemandFeatures({
 *   name: 'size',
 *   request: { amount: 'float64' },
 *   outputs: { large: 'bool' },
 *   compute: ({ amount }) => ({ large: amount === null ? null : amount > 1_000 }),
 * });
 * const large = feature(size, 'large');
 * ```
 */
export function feature<O extends Fields, K extends keyof O & string>(
  onDemand: OnDemandFeatures<O>,
  name: K,
): FeatureInput<O[K]>;
export function feature(of: FeatureView | OnDemandFeatures, name: string): FeatureInput {
  const [place, owner, types] =
    'definition' in of
      ? ([`the on-demand ${of.definition.name}`, of.definition.name, of.definition.outputs] as const)
      : ([`the view ${of.name}`, of.name, typesOf(of)] as const);
  const type = Object.hasOwn(types, name) ? types[name] : undefined;
  if (type === undefined) throw wrong(place, unknownName('feature', name, Object.keys(types)));
  return { feature: `${owner}:${name}`, type };
}

const typesOf = ({ features }: FeatureView): Record<string, FeatureType> =>
  Object.fromEntries(Object.entries(features).map(([name, { type }]) => [name, type]));

/**
 * Features that a pure function computes of other features and of what the caller gives, row by row: offline over the rows of a training
 * set, online over one vector. `moment.at` is the time of the row or of the request; the function reads no other clock, nothing random, nothing
 * outside. The digest covers the definition and the function's own text as it was loaded: a constant outside of it is not covered.
 * @param options `inputs` features, each by {@link feature}; `request` fields that the caller gives; `outputs` what comes out, with types: each is
 * answered, null where there is none
 * @throws UserError InvalidInput for names that come twice, no outputs, or a function that is none
 * @example
 * ```ts
 * const profile = featureView({ name: 'profile', entities: ['customer'], source: 'profile.csv', timestamp: 'at', features: { opened_at: 'timestamp' } });
 * const account = onDemandFeatures({
 *   name: 'account',
 *   inputs: { opened_at: feature(profile, 'opened_at') },
 *   outputs: { account_age_days: 'float64' },
 *   compute: ({ opened_at }, { at }) => ({
 *     account_age_days: opened_at === null ? null : (at.getTime() - opened_at.getTime()) / 86_400_000,
 *   }),
 * });
 * ```
 */
export function onDemandFeatures<
  const I extends Inputs = Record<never, never>,
  const R extends Fields = Record<never, never>,
  const O extends Fields = Fields,
>(options: OnDemandOptions<I, R, O>): OnDemandFeatures<O> {
  const { compute, ...written } = options;
  const made = parsed('on-demand', OnDemand.omit({ digest: true }), { inputs: {}, request: {}, ...written });
  const place = `the on-demand ${made.name}`;
  if (typeof compute !== 'function') throw wrong(place, `compute is ${shownValue(compute)}: give the function`);
  if (Object.keys(made.outputs).length === 0)
    throw wrong(place, "outputs is {}: name what it answers, { ratio: 'float64' }");
  const twice = repeated([...Object.keys(made.inputs), ...Object.keys(made.request)]);
  if (twice) throw wrong(place, `${twice} is twice among inputs and request: give each a name of its own`);
  const { description: _said, owner: _whose, tags: _found, ...meaning } = made;
  const digest = digestOf({ ...meaning, code: String(compute) });
  // Called with what the definition says: the engines hold each value to its type.
  const own = { definition: { ...made, digest }, compute: compute as unknown as Compute } as OnDemandFeatures<O>;
  registerOnDemand({ definition: own.definition, held: (vector, at, where) => computed(own, vector, at, where) });
  return own;
}

/**
 * One vector's outputs, held to their types.
 * @param where what messages call the vector: `row 12`
 * @throws UserError InvalidOutput for a function that throws, answers no object, leaves an output out or gives another type
 */
export function computed(
  { definition, compute }: OnDemandFeatures,
  vector: Readonly<Record<string, unknown>>,
  at: Date,
  where: string,
): Record<string, unknown> {
  const fails = (problem: string, cause?: unknown) =>
    new UserError('InvalidOutput', `the on-demand ${definition.name}, ${where}: ${problem}`, { cause });
  let answer: unknown;
  try {
    answer = compute(vector, { at });
  } catch (error) {
    throw fails(
      `compute threw ${error instanceof Error ? `${error.name}: ${error.message}` : shownValue(error)}`,
      error,
    );
  }
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer) || answer instanceof Promise)
    throw fails(
      `compute answered ${answer instanceof Promise ? 'a Promise' : shownValue(answer)}: it is to answer { ${Object.keys(definition.outputs).join(', ')} }, at once`,
    );
  const outputs: Record<string, unknown> = {};
  for (const [name, type] of Object.entries(definition.outputs)) {
    const value = Object.hasOwn(answer, name) ? Reflect.get(answer, name) : undefined;
    if (value !== null && !isResult(type, value))
      throw fails(
        `compute answered ${shownValue(value)} for ${name}, which is declared ${type}${value === undefined ? '; null says that there is no value' : ''}`,
      );
    // A column of doubles keeps one zero where both come: so it is one from the beginning.
    outputs[name] = value === 0 ? 0 : value;
  }
  return outputs;
}
