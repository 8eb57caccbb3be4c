import type { ExpectationType } from '#expectations/kwargs.ts';
import { columnValues } from './column-values.ts';
import type { Bound, Family } from './definition.ts';
import { distinct } from './distinct.ts';
import { klDivergence } from './divergence.ts';
import { quantiles } from './quantiles.ts';
import { severalColumns } from './several-columns.ts';
import { statistics } from './statistics.ts';
import { table } from './table.ts';
import { valueType } from './value-type.ts';

const families: Family = {
  ...table,
  ...columnValues,
  ...severalColumns,
  ...valueType,
  ...statistics,
  ...distinct,
  ...quantiles,
  ...klDivergence,
};

/** Every expectation type there is, by Great Expectations' name, in the order of its families. */
export const expectationTypes = Object.keys(families) as ExpectationType[];

/** @param kwargs as `kwargsOf` gave them for this type */
export function bindExpectation(type: ExpectationType, kwargs: unknown): Bound {
  const bind = families[type] as ((kwargs: unknown) => Bound) | undefined;
  if (!bind) throw new Error(`${type} has arguments and no meaning`);
  return bind(kwargs);
}
