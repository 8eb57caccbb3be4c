/** A column's value as the type that a definition declares: never another value, an error where there would be one. */
import type { Column } from '#contracts/data.ts';
import type { FeatureType } from '#features/value-types.ts';
import { text } from '../sql.ts';
import { asTime, isTime } from '../timestamp.ts';

/** Types whose every value a DOUBLE holds. */
const exactInDouble = /^(U?(TINY|SMALL)INT|U?INTEGER|FLOAT|DOUBLE)$/;
const whole = /^U?(BIG|HUGE)INT$/;

const sqlTypes = {
  int64: 'BIGINT',
  float64: 'DOUBLE',
  string: 'VARCHAR',
  bool: 'BOOLEAN',
  timestamp: 'TIMESTAMPTZ',
  date: 'DATE',
};

/**
 * @param column with the type that the table has; the caller has seen that it fits
 * @param sql of its value
 * @param named what an error calls it
 */
export function typedValue(type: FeatureType, column: Pick<Column, 'type'>, sql: string, named: string): string {
  if (type.endsWith('[]')) return sql;
  switch (type) {
    case 'float64':
      if (exactInDouble.test(column.type) || !whole.test(column.type)) return `CAST(${sql} AS DOUBLE)`;
      return `(CASE WHEN ${sql} IS NULL THEN NULL WHEN CAST(CAST(${sql} AS DOUBLE) AS HUGEINT) = ${sql} THEN CAST(${sql} AS DOUBLE)
        ELSE error(concat(${text(`${named} is declared float64, which does not hold `)}, ${sql}, ', beyond 2^53, exactly; declare it int64')) END)`;
    case 'timestamp':
      // UTC, as make_timestamptz takes it: a cast would ask for the calendar of a zone.
      return isTime(column.type) ? `make_timestamptz(epoch_us(${asTime(sql, column.type)}))` : sql;
    case 'date':
      return `(CASE WHEN isfinite(${sql}) THEN ${sql} END)`;
    default:
      return `CAST(${sql} AS ${sqlTypes[type as keyof typeof sqlTypes]})`;
  }
}
