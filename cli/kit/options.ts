/** Options that several verbs take, and how their text is read. */
import { InvalidArgumentError } from 'commander';
import { parseTime } from '#activities/data/time.ts';
import type { Duration } from '#contracts/duration.ts';
import { isDuration, milliseconds } from '#contracts/duration-text.ts';
import { UserError } from '#contracts/failures.ts';
import type { Json } from '#contracts/json.ts';
import { nameInWords, nameShape } from '#contracts/name-shape.ts';

/** `key=value`, the value as JSON when it is JSON, as text otherwise; may be given many times. */
export function collectParam(text: string, previous: Record<string, Json> = {}): Record<string, Json> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError(`"${text}" is not key=value, for example --param rounds=300`);
  return { ...previous, [text.slice(0, at)]: readValue(text.slice(at + 1)) };
}

function readValue(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A date or a time, UTC where it names no zone, on every machine; a date means its midnight. */
export function readInstant(text: string): string {
  try {
    return new Date(parseTime(text, 'it')).toISOString();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new InvalidArgumentError(`"${text}" is not a date: write 2013-06-17 or 2013-06-17T00:00:00Z`);
  }
}

/** A whole number from 1 on. */
export function readCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text.trim()) && Number.isSafeInteger(count) && count > 0) return count;
  throw new InvalidArgumentError(`"${text}" is not a whole number from 1 on`);
}

/** A number from `least` to `most`, both included. */
export function readNumber({ least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY, example = '' }) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value) && value >= least && value <= most) return value;
    const from = Number.isFinite(least) ? ` from ${least}` : '';
    const to = Number.isFinite(most) ? ` to ${most}` : from === '' ? '' : ' on';
    throw new InvalidArgumentError(`give a number${from}${to}${example === '' ? '' : `, for example ${example}`}`);
  };
}

/** The name of a pipeline that may be deployed elsewhere, or gone: it is part of ids and keys. */
export function readPipelineName(text: string): string {
  if (nameShape.test(text)) return text;
  throw new InvalidArgumentError(`"${text.slice(0, 80)}" is no pipeline's name: ${nameInWords}`);
}

/** `90s`, `2h`, `7d`, of at least `least`; milliseconds. */
export function readDuration(least: Duration) {
  return (text: string): number => {
    if (!isDuration(text)) throw new InvalidArgumentError(`"${text}" is not a length of time: write 12h or 7d`);
    if (milliseconds(text) >= milliseconds(least)) return milliseconds(text);
    throw new InvalidArgumentError(`${text} is too short: at least ${least}`);
  };
}

/** What becomes the last part of a run's id: short, printable, and never that of a retry. */
export function readTriggerId(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._:@+=-]{0,199}$/.test(text) && !/^r\d+$/.test(text)) return text;
  throw new InvalidArgumentError(
    `"${text.slice(0, 80)}" cannot be part of a run's id: give up to 200 letters, digits and . _ : @ + = -, and not r2, r3 …, which are retries`,
  );
}

/** One of these words and no other. */
export function oneOf<const T extends string>(...words: T[]) {
  return (text: string): T => {
    const found = words.find((word) => word === text);
    if (found) return found;
    throw new InvalidArgumentError(`give one of ${words.join(', ')}`);
  };
}

/** `a,b`, and may be given many times. */
export function listOption(text: string, previous: string[] = []): string[] {
  return [...previous, ...text.split(',').map((each) => each.trim())].filter((each) => each !== '');
}
