/** All definitions of a project, held against each other. */
import { shownValue } from '#contracts/shown-value.ts';
import { digestOf } from './digest.ts';
import type { FeatureDocument } from './document.ts';
import { Entity } from './entity.ts';
import { FeatureView } from './feature-view.ts';
import { parsed, repeated, unknownName, wrong } from './names.ts';
import { type Compute, OnDemand, type OnDemandFeatures } from './on-demand.ts';
import { meaningOf, resolveFeatures } from './resolve.ts';
import { FeatureService } from './service.ts';

/**
 * What {@link defineFeatures} makes, and `features.ts` exports: the document, and the functions of its on-demand definitions by name.
 * @example
 * ```ts
 * const text = (defined: DefinedFeatures) => JSON.stringify(defined.document);
 * ```
 */
export interface DefinedFeatures {
  readonly kind: 'features';
  readonly document: FeatureDocument;
  readonly compute: Readonly<Record<string, Compute>>;
}
/**
 * What {@link defineFeatures} takes.
 * @example
 * ```ts
 * const customer = entity({ name: 'customer' });
 * const options: FeatureDefinitions = { entities: [customer], views: [] };
 * ```
 */
export interface FeatureDefinitions {
  readonly entities: readonly Entity[];
  // Whatever types its features have: those of a single view are for its own functions.
  readonly views: readonly Omit<FeatureView, never>[];
  readonly onDemand?: readonly OnDemandFeatures[];
  readonly services?: readonly FeatureService[];
}

/**
 * All definitions of a project: the default export of `features.ts`. Everything that names something else is looked up, and each service
 * gets its version.
 * @throws UserError InvalidInput for the first name that is unknown (with the nearest there is) or comes twice, and for a definition that was changed
 * into one that is none
 * @example
 * ```ts
 * const customer = entity({ name: 'customer', joinKeys: { customer_id: 'int64' } });
 * const payments = featureView({
 *   name: 'payments',
 *   entities: [customer],
 *   source: 'data/payments.parquet',
 *   timestamp: 'paid_at',
 *   features: { transaction_count_7d: count('7d') },
 * });
 * export default defineFeatures({
 *   entities: [customer],
 *   views: [payments],
 *   services: [featureService({ name: 'fraud', features: ['payments:transaction_count_7d'] })],
 * });
 * ```
 */
export function defineFeatures(definitions: FeatureDefinitions): DefinedFeatures {
  const given = definitions ?? {};
  for (const list of ['entities', 'views', 'onDemand', 'services'] as const)
    if (!Array.isArray(given[list] ?? (list === 'onDemand' || list === 'services' ? [] : null)))
      throw wrong('defineFeatures', `${list} is ${shownValue(given[list])}: give a list`);
  const document: FeatureDocument = {
    format: 1,
    entities: given.entities.map((each) => parsed('entity', Entity, each)),
    views: given.views.map((each) => parsed('view', FeatureView, each)),
    onDemand: (given.onDemand ?? []).map((each) => parsed('on-demand', OnDemand, each?.definition)),
    services: (given.services ?? []).map((each) => parsed('service', FeatureService, each)),
  };
  checkNames(document);
  for (const view of document.views) checkView(document, view);
  for (const definition of document.onDemand) checkInputs(document, definition);
  for (const service of document.services) {
    const resolved = resolveFeatures(document, { features: service.features }, `the service ${service.name}`);
    service.version = digestOf(meaningOf(resolved));
  }
  const compute = Object.fromEntries((given.onDemand ?? []).map((each) => [each.definition.name, each.compute]));
  return { kind: 'features', document, compute };
}

function checkNames({ entities, views, onDemand, services }: FeatureDocument): void {
  const kinds: readonly (readonly [string, readonly { name: string }[]])[] = [
    ['entity', entities],
    ['view or on-demand definition', [...views, ...onDemand]],
    ['service', services],
  ];
  for (const [kind, list] of kinds) {
    const twice = repeated(list.map(({ name }) => name));
    if (twice) throw wrong('defineFeatures', `there are two of the name ${twice}; each ${kind} has one of its own`);
  }
}

function checkView({ entities }: FeatureDocument, view: FeatureDocument['views'][number]): void {
  const place = `the view ${view.name}`;
  const keys = view.entities.flatMap((name) => {
    const found = entities.find((each) => each.name === name);
    if (!found)
      throw wrong(
        place,
        unknownName(
          'entity',
          name,
          entities.map((each) => each.name),
        ),
      );
    return Object.keys(found.joinKeys);
  });
  const twice = repeated(keys);
  if (twice)
    throw wrong(
      place,
      `two of its entities (${view.entities.join(', ')}) have the join key ${twice}: name the entity that has it once`,
    );
  const taken = new Set([...keys, view.timestamp].map((key) => key.toLowerCase()));
  const feature = Object.keys(view.features).find((name) => taken.has(name.toLowerCase()));
  if (feature)
    throw wrong(
      place,
      `the feature ${feature} has the name of a join key or of the timestamp, which the rows have already; give it another, with column: '${feature}'`,
    );
}

function checkInputs(document: FeatureDocument, { name, inputs }: OnDemand): void {
  const place = `the on-demand ${name}`;
  for (const [input, { feature, type }] of Object.entries(inputs)) {
    const [found] = resolveFeatures(document, { features: [feature] }, `${place}, ${input}`).columns;
    if (found?.onDemand)
      throw wrong(`${place}, ${input}`, `${feature} is computed on demand itself; inputs are features of views`);
    if (found && found.type !== type)
      throw wrong(
        `${place}, ${input}`,
        `${feature} is ${found.type}, and the function was written for ${type}: take it by feature(view, name)`,
      );
  }
}
