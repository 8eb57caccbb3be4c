/** What of a Feast repository is carried over, in our terms, and what is not, with the reason. */
import { isAbsolute, join, relative } from 'node:path';
import type { FeastFunction, FeastRepository, FeastView } from '#adapters/feast/repository.ts';
import { FeatureName } from '#features/names.ts';
import { PostgresSource } from '#features/source.ts';
import { KeyType, ValueType } from '#features/value-types.ts';

interface About {
  name: string;
  description?: string;
  owner?: string;
  tags?: Record<string, string>;
}
export interface CarriedView extends About {
  entities: string[];
  source: string | { path: string; format: 'parquet' } | PostgresSource;
  timestamp: string;
  created?: string;
  /** With `created`: Feast takes a row as known at its timestamp. */
  availableAfter?: '0s';
  ttl?: string;
  online?: false;
  features: Record<string, ValueType | { type: ValueType; column?: string; description?: string }>;
}
/** A Python function, for somebody to write anew. */
export interface Unwritten {
  name: string;
  mode: string;
  text: string;
  /** Of views that are carried over. */
  inputs: { view: string; feature: string }[];
  request: Record<string, ValueType>;
  outputs: Record<string, ValueType>;
  /** Those that name it in Feast. */
  services: string[];
}
export interface Carried {
  entities: (About & { joinKeys: Record<string, KeyType> })[];
  views: CarriedView[];
  services: (About & { features: string[] })[];
  functions: Unwritten[];
  leftOut: { what: string; why: string }[];
}

interface Places {
  /** The Feast repository's folder, which its paths are of. */
  readonly from: string;
  /** The folder of the definitions that are written. */
  readonly to: string;
  /** Feast reads a folder with all that is in it. */
  isFolder(path: string): boolean;
}

const POSTGRES = 'PostgreSQLSource';

/** Null: it does not say where its rows are. Feast's address of the database is its store's: ours is in a variable. */
function sourceOf(
  source: NonNullable<FeastView['source']>,
  { from, to, isFolder }: Places,
): CarriedView['source'] | null {
  if (source.kind !== POSTGRES) return source.path === null ? null : placed(source.path, from, to, isFolder);
  const { table, query } = source;
  const connection = 'RATCHET_POSTGRES';
  const named = PostgresSource.safeParse({ postgres: { connection, table } });
  if (query === null && named.success) return named.data;
  const asked = query ?? (table === null ? null : `SELECT * FROM ${table}`);
  return asked === null ? null : { postgres: { connection, query: asked } };
}

/** Feast's types that mean one of ours; the narrower ones are widened without a loss. */
const types: Record<string, ValueType> = {
  INT32: 'int64',
  INT64: 'int64',
  FLOAT: 'float64',
  DOUBLE: 'float64',
  STRING: 'string',
  BOOL: 'bool',
  UNIX_TIMESTAMP: 'timestamp',
};
const LONGEST_DAYS = 36_600;
const DAY = 86_400;

/**
 */
export function carryOver(repository: FeastRepository, places: Places): Carried {
  const leftOut: Carried['leftOut'] = repository.others.map((what) => ({ what, why: 'nothing here is like it' }));
  const leave = (what: string, why: string) => {
    leftOut.push({ what, why });
    return [];
  };
  if (repository.inference !== null)
    leave('types that are not written down', `Feast could not infer them: ${repository.inference}`);

  const keys = new Map(repository.views.flatMap((view) => view.keys.map(({ name, type }) => [name, type] as const)));
  const entities = byName(repository.entities).flatMap((each) => {
    const said = keys.get(each.key) ?? each.type;
    const type = KeyType.safeParse(types[said]);
    if (!named(each.name)) return leave(`the entity ${each.name}`, nameless(each.name));
    if (!type.success)
      return leave(`the entity ${each.name}`, `its key ${each.key} is ${said}, which is no type of a key`);
    return [{ ...about(each), joinKeys: { [each.key]: type.data } }];
  });
  const known = new Set(entities.map(({ name }) => name));

  const views = byName(repository.views).flatMap((view): CarriedView[] => {
    const what = `the view ${view.name}`;
    const why = whyNot(view, known);
    if (why !== null) return leave(what, why);
    const { source } = view;
    const from = source && sourceOf(source, places);
    if (!from || !source.timestamp) return leave(what, 'its source does not say where its rows and their times are');
    if (source.endpoint)
      leave(`${what}'s endpoint ${source.endpoint}`, 's3:// is found by AWS_ENDPOINT_URL_S3 of the environment');
    if (view.stream)
      leave(`${what}'s source ${view.stream}`, `rows are pushed to the view: ratchet features push ${view.name}`);
    const columns = new Map(source.columns.map(([column, name]) => [name, column]));
    const features = view.features.flatMap(({ name, type, description }) => {
      const ours = types[type];
      if (!named(name)) return leave(`${view.name}:${name}`, nameless(name));
      if (!ours) return leave(`${view.name}:${name}`, `it is ${type}; a feature is ${ValueType.options.join(', ')}`);
      const column = columns.get(name);
      const more = { ...(column ? { column } : {}), ...(description ? { description } : {}) };
      return [[name, Object.keys(more).length > 0 ? { type: ours, ...more } : ours] as const];
    });
    if (features.length === 0) return leave(what, 'none of its features is carried over');
    return [
      {
        ...about(view),
        entities: view.entities,
        source: from,
        timestamp: source.timestamp,
        ...(source.created ? { created: source.created, availableAfter: '0s' } : {}),
        ...ttlOf(view, leave),
        ...(view.online ? {} : { online: false }),
        features: Object.fromEntries(features),
      },
    ];
  });

  const held = new Map(views.map((view) => [view.name, view.features]));
  const holds = (view: string, feature: string) => Object.hasOwn(held.get(view) ?? {}, feature);
  const functions = byName(repository.functions).map((each): Unwritten => {
    leave(
      `the on-demand view ${each.name}`,
      `it is a Python function (${each.mode}): it stands in the file, to be written in TypeScript`,
    );
    return unwritten(each, repository, holds);
  });

  const services = byName(repository.services).flatMap((service) => {
    const what = `the service ${service.name}`;
    if (!named(service.name)) return leave(what, nameless(service.name));
    const features = service.features.flatMap(({ view, alias, keys: renamed, features: names }) => {
      if (repository.functions.some(({ name }) => name === view)) return [];
      if (Object.keys(renamed).length > 0)
        return leave(
          `${what}: ${view}`,
          `it joins by other columns (${Object.values(renamed).join(', ')}): define an entity and a view for them`,
        );
      if (alias) leave(`${what}: the name ${alias} of ${view}`, 'a view has one name');
      return names.filter((name) => holds(view, name)).map((name) => `${view}:${name}`);
    });
    if (features.length === 0) return leave(what, 'none of its features is carried over');
    return [{ ...about(service), features }];
  });
  return { entities, views, services, functions, leftOut };
}

