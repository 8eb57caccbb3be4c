import type { z } from 'zod';
import type { Column } from '#contracts/data.ts';
import { milliseconds } from '#contracts/duration.ts';
import { UserError } from '#contracts/failures.ts';
import { howTimesAreWritten } from '#contracts/reading.ts';
import type { View } from '#contracts/stages/featurize.ts';
import { MissingColumn } from '#measures/nearest.ts';
import type { HeaderColumn, JoinedView } from '#ports/tables.ts';
import { isTimeType, kindOf, type Scope } from './columns-in-scope.ts';

export interface LocalTable {
  readonly file: string;
  readonly columns: readonly Column[];
}

/** A join by names; where the view's rows lie is said beside. */
export type PlannedView = Omit<JoinedView, 'file' | 'availableAfter'> & { readonly availableAfter: number };

/**
 * Checks a view against the columns that there are so far and adds what it brings to them.
 * @param columns of the view
 * @param hasTime the data have a time column
 * @throws UserError InvalidInput
 */
export function planView(
  view: z.output<typeof View>,
  columns: readonly HeaderColumn[],
  scope: Scope,
  hasTime: boolean,
): PlannedView {
  const at = `view ${view.name}`;
  const own = (name: string, where: string): HeaderColumn => {
    const column = columns.find((each) => each.name.toLowerCase() === name.toLowerCase());
    if (!column) throw new MissingColumn(`${at}, ${where}`, name, columns);
    return column;
  };
  const on = Object.entries(view.on).map(([left, right]): [string, string] => {
    const here = scope.get(left, `${at}, on`);
    const there = own(right, 'on');
    if (here.type !== null && there.type !== null && kindOf(here.type) !== kindOf(there.type))
      throw new UserError(
        'InvalidInput',
        `${at}, on: ${here.name} is ${here.type} and the view's ${there.name} is ${there.type}, which are never equal; give both one type (validateData's \`types\`)`,
      );
    return [here.name, there.name];
  });
  const time = view.time === undefined ? null : own(view.time, 'time');
  if (time && !hasTime)
    throw new UserError(
      'InvalidInput',
      `${at} has the time ${time.name}, but the data have none to join it at: give featurize \`time\``,
    );
  if (time && time.type !== null && !isTimeType(time.type))
    throw new UserError(
      'InvalidInput',
      `${at}: the time ${time.name} is ${time.type}, not a date or timestamp; ${howTimesAreWritten(time.name)}`,
    );
  if (!time && on.length === 0)
    throw new UserError('InvalidInput', `${at} has neither \`time\` nor \`on\`: say by what it is joined`);
  for (const option of ['maxAge', 'availableAfter', 'created'] as const)
    if (!time && view[option] !== undefined) throw new UserError('InvalidInput', `${at} has ${option} but no \`time\``);
  const created = view.created === undefined ? null : own(view.created, 'created').name;

  const keys = new Set([...on.map(([, right]) => right), time?.name, created]);
  const wanted = view.columns
    ? view.columns.map((name) => own(name, 'columns'))
    : columns.filter(({ name }) => !keys.has(name));
  const bring = wanted.map(({ name, type }): [string, string] => {
    scope.add({ name: `${view.prefix}${name}`, type, origin: `the view ${view.name}` });
    return [name, `${view.prefix}${name}`];
  });
  return {
    name: view.name,
    time: time?.name ?? null,
    created,
    on,
    bring,
    maxAge: view.maxAge === undefined ? null : milliseconds(view.maxAge),
    availableAfter: view.availableAfter === undefined ? 0 : milliseconds(view.availableAfter),
  };
}
