/** What is asked, held against the catalogue: which columns are answered, and what has to be read for them. */
import type { Catalogue, ServedOnDemand, ServedType, ServedView } from './catalogue.ts';
import { Refusal, unknown } from './refusal.ts';

/** Most entities of one question, and rows of one push. */
export const MOST_ROWS = 10_000;
/** Most values of one answer. */
const MOST_VALUES = 1_000_000;

export interface Asked {
  /** `view:feature` each. */
  readonly features?: readonly string[];
  readonly service?: string;
  /** Join keys and fields of the request, a list each, of one length. */
  readonly entities: Readonly<Record<string, readonly unknown[]>>;
  /** Names of the answer are `view__feature`. */
  readonly fullNames?: boolean;
}

type Source =
  | { readonly kind: 'view'; readonly view: ServedView; readonly feature: string }
  | { readonly kind: 'onDemand'; readonly of: ServedOnDemand; readonly output: string };

/** A view with what is read of it. */
export interface AskedView {
  readonly view: ServedView;
  /** Its newest row. */
  readonly row: boolean;
  /** Names of these windows. */
  readonly windows: readonly string[];
}

export interface Question {
  readonly rows: number;
  readonly columns: readonly { readonly name: string; readonly type: ServedType; readonly from: Source }[];
  /** All that are read, those of on-demand features too. */
  readonly views: readonly AskedView[];
  /** Join keys and fields of the request that it takes, with their types. */
  readonly given: ReadonlyMap<string, ServedType>;
  /** Those of `given` that are join keys: the answer begins with them. */
  readonly keys: readonly string[];
}

/** @throws Refusal */
export function understood(catalogue: Catalogue, asked: Asked): Question {
  const references = referencesOf(catalogue, asked);
  if (references.length === 0)
    throw new Refusal(
      'unprocessable',
      'No features are asked for.',
      'Name "features" ("view:feature"), or a "feature_service".',
    );
  const columns = references.map((reference) => columnOf(catalogue, reference, asked.fullNames ?? false));
  const views = new Map<string, { view: ServedView; row: boolean; windows: Set<string> }>();
  const given = new Map<string, ServedType>();
  const keys = new Set<string>();
  const takes = (view: ServedView, feature: string) => {
    const asked = views.get(view.name) ?? { view, row: false, windows: new Set() };
    if (view.windows?.windows.has(feature)) asked.windows.add(feature);
    else asked.row = true;
    views.set(view.name, asked);
    for (const [key, type] of view.keys) {
      given.set(key, type);
      keys.add(key);
    }
  };
  for (const { from } of columns) {
    if (from.kind === 'view') takes(from.view, from.feature);
    else {
      for (const { view, feature } of from.of.inputs.values()) takes(viewOf(catalogue, view), feature);
      for (const [field, type] of from.of.request) given.set(field, type);
    }
  }
  checkNames([...keys, ...columns.map(({ name }) => name)]);
  const read = [...views.values()].map(({ windows, ...each }) => ({ ...each, windows: [...windows] }));
  return { rows: rowsOf(asked.entities, given, columns), columns, views: read, given, keys: [...keys] };
}

function referencesOf(catalogue: Catalogue, { features, service }: Asked): readonly string[] {
  // As Feast has it: who names a service gets that.
  if (service === undefined) return [...new Set(features ?? [])];
  const found = catalogue.services.get(service);
  if (found) return found;
  throw unknown('feature service', service, catalogue.services.keys(), 'FeatureServiceNotFoundException');
}

/** @throws Refusal not-found */
export function viewOf(catalogue: Catalogue, name: string): ServedView {
  const view = catalogue.views.get(name);
  if (view) return view;
  throw unknown('feature view', name, catalogue.views.keys(), 'FeatureViewNotFoundException');
}

function columnOf(catalogue: Catalogue, reference: string, full: boolean): Question['columns'][number] {
  const [, of, feature] = /^([^:]+):([^:]+)$/.exec(reference) ?? [];
  if (of === undefined || feature === undefined)
    throw new Refusal('unprocessable', `"${reference.slice(0, 100)}" names no feature.`, 'Write view:feature.');
  const name = full ? `${of}__${feature}` : feature;
  const onDemand = catalogue.onDemand.get(of);
  if (onDemand) {
    const type = onDemand.outputs.get(feature);
    if (type === undefined) throw unknown(`output of ${of}`, feature, onDemand.outputs.keys(), null, 'unprocessable');
    return { name, type, from: { kind: 'onDemand', of: onDemand, output: feature } };
  }
  const why = catalogue.unserved.get(reference);
  if (why !== undefined) throw new Refusal('unprocessable', `${reference} is not served: ${why}.`, 'Ask for others.');
  const view = viewOf(catalogue, of);
  const window = view.windows?.windows.get(feature);
  const type = view.features.get(feature) ?? window?.type;
  if (type === undefined) {
    const known = [...view.features.keys(), ...(view.windows?.windows.keys() ?? [])];
    throw unknown(`feature of ${of}`, feature, known, null, 'unprocessable');
  }
  return { name, type, from: { kind: 'view', view, feature } };
}

function checkNames(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name))
      throw new Refusal(
        'unprocessable',
        `Duplicate features named ${name} found.`,
        'Ask with full_feature_names, or for one of them.',
        'FeatureNameCollisionError',
      );
    seen.add(name);
  }
}

function rowsOf(
  entities: Asked['entities'],
  given: ReadonlyMap<string, ServedType>,
  columns: Question['columns'],
): number {
  let rows: number | null = null;
  for (const name of given.keys()) {
    if (!Object.hasOwn(entities, name)) throw missing(name, columns);
    const { length } = entities[name] ?? [];
    if (rows !== null && rows !== length)
      throw new Refusal(
        'unprocessable',
        `${name} has ${length} values, and another of the entities ${rows}.`,
        'Give each a value for each row.',
      );
    rows = length;
  }
  const count = rows ?? 0;
  if (count > MOST_ROWS)
    throw new Refusal(
      'too-large',
      `${count} entities are asked for at once, and ${MOST_ROWS} are the most.`,
      'Ask in several requests.',
    );
  if (count * columns.length > MOST_VALUES)
    throw new Refusal(
      'too-large',
      `${count} entities with ${columns.length} features are ${count * columns.length} values, and ${MOST_VALUES} are the most.`,
      'Ask in several requests.',
    );
  return count;
}

function missing(name: string, columns: Question['columns']): Refusal {
  const requested = columns.some(({ from }) => from.kind === 'onDemand' && from.of.request.has(name));
  return requested
    ? new Refusal(
        'not-found',
        `Required request data source features ['${name}'] not found in the entity rows.`,
        `Give "${name}" beside the entities.`,
        'RequestDataNotFoundInEntityRowsException',
      )
    : new Refusal(
        'unprocessable',
        `The entities have no "${name}".`,
        `Give "${name}" a list with a value for each row.`,
      );
}
