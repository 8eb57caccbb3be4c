/** A column's values as Python's `str` writes them, which is what patterns and lengths are about. */
import type { MeasuredColumn } from './measured-table.ts';

/**
 * @param rows SQL of the rows that count, with the column: pandas writes the times of a column alike, as precisely as one of them needs
 */
export function pythonText(column: MeasuredColumn, rows: string): string {
  const { sql, family, type } = column;
  if (type === 'VARCHAR') return sql;
  if (family === 'boolean') return `(CASE WHEN ${sql} THEN 'True' WHEN NOT ${sql} THEN 'False' END)`;
  if (family !== 'time') return `CAST(${sql} AS VARCHAR)`;
  const needed = `(SELECT max(CASE WHEN epoch_us(${sql}) % 86400000000 = 0 THEN 0 WHEN epoch_us(${sql}) % 1000000 = 0 THEN 1 WHEN epoch_us(${sql}) % 1000 = 0 THEN 2 ELSE 3 END) FROM ${rows})`;
  const zone = type === 'TIMESTAMP WITH TIME ZONE' ? '+00:00' : '';
  const written = ['%Y-%m-%d', '%Y-%m-%d %H:%M:%S', '%Y-%m-%d %H:%M:%S.%g', '%Y-%m-%d %H:%M:%S.%f'].map(
    (format, index) =>
      `strftime(${sql}, '${format}${index === 0 && type !== 'DATE' ? zone && ` 00:00:00${zone}` : zone}')`,
  );
  return `(CASE ${needed} ${written.map((each, index) => `WHEN ${index} THEN ${each}`).join(' ')} END)`;
}
