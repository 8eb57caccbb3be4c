/** One column of both sides → what a test finds, or why there is none. */
import { figure } from '#contracts/data.ts';
import type { ColumnChoice, DriftColumn, DriftKind } from '#contracts/drift.ts';
import { type CategoryCounts, countsOfNumbers } from '../statistics/drift/category-counts.ts';
import { chooseMethod } from '../statistics/drift/choose-method.ts';
import { homogeneity } from '../statistics/drift/homogeneity.ts';
import { type DriftStatistic, isDrifted, NotTestable } from '../statistics/drift/method.ts';
import { driftStatistic } from '../statistics/drift/registry.ts';
import { distinctOfBoth } from '../statistics/drift/sample.ts';
import { spreadOf } from '../statistics/drift/wasserstein.ts';
import { categoryDistribution, numberDistribution } from './distribution.ts';
import { kindOf } from './kind.ts';
import type { NumberColumn, ProfileColumn, TextColumn } from './profile/profile.ts';
import { type NumberSides, numberSides, sideOf, textSides } from './sides.ts';

export interface Choices {
  /** Named for this very column; the rest is for all of its kind. */
  readonly own: ColumnChoice;
  readonly numerical: Omit<ColumnChoice, 'kind'>;
  readonly categorical: Omit<ColumnChoice, 'kind'>;
  /** Also tells how often chance alone brings such a difference; and no method takes the reference for the truth itself. */
  readonly chance?: boolean | undefined;
}

/** Methods that take the reference's shares for those that rows are drawn from. */
const ONE_SAMPLE = new Set(['chisquare', 'g_test']);
export interface Rows {
  readonly reference: number;
  readonly current: number;
}
export type Compared = DriftColumn | { readonly kind: DriftKind; readonly reason: string };

/** The rows' categories in their order, for the one method that asks for them; null when they cannot be had. */
export type ReadCodes = (names: readonly (string | number)[]) => Promise<CategoryCounts['codes'] | null>;

export async function compareColumn(
  reference: ProfileColumn,
  current: ProfileColumn,
  rows: Rows,
  choices: Choices,
  readCodes: ReadCodes,
): Promise<Compared> {
  const kind = kindOf(current, choices.own.kind);
  const problem = untestable(reference, current, kind, choices.own);
  if (problem) return { kind, reason: problem };
  try {
    return reference.of === 'numbers'
      ? await compareNumbers(reference, current as NumberColumn, rows, kind, choices, readCodes)
      : await compareTexts(reference as TextColumn, current as TextColumn, rows, kind, choices, readCodes);
  } catch (error) {
    if (error instanceof NotTestable) return { kind, reason: error.message };
    throw error;
  }
}

function untestable(
  reference: ProfileColumn,
  current: ProfileColumn,
  kind: DriftKind,
  { method, kind: asked }: ColumnChoice,
): string | null {
  if (reference.of === 'other' || current.of === 'other')
    return `${current.of === 'other' ? current.type : reference.type} values are not compared: make columns of what matters in them`;
  for (const [side, column] of [['reference', reference] as const, ['current', current] as const])
    if (column.of === 'numbers' ? column.values.length === 0 : column.distinct === 0)
      return `the ${side} data have no ${column.of === 'numbers' && column.infinite > 0 ? 'finite ' : ''}value in it`;
  if (reference.of !== current.of)
    return `it is ${reference.type} in the reference and ${current.type} in the current data: give both one type`;
  if (method || asked) return null;
  if (kind === 'time') return 'a time moves by itself: name a method to test it nevertheless';
  if (kind === 'text')
    return 'more than half of its values are distinct, so it is taken for free text: name a method to test it as categories';
  return null;
}

