/** Keys of two tables as values that are equal exactly when what they say is: the engine's own comparison rounds. */
import type { Column } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import { identifier } from '../sql.ts';
import { family, valueOrNull } from '../value.ts';

const whole = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER)$/;
const floating = /^(FLOAT|DOUBLE)$/;
/** Decimal digits that each always gives back. */
const digits: Record<string, number> = { FLOAT: 6, DOUBLE: 15 };

/**
 * @param here column of the data, standing behind `prefix`
 * @returns SQL of both keys; null where there is none, NaN included
 * @throws UserError InvalidInput naming both where no comparison would be exact
 */
export function joinKeys(
  view: string,
  here: Column,
  there: Column,
  prefix: string,
): { readonly left: string; readonly right: string } {
  const left = valueOrNull(here, `${prefix}${identifier(here.name)}`);
  const right = valueOrNull(there);
  const [a, b] = [here.type, there.type];
  // 2^53 + 1 beside 2^53 as DOUBLE: as whole numbers they differ.
  if (whole.test(a) && floating.test(b)) return { left: `CAST(${left} AS HUGEINT)`, right: asWhole(right) };
  if (floating.test(a) && whole.test(b)) return { left: asWhole(left), right: `CAST(${right} AS HUGEINT)` };
  const rounded = [
    [a, b],
    [b, a],
  ].find(
    ([one = '', other = '']) =>
      floating.test(one) && Number(/^DECIMAL\((\d+),/.exec(other)?.[1] ?? 0) > (digits[one] ?? 0),
  );
  if (rounded || family(a) !== family(b))
    throw new UserError(
      'InvalidInput',
      `view ${view}, on: ${here.name} is ${a} and the view's ${there.name} is ${b}, which ${rounded ? 'cannot be compared without rounding' : 'are never equal'}; give both one type (validateData's \`types\`)`,
    );
  return { left, right };
}

/** Null for a fraction, and for what no whole number type holds. */
function asWhole(value: string): string {
  return `(CASE WHEN ${value} = trunc(${value}) AND abs(${value}) < 1e38 THEN CAST(${value} AS HUGEINT) END)`;
}
