/** Everything about a featurization that can be known from names and types, before any row is read. */
import type { z } from 'zod';
import { UserError } from '#contracts/failures.ts';
import { howTimesAreWritten } from '#contracts/reading.ts';
import type { featurize } from '#contracts/stages/featurize.ts';
import type { Expression, ExpressionFacts, FeaturizeRequest, HeaderColumn } from '#ports/tables.ts';
import { isTimeType, Scope } from './columns-in-scope.ts';
import { type LabelsKnown, refuseLabelLags } from './label-lags.ts';
import { leakyColumns } from './leakage.ts';
import { type LocalTable, type PlannedView, planView } from './plan-views.ts';
import { windowsOf } from './windows.ts';

type Input = z.output<typeof featurize.input>;

/** The author's expressions, by the names that messages use. */
export function expressionsOf({ derive, where }: Pick<Input, 'derive' | 'where'>): Expression[] {
  const derived = Object.entries(derive).map(([column, text]) => ({ name: `derive.${column}`, text }));
  return where === undefined ? derived : [...derived, { name: 'where', text: where }];
}

/**
 * @param views local Parquet of each view, in their order
 * @param facts of {@link expressionsOf}, in its order
 * @throws UserError InvalidInput, as {@link planColumns}
 */
export function planFeaturize(
  input: Input,
  data: LocalTable,
  views: readonly LocalTable[],
  facts: readonly ExpressionFacts[],
  files: { train: string; holdout: string; times?: string },
): FeaturizeRequest {
  const planned = planColumns(
    input,
    data.columns,
    views.map((view) => view.columns),
    facts,
  );
  return {
    file: data.file,
    columns: data.columns,
    ...planned,
    views: planned.views.map((view, index) => ({ ...view, file: views[index]!.file })),
    where: input.where ?? null,
    split: windowsOf(input.split),
    ...files,
  };
}

/** What is joined, derived and kept, by names. */
export interface PlannedColumns extends Pick<FeaturizeRequest, 'time' | 'derive' | 'select'> {
  readonly views: readonly PlannedView[];
  readonly target: string | null;
}

/**
 * @param data its columns; those of each view follow, in their order. A type that is not known is not judged.
 * @param facts of {@link expressionsOf}, in its order
 * @param labels default: as late as the gap of the split is long
 * @throws UserError InvalidInput: a name that is missing (MissingColumn) or taken, types that cannot be compared, a leak
 */
export function planColumns(
  input: Input,
  data: readonly HeaderColumn[],
  views: readonly (readonly HeaderColumn[])[],
  facts: readonly ExpressionFacts[],
  labels: LabelsKnown = { after: gapOf(input.split), source: null },
): PlannedColumns {
  refuseLabelLags(input, facts, labels);
  const scope = new Scope(data);
  const time = input.time === undefined ? null : scope.get(input.time, 'time');
  if (time && time.type !== null && !isTimeType(time.type))
    throw new UserError(
      'InvalidInput',
      `time: ${time.name} is ${time.type}, not a date or timestamp; ${howTimesAreWritten(time.name)}`,
    );
  if (!time && input.split.by === 'time')
    throw new UserError(
      'InvalidInput',
      "split is by time, but featurize has no `time`: name the column of the rows' time",
    );

  const names = input.views.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw new UserError('InvalidInput', `two views are called ${twice}: rename one`);
  const joined = input.views.map((view, index) => planView(view, views[index]!, scope, time !== null));

  const derived = Object.entries(input.derive).map(([column, text], index) => {
    for (const name of facts[index]!.columns) scope.get(name, `derive.${column}`);
    scope.add({ name: column, type: null, origin: 'derive' });
    return { column, text, reads: facts[index]!.columns };
  });
  if (input.where !== undefined) for (const name of facts.at(-1)!.columns) scope.get(name, 'where');

  return {
    time: time?.name ?? null,
    views: joined,
    derive: derived.map(({ column, text }) => ({ column, text })),
    select: selected(input, scope, derived),
    target: input.target === undefined ? null : scope.get(input.target, 'target').name,
  };
}

/** Between training and holdout lies what has no labels yet. */
const gapOf = (split: Input['split']) => (split.by === 'time' ? (split.gap ?? null) : null);

function selected(
  input: Input,
  scope: Scope,
  derived: readonly { column: string; reads: readonly string[] }[],
): string[] {
  for (const name of input.leakage) scope.get(name, 'leakage');
  const target = input.target === undefined ? null : scope.get(input.target, 'target').name;
  const leaky = leakyColumns(input.leakage, target, derived);
  if (input.select === undefined)
    return scope
      .all()
      .map(({ name }) => name)
      .filter((name) => !leaky.has(name.toLowerCase()));

  const select = input.select.map((name) => scope.get(name, 'select').name);
  const twice = select.find((name, index) => select.indexOf(name) !== index);
  if (twice) throw new UserError('InvalidInput', `select names ${twice} twice`);
  if (select.length === 0)
    throw new UserError('InvalidInput', 'select is empty: name the columns of the result, or leave it out for all');
  const leaks = select.filter((name) => leaky.has(name.toLowerCase()));
  if (leaks.length > 0)
    throw new UserError(
      'InvalidInput',
      `these columns of select would leak the answer into the features: ${leaks.map((name) => `${name} (${leaky.get(name.toLowerCase())})`).join(', ')}. Take them out of select`,
    );
  if (target !== null && !select.includes(target))
    throw new UserError('InvalidInput', `the target ${target} is not in select: the trainer would not see it`);
  return select;
}
