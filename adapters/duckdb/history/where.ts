/** The conditions of a window in SQL, as `holds` of features/where.ts judges them: never null, and numbers compared exactly. */
import { testsOf, type Where } from '#features/where.ts';
import { text } from '../sql.ts';

/** @param value SQL of a column's value by its name, missing ones null */
export function conditionOf(where: Where, value: (column: string) => string): string {
  const conditions = Object.entries(where).flatMap(([column, condition]) => {
    const sql = value(column);
    const { is, not, in: among, above, atLeast, below, atMost, missing } = testsOf(condition);
    return [
      ...(is === undefined ? [] : [`${sql} = ${constant(is)}`]),
      ...(not === undefined ? [] : [`${sql} <> ${constant(not)}`]),
      ...(among === undefined ? [] : [`${sql} IN (${among.map(constant).join(', ')})`]),
      ...(above === undefined ? [] : [`${sql} > ${constant(above)}`]),
      ...(atLeast === undefined ? [] : [`${sql} >= ${constant(atLeast)}`]),
      ...(below === undefined ? [] : [`${sql} < ${constant(below)}`]),
      ...(atMost === undefined ? [] : [`${sql} <= ${constant(atMost)}`]),
      ...(missing === undefined ? [] : [`${sql} IS ${missing ? '' : 'NOT '}NULL`]),
    ];
  });
  return conditions.length === 0 ? 'true' : `coalesce(${conditions.join(' AND ')}, false)`;
}

/** A whole number as one, however long: beside a BIGINT a DOUBLE would round it. */
function constant(value: string | number | boolean): string {
  if (typeof value === 'string') return text(value);
  if (typeof value === 'boolean') return String(value);
  return Number.isInteger(value) && Math.abs(value) < 2 ** 63
    ? String(BigInt(value))
    : `${value.toExponential()}::DOUBLE`;
}
