/** What a project defines, as it is served. */
import { milliseconds } from '#contracts/duration.ts';
import { computed, type OnDemandFeatures } from '#features/on-demand.ts';
import type { DefinedFeatures } from '#features/repository.ts';
import { joinKeysOf } from '#features/resolve.ts';
import { tilePlan } from '#features/tiles/plan.ts';
import type { OnlineValue } from '#ports/online-row.ts';
import type { Catalogue, ServedOnDemand, ServedType, ServedView } from './catalogue.ts';

type Document = DefinedFeatures['document'];

export function catalogueOf({ document, compute }: DefinedFeatures): Catalogue {
  const unserved = new Map<string, string>();
  const views = document.views.map((view) => servedView(document, view, unserved));
  const onDemand = document.onDemand.flatMap((definition): [string, ServedOnDemand][] => {
    const run = compute[definition.name];
    return run ? [[definition.name, servedOnDemand({ definition, compute: run })]] : [];
  });
  return {
    // A view with online: false has nothing to serve: what is asked of it is told why.
    views: new Map(
      views.filter(({ features, windows }) => features.size > 0 || windows).map((view) => [view.name, view]),
    ),
    services: new Map(document.services.map(({ name, features }) => [name, features])),
    onDemand: new Map(onDemand),
    pushSources: new Map(),
    unserved,
  };
}

function servedView(document: Document, view: Document['views'][number], unserved: Map<string, string>): ServedView {
  const features = new Map<string, ServedType>();
  for (const [name, feature] of Object.entries(view.features)) {
    if (!view.online) unserved.set(`${view.name}:${name}`, `the view ${view.name} is defined with online: false`);
    else if (!('aggregate' in feature)) features.set(name, feature.type);
  }
  return {
    ...{
      name: view.name,
      keys: new Map(Object.entries(joinKeysOf(document, view))),
      features,
      windows: view.online ? tilePlan(view) : null,
      timestamp: view.timestamp,
      created: view.created ?? null,
    },
    ttl: view.ttl === '0' ? null : BigInt(milliseconds(view.ttl)) * 1_000n,
  };
}

function servedOnDemand(onDemand: OnDemandFeatures): ServedOnDemand {
  const { name, inputs, request, outputs } = onDemand.definition;
  const types = new Map<string, ServedType>([
    ...Object.entries(inputs).map(([input, { type }]) => [input, type] as const),
    ...Object.entries(request),
  ]);
  return {
    name,
    inputs: new Map(
      Object.entries(inputs).map(([input, { feature }]) => {
        const [view = '', of = ''] = feature.split(':');
        return [input, { view, feature: of }];
      }),
    ),
    request: new Map(Object.entries(request)),
    outputs: new Map(Object.entries(outputs)),
    compute: (vector, at) => {
      const given = Object.fromEntries(
        [...types].map(([input, type]) => [input, forFunction(type, vector.get(input) ?? null)]),
      );
      const answer = computed(onDemand, given, at, 'a request');
      return new Map(Object.entries(outputs).map(([output, type]) => [output, ofFunction(type, answer[output])]));
    },
  };
}

const DAY_MS = 86_400_000;

/** As the function is given it offline, too: int64 as bigint, times as Date, what is finer than milliseconds cut. */
function forFunction(type: ServedType, value: OnlineValue): unknown {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((item) => forFunction(type.replace('[]', '') as ServedType, item));
  if (typeof value !== 'bigint') return value;
  if (type === 'timestamp') return new Date(Math.floor(Number(value) / 1_000));
  if (type === 'date') return new Date(Number(value) * DAY_MS);
  return value;
}

/** Its type was held against the definition: see {@link computed}. */
function ofFunction(type: ServedType, value: unknown): OnlineValue {
  if (value instanceof Date)
    return type === 'date' ? BigInt(Math.floor(value.getTime() / DAY_MS)) : BigInt(value.getTime()) * 1_000n;
  if (type === 'int64' && typeof value === 'number') return BigInt(value);
  return value === undefined ? null : (value as OnlineValue);
}