async function compareNumbers(
  reference: NumberColumn,
  current: NumberColumn,
  rows: Rows,
  kind: DriftKind,
  choices: Choices,
  readCodes: ReadCodes,
): Promise<DriftColumn> {
  const sides = numberSides(reference, current);
  const shared = kind === 'categorical' ? choices.categorical : choices.numerical;
  const name =
    choices.own.method ??
    shared.method ??
    chooseMethod(
      kind === 'categorical' ? 'categorical' : 'numerical',
      sides.reference.size,
      distinctOfBoth(sides.reference, sides.current, 6),
    );
  const method = await driftStatistic(name);
  const { numbers, categories } = method;
  // Categories of numbers are their values: Evidently does the same with numbers of few values.
  const asCategories = categories && (!numbers || kind === 'categorical');
  if (!Number.isFinite(Math.max(reference.max, current.max) - Math.min(reference.min, current.min)))
    throw new NotTestable('its values reach further than a 64-bit number can say: take logarithms');
  if (asCategories && sides.step > 0)
    throw new NotTestable(
      `${name} compares categories, and there are too many numbers to list: use jensenshannon or psi as numerical`,
    );
  const chance = choices.chance
    ? asCategories
      ? homogeneity(countsOfNumbers(sides.reference, sides.current))
      : (await driftStatistic('ks')).numbers!(sides.reference, sides.current)
    : undefined;
  const value =
    chance !== undefined && ONE_SAMPLE.has(name)
      ? (chance ?? Number.NaN)
      : asCategories
        ? categories(
            await withCodes(countsOfNumbers(sides.reference, sides.current), method, () => valuesOf(sides), readCodes),
          )
        : numbers!(sides.reference, sides.current);
  return {
    ...judged(method, value, choices.own.threshold ?? shared.threshold),
    kind,
    exact: sides.step === 0,
    error: sides.step > 0 && name === 'wasserstein' ? wassersteinError(sides, value) : null,
    reference: sideOf(reference, rows.reference, sides.reference),
    current: sideOf(current, rows.current, sides.current),
    distribution:
      kind === 'categorical' && sides.step === 0
        ? categoryDistribution(valuesOf(sides).map(String), countsOfNumbers(sides.reference, sides.current))
        : numberDistribution(sides),
    notes: [...numberNotes(sides, method), ...missing(reference, current)],
    ...(chance === undefined ? {} : { chance }),
  };
}

async function compareTexts(
  reference: TextColumn,
  current: TextColumn,
  rows: Rows,
  kind: DriftKind,
  choices: Choices,
  readCodes: ReadCodes,
): Promise<DriftColumn> {
  const sides = textSides(reference, current);
  if (!sides)
    throw new NotTestable(
      'nearly every one of its values is distinct, and there are too many to list: it is no category',
    );
  const name =
    choices.own.method ??
    choices.categorical.method ??
    chooseMethod('categorical', sides.referenceSize, sides.reference.length);
  const method = await driftStatistic(name);
  if (!method.categories) throw new NotTestable(`${name} compares numbers, and this column is ${current.type}`);
  const counts = sides.buckets ? sides : await withCodes(sides, method, () => sides.names, readCodes);
  const chance = choices.chance ? homogeneity(counts) : undefined;
  const value = chance !== undefined && ONE_SAMPLE.has(name) ? (chance ?? Number.NaN) : method.categories(counts);
  return {
    ...judged(method, value, choices.own.threshold ?? choices.categorical.threshold),
    kind: kind === 'text' ? 'categorical' : kind,
    exact: !sides.buckets,
    error: null,
    reference: sideOf(reference, rows.reference, null),
    current: sideOf(current, rows.current, null),
    distribution: sides.buckets ? null : categoryDistribution(sides.names, sides),
    notes: sides.buckets
      ? ['too many categories to list: compared by 65,536 buckets of their hash, so distances are lower bounds']
      : newCategories(sides.names, sides),
    ...(chance === undefined ? {} : { chance }),
  };
}

/** Only the permutation test looks at the order of the rows. */
async function withCodes<T extends CategoryCounts>(
  counts: T,
  method: DriftStatistic,
  names: () => readonly (string | number)[],
  readCodes: ReadCodes,
): Promise<T> {
  if (method.name !== 'TVD') return counts;
  return { ...counts, codes: (await readCodes(names())) ?? undefined };
}

function judged(method: DriftStatistic, value: number, asked: number | undefined) {
  const threshold = asked ?? method.threshold;
  const { name, measures } = method;
  return { method: name, threshold, value: figure(value), drifted: isDrifted(method, value, threshold), measures };
}

/** Distinct numbers of both sides, rising. */
function valuesOf({ reference, current }: NumberSides): number[] {
  return [...new Set([...reference.values, ...current.values])].sort((a, b) => a - b);
}

/** Each side's values move by half a cell at most, and so does the standard deviation that divides the distance. */
function wassersteinError({ reference, step }: NumberSides, value: number): number {
  return (step + (value * step) / 2) / spreadOf(reference);
}

function numberNotes({ step }: NumberSides, { name }: DriftStatistic): string[] {
  if (step === 0) return [];
  const cells = `more distinct numbers than are kept: counted in cells ${step} wide`;
  return [name === 'wasserstein' ? cells : `${cells}; values are off by half of that at most`];
}

function missing(reference: NumberColumn, current: NumberColumn): string[] {
  const infinite = reference.infinite + current.infinite;
  return infinite > 0 ? [`${infinite.toLocaleString('en-US')} infinite values were left out`] : [];
}

function newCategories(names: readonly string[], { reference }: CategoryCounts): string[] {
  const unseen = names.filter((_, i) => reference[i] === 0);
  if (unseen.length === 0) return [];
  const shown = unseen.slice(0, 3).map((name) => (name.length > 40 ? `${name.slice(0, 39)}…` : name));
  const more = unseen.length > shown.length ? ` and ${unseen.length - shown.length} more` : '';
  return [`not seen in the reference: ${shown.join(', ')}${more}`];
}
