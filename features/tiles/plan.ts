/** What is kept of a view's windows: which columns of its events, in tiles of what width, and what of each tile. */
import { createHash } from 'node:crypto';
import { milliseconds } from '#contracts/duration.ts';
import type { AggregateFeature } from '../aggregates.ts';
import type { FeatureView } from '../feature-view.ts';
import type { FeatureType, ValueType } from '../value-types.ts';
import { testsOf, type Where } from '../where.ts';
import { type Kind, type Measure, measureOf } from './measures.ts';

interface TileMeasure {
  /** Place of its column, -1 for count. */
  readonly column: number;
  /** Null: every event counts. */
  readonly where: Where | null;
  readonly measure: Measure;
}

export interface TileWindow {
  readonly aggregate: AggregateFeature['aggregate'];
  readonly type: FeatureType;
  /** µs. */
  readonly width: number;
  /** Place of its measure. */
  readonly measure: number;
}

export interface TilePlan {
  readonly view: string;
  /** What parts in the store are called begins with it: another plan reads and writes others. */
  readonly prefix: string;
  /** Columns that windows and their conditions read, with their types, by name. */
  readonly columns: readonly (readonly [name: string, type: ValueType])[];
  readonly measures: readonly TileMeasure[];
  readonly windows: ReadonlyMap<string, TileWindow>;
  /** µs of a tile. */
  readonly tile: number;
  /** µs of the longest window. */
  readonly longest: number;
  /** µs from an event until it is known; of `created` 0, since what was told is known. */
  readonly delay: number;
  /** An event without `created` is never known. */
  readonly needsCreated: boolean;
  /** Most events of a tile that are kept themselves. */
  readonly most: number;
}

/** A tile with more is closed: see change.ts. */
const MOST = 1_000;
const S = 1_000_000;
const LENGTHS = [
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800].map((seconds) => seconds * S),
  ...[1, 2, 3, 6, 12, 24, 48, 168, 336, 720, 1_440].map((hours) => hours * 3_600 * S),
];

/**
 * The least of these lengths of which 64 make the longest window. Both in µs.
 * @internal
 */
export function tileWidth(longest: number): number {
  return LENGTHS.find((length) => length * 64 >= longest) ?? Math.ceil(longest / 64);
}

const kinds: Readonly<Record<AggregateFeature['aggregate'], Kind>> = {
  ...{ count: 'count', sum: 'sum', mean: 'sum', std: 'std', min: 'min', max: 'max' },
  ...{ last: 'newest', lastN: 'newest', approxDistinct: 'distinct' },
};

/** @returns null for a view without windows */
export function tilePlan(view: FeatureView, most = MOST): TilePlan | null {
  const types: Record<string, ValueType> = { ...view.columns };
  const asked: [name: string, feature: AggregateFeature][] = [];
  for (const [name, feature] of Object.entries(view.features)) {
    if ('aggregate' in feature) asked.push([name, feature]);
    else types[feature.column] = feature.type as ValueType;
  }
  if (asked.length === 0) return null;
  const read = asked.flatMap(([, feature]) => [
    ...('column' in feature ? [feature.column] : []),
    ...Object.keys(feature.where ?? {}),
  ]);
  const columns = [...new Set(read)].sort().map((name) => [name, types[name] ?? 'string'] as const);
  const measures = new Map<string, { place: number; measure: TileMeasure }>();
  const windows = new Map<string, TileWindow>();
  for (const [name, feature] of asked) {
    const { aggregate, where = {}, type } = feature;
    const column = 'column' in feature ? columns.findIndex(([each]) => each === feature.column) : -1;
    const kind = kinds[aggregate];
    const n = 'n' in feature ? feature.n : 1;
    const conditions = Object.entries(where).map(([of, condition]) => [of, Object.entries(testsOf(condition)).sort()]);
    const key = JSON.stringify([kind, column, n, kind === 'newest' && aggregate === 'last', conditions.sort()]);
    const found = measures.get(key) ?? {
      place: measures.size,
      measure: {
        ...{ column, where: conditions.length > 0 ? where : null },
        measure: measureOf(kind, columns[column]?.[1] === 'int64', n, aggregate === 'last'),
      },
    };
    measures.set(key, found);
    windows.set(name, { aggregate, type, width: milliseconds(feature.window) * 1_000, measure: found.place });
  }
  const longest = Math.max(...[...windows.values()].map(({ width }) => width));
  const tile = tileWidth(longest);
  const available = view.availableAfter ?? (view.created === undefined ? '0s' : 'created');
  const meaning = JSON.stringify([2, columns, [...measures.keys()], tile, most]);
  return {
    view: view.name,
    prefix: `${view.name}#${createHash('sha256').update(meaning).digest('hex').slice(0, 12)}`,
    ...{ columns, windows, tile, longest, most },
    measures: [...measures.values()].map(({ measure }) => measure),
    delay: available === 'created' ? 0 : milliseconds(available) * 1_000,
    needsCreated: available === 'created',
  };
}

export const summaryPart = ({ prefix }: TilePlan): string => prefix;
export const tilePart = ({ prefix }: TilePlan, tile: number): string => `${prefix}/${tile}`;
export const tileOf = ({ tile }: TilePlan, time: number): number => Math.floor(time / tile);
