/** Options that several verbs take, and how their text is read. */
import { InvalidArgumentError } from 'commander';
import type { Json } from '#contracts/json.ts';

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

/** A date or a time; a date means its midnight, UTC. */
export function readInstant(text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw new InvalidArgumentError(`"${text}" is not a date: write 2013-06-17 or 2013-06-17T00:00:00Z`);
  return time.toISOString();
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
