/** Values between JSON and the store, by the type that the definition says. */
import type { OnlineValue } from '#ports/online-row.ts';
import type { ServedType } from './catalogue.ts';
import { ExactNumber } from './exact-json.ts';
import { unfit } from './refusal.ts';

/** `feast`: timestamps are whole seconds, and a time without a zone is UTC, as Feast has it. `strict`: times are text with a zone. `text`: the same, and what is given may be a text, as of a query or a command; an int64 is answered as one. */
export type Dialect = 'feast' | 'strict' | 'text';

const BOUNDS = { int32: 31n, int64: 63n } as const;
const FLOATS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

/** @throws Refusal unprocessable that names `path`, what is wanted and what came */
export function fromJson(type: ServedType, given: unknown, path: string, dialect: Dialect): OnlineValue {
  if (given === null) return null;
  if (type.endsWith('[]')) {
    if (!Array.isArray(given)) throw unfit(path, `a list of ${type.slice(0, -2)}`, given);
    const of = type.slice(0, -2) as ServedType;
    return given.map((item, index) => fromJson(of, item, `${path}[${index}]`, dialect));
  }
  switch (type) {
    case 'int32':
    case 'int64':
      return integer(type, given, path);
    case 'float32':
    case 'float64': {
      const value = float(given, path, dialect);
      return type === 'float32' ? Math.fround(value) : value;
    }
    case 'string':
      if (typeof given === 'string') return given;
      throw unfit(path, 'a text', given);
    case 'bool':
      if (typeof given === 'boolean') return given;
      if (dialect === 'text' && (given === 'true' || given === 'false')) return given === 'true';
      throw unfit(path, 'true or false', given);
    case 'bytes':
      if (typeof given === 'string' && /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(given))
        return new Uint8Array(Buffer.from(given, 'base64'));
      throw unfit(path, 'base64', given);
    case 'timestamp':
      if (dialect === 'feast' && typeof given !== 'string') return integer('int64', given, path) * 1_000_000n;
      return instant(given, path, dialect);
    case 'date': {
      const ms = typeof given === 'string' && /^\d{4}-\d\d-\d\d$/.test(given) ? Date.parse(given) : Number.NaN;
      // 2023-02-30 is read as a day of March.
      if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== given)
        throw unfit(path, 'a day such as 2024-02-29', given);
      return BigInt(ms / 86_400_000);
    }
  }
  throw new TypeError(`${type} is no type that is served`);
}

function integer(type: 'int32' | 'int64', given: unknown, path: string): bigint {
  const text = given instanceof ExactNumber ? given.text : typeof given === 'string' ? given : null;
  let value: bigint | null = null;
  if (text !== null && /^-?\d{1,20}$/.test(text)) value = BigInt(text);
  else if (typeof given === 'number' && Number.isSafeInteger(given)) value = BigInt(given);
  const bound = 1n << BOUNDS[type];
  if (value === null || value < -bound || value >= bound) throw unfit(path, `an ${type}`, given);
  return value;
}

function float(given: unknown, path: string, dialect: Dialect): number {
  if (typeof given === 'number') return given;
  const text = given instanceof ExactNumber ? given.text : given;
  if (typeof text === 'string') {
    const named = FLOATS[text];
    if (named !== undefined && Object.hasOwn(FLOATS, text)) return named;
    if (given instanceof ExactNumber) return Number(text);
    if (dialect === 'text' && /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text)) return Number(text);
  }
  throw unfit(path, 'a number, or "NaN", "Infinity", "-Infinity"', given);
}

const TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?$/i;

/** µs since 1970 UTC. @throws Refusal unprocessable, also for a time that has no zone where `dialect` is strict */
export function instant(given: unknown, path: string, dialect: Dialect): bigint {
  const [, day, time, fraction = '', zone] = (typeof given === 'string' ? TIME.exec(given) : null) ?? [];
  if (day === undefined) throw unfit(path, 'a time such as 2024-02-29T13:00:00.123456Z', given);
  if (zone === undefined && dialect !== 'feast')
    throw unfit(path, 'a time with its zone, such as 2024-02-29T13:00:00Z or …+02:00,', given);
  const ms = Date.parse(`${day}T${time}${(zone ?? 'Z').toUpperCase().replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')}`);
  if (Number.isNaN(ms) || new Date(`${day}T00:00:00Z`).toISOString().slice(0, 10) !== day)
    throw unfit(path, 'a day that there is', given);
  return BigInt(ms) * 1_000n + BigInt(fraction.padEnd(6, '0').slice(0, 6));
}

/** JSON of one value; an int64 has all its digits, a float64 a point. */
export function toJson(type: ServedType, value: OnlineValue, dialect: Dialect): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) {
    const of = (type.endsWith('[]') ? type.slice(0, -2) : type) as ServedType;
    return `[${value.map((item) => toJson(of, item, dialect)).join(',')}]`;
  }
  if (typeof value === 'bigint') {
    if (type === 'timestamp') return dialect === 'feast' ? String(seconds(value)) : `"${timeText(value)}"`;
    if (type === 'date') return `"${new Date(Number(value) * 86_400_000).toISOString().slice(0, 10)}"`;
    // Whoever reads a text has all digits, whatever its JSON makes of numbers.
    return dialect === 'text' ? `"${value}"` : String(value);
  }
  if (typeof value === 'number') return floatText(value);
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('base64')}"`;
  return JSON.stringify(value);
}

function floatText(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  const text = Object.is(value, -0) ? '-0' : String(value);
  // Python reads a number without a point as an int.
  return /[.e]/.test(text) ? text : `${text}.0`;
}

const seconds = (micros: bigint) => (micros < 0n ? (micros - 999_999n) / 1_000_000n : micros / 1_000_000n);

/** As Protobuf writes it: no fraction, or 3 or 6 digits. Beyond the years that a Date has it is µs since 1970. */
export function timeText(micros: bigint): string {
  const whole = seconds(micros);
  const rest = Number(micros - whole * 1_000_000n);
  const date = new Date(Number(whole) * 1_000);
  if (Number.isNaN(date.getTime())) return String(micros);
  const fraction = rest === 0 ? '' : `.${String(rest).padStart(6, '0').replace(/000$/, '')}`;
  return `${date.toISOString().slice(0, 19)}${fraction}Z`;
}

/** Is it a value of this type? A definition may have changed since it was written. */
export function fits(type: ServedType, value: OnlineValue): boolean {
  if (value === null) return true;
  if (type.endsWith('[]')) {
    const of = type.slice(0, -2) as ServedType;
    return Array.isArray(value) && value.every((item) => fits(of, item));
  }
  switch (type) {
    case 'int32':
    case 'int64':
    case 'timestamp':
    case 'date':
      return typeof value === 'bigint';
    case 'float32':
    case 'float64':
      return typeof value === 'number';
    case 'string':
      return typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    default:
      return value instanceof Uint8Array;
  }
}
