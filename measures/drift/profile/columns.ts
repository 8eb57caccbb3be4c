/** Columns of a table → what is kept of them. */
import type { TableScan } from '#ports/tables.ts';
import { batchSize, NumberCounter } from '../number-counter.ts';
import { MOST_VALUES, type NumberColumn, type ProfileColumn, type TextColumn } from './profile.ts';

export interface ProfileLimits {
  /** Distinct numbers of a column that are kept; more go into cells. */
  readonly most: number;
  /** By column: width of the cells of what it will be compared with. */
  readonly steps?: ReadonlyMap<string, number> | undefined;
}

/** Bytes of the numbers that are held of one pass. */
const PASS_BYTES = 64 * 2 ** 20;

const numeric = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL.*)$/;
const time = /^(TIMESTAMP.*|DATE)$/;
const textual = /^(VARCHAR|JSON|ENUM.*|UUID|BOOLEAN)$/;

export type Family = 'numbers' | 'texts' | 'other';
export const familyOf = (type: string): Family =>
  numeric.test(type) || time.test(type) ? 'numbers' : textual.test(type) ? 'texts' : 'other';

/** Columns that are read together: numbers by what a pass may hold, texts thirty-two at a time. */
export function passes(
  names: readonly string[],
  scans: readonly TableScan[],
  limits: readonly ProfileLimits[],
): string[][] {
  const rows = Math.max(1, ...scans.map((scan, index) => batchSize({ rows: scan.rows, most: limits[index]!.most })));
  const numbersAtOnce = Math.max(1, Math.floor(PASS_BYTES / 8 / rows));
  const typeOf = new Map(scans.flatMap((scan) => scan.columns.map(({ name, type }) => [name, type] as const)));
  const groups: Record<Family, string[]> = { numbers: [], texts: [], other: [] };
  for (const name of names) groups[familyOf(typeOf.get(name) ?? '')].push(name);
  return [
    ...slices(groups.numbers, numbersAtOnce),
    ...slices(groups.texts, 32),
    ...(groups.other.length > 0 ? [groups.other] : []),
  ];
}

function slices(names: readonly string[], size: number): string[][] {
  return Array.from({ length: Math.ceil(names.length / size) }, (_, i) => names.slice(i * size, (i + 1) * size));
}

/** Columns of `names` that the table has. */
export async function profileColumns(
  scan: TableScan,
  names: readonly string[],
  limits: ProfileLimits,
): Promise<Map<string, ProfileColumn>> {
  const wanted = new Set(names);
  const columns = scan.columns.filter(({ name }) => wanted.has(name));
  const of = (family: Family) => columns.filter(({ type }) => familyOf(type) === family);
  const found = new Map<string, ProfileColumn>();
  for (const column of await countNumbers(scan, of('numbers'), limits)) found.set(column.name, column);
  for (const column of await countTexts(scan, of('texts'))) found.set(column.name, column);
  for (const { name, type } of of('other')) found.set(name, { of: 'other', name, type, nulls: 0 });
  return found;
}

type Columns = TableScan['columns'];

async function countNumbers(
  scan: TableScan,
  columns: Columns,
  { most, steps }: ProfileLimits,
): Promise<NumberColumn[]> {
  if (columns.length === 0) return [];
  const scratch = new Float64Array(batchSize({ rows: scan.rows, most }));
  const counters = columns.map(
    ({ name }) => new NumberCounter({ rows: scan.rows, most, step: steps?.get(name) ?? 0 }, scratch),
  );
  await scan.numbers(
    columns.map(({ name }) => name),
    (chunk, rows) => {
      for (const [index, counter] of counters.entries()) counter.add(chunk[index]!, rows);
    },
  );
  return counters.map((counter, index) => {
    const { name, type } = columns[index]!;
    return counter.finish(name, type, time.test(type));
  });
}

async function countTexts(scan: TableScan, columns: Columns): Promise<TextColumn[]> {
  const known = await scan.known(columns.map(({ name }) => name));
  // The estimate is within 5 %: what it puts far above the limit is not worth listing.
  const few = columns.filter((_, index) => known[index]!.distinct <= MOST_VALUES * 1.2);
  const listed = await scan.texts(
    few.map(({ name }) => name),
    MOST_VALUES,
  );
  const results: TextColumn[] = [];
  for (const [index, { name, type }] of columns.entries()) {
    const { values: nonNull, distinct } = known[index]!;
    const base = { of: 'texts', name, type, boolean: type === 'BOOLEAN', nulls: scan.rows - nonNull } as const;
    const counts = listed[few.indexOf(columns[index]!)];
    if (counts) results.push({ ...base, ...byValue(counts), distinct: counts.values.length, kept: 'values' });
    else if (distinct > nonNull / 2)
      results.push({ ...base, distinct, kept: 'none', values: [], counts: new Float64Array(0) });
    else results.push({ ...base, distinct, kept: 'buckets', values: [], counts: await scan.textBuckets(name) });
  }
  return results;
}

/** In the order of their code points, so that the same rows give the same profile. */
function byValue({ values, counts }: { values: readonly string[]; counts: Float64Array }) {
  const order = values.map((_, index) => index).sort((a, b) => byCodePoint(values[a]!, values[b]!));
  const joined: string[] = [];
  const sums: number[] = [];
  for (const index of order) {
    // Two texts may be cut to the same name only if their MD5 is the same.
    if (joined.at(-1) === values[index]) sums[sums.length - 1]! += counts[index]!;
    else {
      joined.push(values[index]!);
      sums.push(counts[index]!);
    }
  }
  return { values: joined, counts: Float64Array.from(sums) };
}

/** Python's order of texts; JavaScript's own puts some rare characters elsewhere. */
export function byCodePoint(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a[i] === b[i]) continue;
    return a.codePointAt(i)! - b.codePointAt(i)!;
  }
  return a.length - b.length;
}
