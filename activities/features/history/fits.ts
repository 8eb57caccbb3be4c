/** Which columns of tables can be declared what. */
import { UserError } from '#contracts/failures.ts';
import type { FeatureType, ValueType } from '#features/value-types.ts';
import { isTimeType } from '../columns-in-scope.ts';

const wholes = /^(U?(TINY|SMALL|BIG)INT|U?INTEGER|HUGEINT)$/;
const shapes: Record<Exclude<ValueType, 'timestamp'>, RegExp> = {
  int64: wholes,
  // Of whole numbers those that a float64 holds exactly; the engine refuses the others one by one.
  float64: new RegExp(`${wholes.source}|^(FLOAT|DOUBLE|DECIMAL.*)$`),
  string: /^(VARCHAR|UUID|JSON|ENUM.*)$/,
  bool: /^BOOLEAN$/,
  date: /^DATE$/,
};

/** Can a column of the table's type `given` be declared `type`? Null: the type is not known yet. */
export const fits = (type: FeatureType, given: string | null): boolean =>
  given === null ||
  (type === 'timestamp'
    ? isTimeType(given)
    : Object.hasOwn(shapes, type) && shapes[type as keyof typeof shapes].test(given));

/** @param what of the definition declares it */
export const otherType = (
  place: string,
  column: { name: string; type: string | null },
  type: FeatureType,
  what: string,
) =>
  new UserError(
    'InvalidInput',
    `${place}: ${column.name} is ${column.type}, and ${what} is declared ${type}; declare what it is, or read it so (types: { ${column.name}: … })`,
  );
