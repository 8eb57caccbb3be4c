/** Profiles of several tables → the profile of all their rows. The order of the profiles does not matter. */
import { UserError } from '#contracts/failures.ts';
import { fit, mergeCells } from './cells.ts';
import { byCodePoint } from './profile/columns.ts';
import {
  MOST_VALUES,
  type NumberColumn,
  type Profile,
  type ProfileColumn,
  type TextColumn,
} from './profile/profile.ts';
import { bucketsOf } from './sides.ts';

/** @throws UserError InvalidInput for columns that are numbers in one and texts in another */
export function mergeProfiles(profiles: readonly Profile[]): Profile {
  const [first, ...rest] = profiles;
  if (!first) throw new RangeError('no profile to merge');
  return rest.reduce(mergeTwo, first);
}

function mergeTwo(a: Profile, b: Profile): Profile {
  const columns = new Map<string, ProfileColumn>();
  for (const name of new Set([...a.columns.keys(), ...b.columns.keys()])) {
    const [x, y] = [a.columns.get(name), b.columns.get(name)];
    // A column that one table lacks is null in all its rows.
    if (x && y) columns.set(name, mergeColumns(x, y));
    else columns.set(name, x ? { ...x, nulls: x.nulls + b.rows } : { ...y!, nulls: y!.nulls + a.rows });
  }
  const times = [...(a.made ?? []), ...(b.made ?? [])].toSorted();
  const [first, last] = [times[0], times.at(-1)];
  return { rows: a.rows + b.rows, columns, ...(first && last ? { made: [first, last] } : {}) };
}

function mergeColumns(a: ProfileColumn, b: ProfileColumn): ProfileColumn {
  if (a.of === 'numbers' && b.of === 'numbers') return mergeNumbers(a, b);
  if (a.of === 'texts' && b.of === 'texts') return mergeTexts(a, b);
  if (a.of === 'other' && b.of === 'other') return { ...a, nulls: a.nulls + b.nulls };
  throw new UserError(
    'InvalidInput',
    `the column ${a.name} is ${a.type} in one profile and ${b.type} in another: profiles of one table must agree`,
  );
}

function mergeNumbers(a: NumberColumn, b: NumberColumn): NumberColumn {
  const { step, values, counts } = fit(mergeCells(a, b, MOST_VALUES), MOST_VALUES);
  const least = (x: number, y: number) => (Number.isNaN(x) ? y : Number.isNaN(y) ? x : Math.min(x, y));
  return {
    ...a,
    type: a.type === b.type ? a.type : /INT/.test(a.type) ? b.type : a.type,
    nulls: a.nulls + b.nulls,
    infinite: a.infinite + b.infinite,
    ...{ step, values, counts },
    min: least(a.min, b.min),
    max: -least(-a.max, -b.max),
  };
}

function mergeTexts(a: TextColumn, b: TextColumn): TextColumn {
  const base = { ...a, boolean: a.boolean && b.boolean, nulls: a.nulls + b.nulls };
  // How many of b's texts are a's cannot be told: the larger is a lower bound.
  const distinct = Math.max(a.distinct, b.distinct);
  if (a.kept === 'none' || b.kept === 'none')
    return { ...base, distinct: a.distinct + b.distinct, kept: 'none', values: [], counts: new Float64Array(0) };
  if (a.kept === 'values' && b.kept === 'values') {
    const sums = new Map(a.values.map((value, index) => [value, a.counts[index]!]));
    for (const [index, value] of b.values.entries()) sums.set(value, (sums.get(value) ?? 0) + b.counts[index]!);
    if (sums.size <= MOST_VALUES) {
      const values = [...sums.keys()].sort(byCodePoint);
      const counts = Float64Array.from(values, (value) => sums.get(value)!);
      return { ...base, distinct: values.length, values, counts };
    }
    return { ...base, ...inBuckets(a, b), distinct: sums.size };
  }
  return { ...base, ...inBuckets(a, b), distinct };
}

function inBuckets(a: TextColumn, b: TextColumn): Pick<TextColumn, 'kept' | 'values' | 'counts'> {
  const others = bucketsOf(b);
  return { kept: 'buckets', values: [], counts: bucketsOf(a).map((count, i) => count + others[i]!) };
}