function whyNot({ name, kind, transformed, entities, source }: FeastView, known: ReadonlySet<string>): string | null {
  if (!named(name)) return nameless(name);
  if (transformed) return `it is a ${kind} with a transformation in Python: give its result as files`;
  if (entities.length === 0 || entities.includes('__dummy'))
    return 'it has no entity; define one, with a column that is the same in every row';
  const unknown = entities.find((entity) => !known.has(entity));
  if (unknown) return `its entity ${unknown} is not carried over`;
  if (source === null) return 'it has no batch source: give what it is computed of as files';
  if (source.kind === POSTGRES) return null;
  if (source.kind !== 'FileSource') return `its source is a ${source.kind}: give its rows as files`;
  if (source.format !== null && source.format !== 'ParquetFormat')
    return `its files are ${source.format}: give them as Parquet`;
  if (source.path && /^(?!s3:)[a-z0-9]+:\/\//.test(source.path))
    return `its files are at ${source.path}: sources are of this machine or of s3://`;
  return null;
}

function unwritten(
  each: FeastFunction,
  { services }: FeastRepository,
  holds: (view: string, feature: string) => boolean,
): Unwritten {
  const typed = (fields: FeastFunction['outputs']) =>
    Object.fromEntries(fields.flatMap(({ name, type }) => (types[type] ? [[name, types[type]]] : [])));
  return {
    name: each.name,
    mode: each.mode,
    text: each.text,
    inputs: each.inputs.flatMap(({ view, features }) =>
      features.filter((feature) => holds(view, feature)).map((feature) => ({ view, feature })),
    ),
    request: typed(each.request),
    outputs: typed(each.outputs),
    services: byName(services).flatMap(({ name, features }) =>
      features.some(({ view }) => view === each.name) ? [name] : [],
    ),
  };
}

/** Paths of Feast are of its folder, those that are written of theirs. */
function placed(path: string, from: string, to: string, isFolder: (path: string) => boolean): CarriedView['source'] {
  const stored = path.startsWith('s3://');
  const there = stored || isAbsolute(path) ? path : join(from, path);
  const below = isFolder(there) ? `${there.replace(/\/$/, '')}/**/*.parquet` : there;
  const named = stored || isAbsolute(path) ? below : relative(to, below);
  return named.endsWith('.parquet') ? named : { path: named, format: 'parquet' };
}

function ttlOf({ name, ttl }: FeastView, leave: (what: string, why: string) => unknown): { ttl?: string } {
  if (ttl === 0) return {};
  if (ttl > LONGEST_DAYS * DAY) {
    leave(
      `the view ${name}'s ttl of ${Math.round(ttl / DAY)} days`,
      `the longest is ${LONGEST_DAYS}d: its rows never expire`,
    );
    return {};
  }
  for (const [unit, seconds] of [
    ['d', DAY],
    ['h', 3_600],
    ['m', 60],
  ] as const)
    if (ttl % seconds === 0) return { ttl: `${ttl / seconds}${unit}` };
  return { ttl: `${ttl}s` };
}

const named = (name: string) => FeatureName.safeParse(name).success;
const nameless = (name: string) => FeatureName.safeParse(name).error?.issues[0]?.message ?? 'its name is none here';

function about({ name, description, owner, tags }: Required<About>): About {
  return {
    name,
    ...(description ? { description } : {}),
    ...(owner ? { owner } : {}),
    ...(Object.keys(tags).length > 0 ? { tags } : {}),
  };
}

/** Feast finds them in an order that is none. */
const byName = <T extends { name: string }>(list: readonly T[]): T[] =>
  list.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
