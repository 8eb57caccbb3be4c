import type { Column } from '#contracts/data.ts';
import { identifier } from './sql.ts';
import { asTime, isTime } from './timestamp.ts';

export type Family = 'number' | 'text' | 'boolean' | 'time' | 'other';

export function family(type: string): Family {
  if (/^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL.*)$/.test(type)) return 'number';
  if (/^(VARCHAR|JSON|ENUM.*|UUID)$/.test(type)) return 'text';
  if (type === 'BOOLEAN') return 'boolean';
  return isTime(type) ? 'time' : 'other';
}

/** The column's value, with NaN as null: a file cannot tell them apart for long, and in no verb is NaN a value. */
export function valueOrNull({ name, type }: Column, column = identifier(name)): string {
  return type === 'FLOAT' || type === 'DOUBLE' ? `(CASE WHEN isnan(${column}) THEN NULL ELSE ${column} END)` : column;
}

/** The same with times in UTC. */
export function sqlValue(column: Column): string {
  return isTime(column.type) ? asTime(identifier(column.name), column.type) : valueOrNull(column);
}
