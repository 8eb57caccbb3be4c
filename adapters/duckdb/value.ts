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

/** The column's value, with NaN as null (a file cannot tell them apart for long) and times in UTC. */
export function sqlValue(column: Column): string {
  const name = identifier(column.name);
  if (column.type === 'FLOAT' || column.type === 'DOUBLE')
    return `(CASE WHEN isnan(${name}) THEN NULL ELSE ${name} END)`;
  return isTime(column.type) ? asTime(name, column.type) : name;
}
