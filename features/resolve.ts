/** What a list of features, or a service, asks for: views, their features, and what is computed of them. */
import { UserError } from '#contracts/failures.ts';
import type { FeatureDocument } from './document.ts';
import type { Entity } from './entity.ts';
import type { Feature, FeatureView } from './feature-view.ts';
import { repeated, unknownName, wrong } from './names.ts';
import type { OnDemand } from './on-demand.ts';
import type { FeatureType, ValueType } from './value-types.ts';

/** One column of the answer. */
interface ResolvedColumn {
  /** `view:feature` or `name:output`. */
  readonly reference: string;
  readonly view: string;
  readonly feature: string;
  readonly type: FeatureType;
  readonly onDemand: boolean;
}
interface ResolvedView {
  readonly view: FeatureView;
  /** Of its entities, in order; the columns that name one. */
  readonly joinKeys: Entity['joinKeys'];
  /** What is needed of it: what was asked for, then what on-demand definitions read besides. */
  readonly features: Readonly<Record<string, Feature>>;
}
export interface Resolved {
  /** In the order in which they were asked for. */
  readonly columns: readonly ResolvedColumn[];
  readonly views: readonly ResolvedView[];
  readonly onDemand: readonly OnDemand[];
  /** Fields that the caller gives besides the join keys. */
  readonly request: Readonly<Record<string, ValueType>>;
}

/**
 * @param asked `features`: each `view:feature` or `name:output`; or the name of a service
 * @param place what messages begin with
 * @throws UserError InvalidInput for what is unknown (with the nearest there is), asked for twice, nothing, or both at once
 */
export function resolveFeatures(
  document: FeatureDocument,
  asked: { readonly features?: readonly string[] | undefined; readonly service?: string | undefined },
  place = 'features',
): Resolved {
  const references = referencesOf(document, asked);
  const twice = repeated(references);
  if (twice) throw wrong(place, `${twice} is asked for twice`);
  const views = new Map<string, Record<string, Feature>>();
  const onDemand = new Map<string, OnDemand>();
  const need = (view: FeatureView, name: string, feature: Feature) => {
    const features = views.get(view.name) ?? {};
    views.set(view.name, { ...features, [name]: feature });
  };
  const columns = references.map((reference): ResolvedColumn => {
    const { name, feature } = partsOf(reference, place);
    const view = document.views.find((each) => each.name === name);
    const definition = document.onDemand.find((each) => each.name === name);
    if (view) {
      const found = own(view.features, feature);
      if (!found)
        throw wrong(
          place,
          `${reference}: the view ${name}: ${unknownName('feature', feature, Object.keys(view.features))}`,
        );
      need(view, feature, found);
      return { reference, view: name, feature, type: found.type, onDemand: false };
    }
    if (definition) {
      const type = own(definition.outputs, feature);
      if (!type)
        throw wrong(
          place,
          `${reference}: the on-demand ${name}: ${unknownName('output', feature, Object.keys(definition.outputs))}`,
        );
      onDemand.set(name, definition);
      return { reference, view: name, feature, type, onDemand: true };
    }
    throw wrong(
      place,
      `${reference}: ${unknownName(
        'view',
        name,
        [...document.views, ...document.onDemand].map((each) => each.name),
      )}`,
    );
  });
  for (const { inputs, name } of onDemand.values())
    for (const { feature: reference } of Object.values(inputs)) {
      const parts = partsOf(reference, `the on-demand ${name}`);
      const view = document.views.find((each) => each.name === parts.name);
      const found = view && own(view.features, parts.feature);
      if (!view || !found) throw wrong(`the on-demand ${name}`, unknownName('feature', reference, []));
      need(view, parts.feature, found);
    }
  return {
    columns,
    views: document.views.flatMap((view) => {
      const features = views.get(view.name);
      return features ? [{ view, joinKeys: joinKeysOf(document, view), features }] : [];
    }),
    onDemand: [...onDemand.values()],
    request: requestOf([...onDemand.values()], place),
  };
}

function referencesOf(
  document: FeatureDocument,
  { features, service }: { readonly features?: readonly string[] | undefined; readonly service?: string | undefined },
): readonly string[] {
  if ((features === undefined) === (service === undefined))
    throw new UserError('InvalidInput', 'give features (view:feature, …) or a service: one of the two');
  if (service !== undefined) {
    const found = document.services.find((each) => each.name === service);
    if (!found)
      throw wrong(
        'service',
        unknownName(
          'service',
          service,
          document.services.map((each) => each.name),
        ),
      );
    return found.features;
  }
  if (!features || features.length === 0)
    throw new UserError(
      'InvalidInput',
      'no feature was asked for: give view:feature, for example payments:transaction_count_7d',
    );
  return features;
}

function partsOf(reference: string, place: string): { name: string; feature: string } {
  const [name = '', feature = '', ...more] = reference.split(':');
  if (name === '' || feature === '' || more.length > 0)
    throw wrong(
      place,
      `"${reference.slice(0, 120)}" is no feature: write view:feature, for example payments:transaction_count_7d`,
    );
  return { name, feature };
}

const own = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

/** The columns that name an entity of the view, with their types. */
export function joinKeysOf(
  { entities }: Pick<FeatureDocument, 'entities'>,
  view: Pick<FeatureView, 'entities' | 'name'>,
): Entity['joinKeys'] {
  return Object.assign(
    {},
    ...view.entities.map((name) => {
      const found = entities.find((each) => each.name === name);
      if (!found)
        throw wrong(
          `the view ${view.name}`,
          unknownName(
            'entity',
            name,
            entities.map((each) => each.name),
          ),
        );
      return found.joinKeys;
    }),
  );
}

function requestOf(onDemand: readonly OnDemand[], place: string): Record<string, ValueType> {
  const request: Record<string, ValueType> = {};
  for (const { name, request: fields } of onDemand)
    for (const [field, type] of Object.entries(fields)) {
      const other = own(request, field);
      if (other !== undefined && other !== type)
        throw wrong(
          place,
          `the request field ${field} is ${other} and, for the on-demand ${name}, ${type}: give both one type`,
        );
      request[field] = type;
    }
  return request;
}

/** All that gives features their meaning: no description, owner, tag, and not whether they are served online. */
export function meaningOf({ columns, views, onDemand }: Resolved): unknown {
  return {
    columns,
    views: views.map(({ view, joinKeys, features }) => {
      const { description: _said, owner: _whose, tags: _found, online: _served, features: _all, ...meaning } = view;
      return {
        ...meaning,
        joinKeys,
        features: Object.fromEntries(
          Object.entries(features).map(([name, { description: _text, ...feature }]) => [name, feature]),
        ),
      };
    }),
    onDemand: onDemand.map(({ description: _said, owner: _whose, tags: _found, ...meaning }) => meaning),
  };
}
