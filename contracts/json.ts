/**
 * What may cross a process or a history: JSON, finite, bounded.
 * @example
 * ```ts
 * const params: Json = { depth: 3, columns: ['age', 'plan'] };
 * ```
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** Largest payload of one step in a history: its output, and an input that is not in the store; in bytes of JSON. Larger things travel as references. */
export const PAYLOAD_LIMIT = 64 * 1024;
/** Largest input of one step, in bytes of JSON: past {@link PAYLOAD_LIMIT} it lies in the store. */
export const INPUT_LIMIT = 4 * 1024 * 1024;
/** Largest plan, in bytes of JSON. */
export const PLAN_LIMIT = 256 * 1024;
/** Most nodes in one plan. */
export const NODE_LIMIT = 1000;

/**
 * The first thing in `value` that JSON would lose or change, in words with its path; null when there is none.
 * JSON.stringify turns NaN and Infinity into null silently, throws on bigint, and writes a Date as a string.
 */
export function jsonProblem(value: unknown, path = '$'): string | null {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return null;
  if (typeof value === 'number')
    return Number.isFinite(value) ? null : `${path} is ${value}: carry figures that are not finite as strings`;
  if (typeof value === 'bigint') return `${path} is the bigint ${value}n: use Number(…) or a string`;
  if (typeof value !== 'object')
    return `${path} is ${typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`}`;
  if (Array.isArray(value))
    return firstProblem(
      value.map((item, index) => [String(index), item]),
      path,
    );
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    return `${path} is a ${value.constructor?.name ?? 'class instance'}: use a plain object, a string or a number`;
  return firstProblem(
    Object.entries(value).filter(([, item]) => item !== undefined),
    path,
  );
}

function firstProblem(entries: [string, unknown][], path: string): string | null {
  for (const [key, item] of entries) {
    const problem = jsonProblem(item, `${path}.${key}`);
    if (problem) return problem;
  }
  return null;
}

/** JSON with sorted keys and without undefined: equal values give equal text, whatever order they were built in. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

/** true when `text` is one of the texts anywhere in `value`, as a whole. */
export function mentions(value: Json | undefined, text: string): boolean {
  if (typeof value === 'string') return value === text;
  if (value === null || typeof value !== 'object') return false;
  return Object.values(value).some((part) => mentions(part, text));
}

/** UTF-8 length of the JSON text, without Buffer or TextEncoder: this also runs in the workflow sandbox. */
export function jsonBytes(value: unknown): number {
  const text = JSON.stringify(value) ?? '';
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
