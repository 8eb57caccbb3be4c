/** Values from outside as SQL literals that a column can be compared with. */
import type { Scalar } from '#expectations/condition.ts';
import { number, text } from '../sql.ts';
import type { MeasuredColumn } from './measured-table.ts';

const wholeNumbers = /^U?(TINY|SMALL|BIG|HUGE)INT$|^U?INTEGER$/;

/** Null for a value that no value of the column can equal. */
export function literalOf(value: Scalar, column: Pick<MeasuredColumn, 'family' | 'type'>): string | null {
  const { family, type } = column;
  if (value === null) return null;
  if (family === 'number' && typeof value !== 'string') {
    const given = Number(value);
    if (!Number.isFinite(given)) return wholeNumbers.test(type) || Number.isNaN(given) ? null : infinite(given);
    return wholeNumbers.test(type) && !Number.isInteger(given) ? null : number(given);
  }
  // Digits that a JSON number would round are written as a text, here and in answers.
  if (family === 'number' && typeof value === 'string' && isLongWhole(value) && !/^(FLOAT|DOUBLE)$/.test(type))
    return `CAST(${text(value)} AS DECIMAL(38,0))`;
  if (family === 'text' && typeof value === 'string') return text(value);
  if (family === 'boolean' && (typeof value === 'boolean' || value === 0 || value === 1))
    return value ? 'true' : 'false';
  if (family === 'time' && typeof value === 'string') return timeLiteral(value);
  return null;
}

const isLongWhole = (value: string) => /^-?[1-9]\d{15,37}$/.test(value) && !Number.isSafeInteger(Number(value));

const infinite = (value: number) => `'${value < 0 ? '-' : ''}Infinity'::DOUBLE`;

/** A number as SQL, also one that is not finite. */
export const anyNumber = (value: number) => (Number.isFinite(value) ? number(value) : infinite(value));

/** A TIMESTAMP of ISO 8601, to the microsecond; without a zone it is UTC. Null when it is none. */
export function timeLiteral(value: string): string | null {
  const parts = /^(\d{4}-\d\d?-\d\d?)(?:[T ](\d\d?:\d\d(?::\d\d)?)(\.\d+)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/i.exec(
    value.trim(),
  );
  if (!parts) return null;
  const [, date = '', clock = '00:00', fraction = '', zone = 'Z'] = parts;
  const day = date.replace(/-(\d)(?=-|$)/g, '-0$1');
  const time = clock.length === 4 ? `0${clock}` : clock;
  const milliseconds = Date.parse(`${day}T${time}${zone.length === 3 ? `${zone}:00` : zone}`);
  if (Number.isNaN(milliseconds)) return null;
  const micros = Math.round(Number(`0${fraction || '.0'}`) * 1e6);
  return `make_timestamp(${BigInt(milliseconds) * 1000n + BigInt(micros)})`;
}
