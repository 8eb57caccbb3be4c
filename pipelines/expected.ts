/** One expectation: plain JSON in Great Expectations' names, with two methods that JSON does not see. */

import type { Expectation } from '#contracts/validation.ts';
import { type ExpectationType, kwargsOf } from '#expectations/kwargs.ts';
import { callSite } from './graph/call-site.ts';
import { definitionError, shownValue } from './graph/definition-error.ts';

/**
 * An expectation that can be softened.
 * @example
 * ```ts
 * const known: Expected = expect.column('plan').oneOf(['free', 'paid']);
 * const softly: Expected[] = [known.warn(), known.quarantine()];
 * ```
 */
export type Expected = Expectation & {
  /** The same one, reported instead of failing the run. */
  warn(): Expected;
  /** The same one: rows that break it go to a dataset of their own, with the reason, and the run goes on with the rest. */
  quarantine(): Expected;
};

/** Which rows it is about. */
export interface Where {
  /** As `DataFrame.query` reads it: `month >= 6 and carrier in ['UA', 'AA']`. Default: all rows. */
  where?: string;
}
/**
 * For which rows, and for what share of them.
 * @example
 * ```ts
 * const lenient: Mostly = { mostly: 0.99, where: "plan == 'paid'" };
 * ```
 */
export interface Mostly extends Where {
  /** Share of the rows for which it must hold, above 0 up to 1. Default 1. Nulls do not count, except for notNull. */
  mostly?: number;
}
/** Bounds belong to the range unless strict; a text is a time (ISO 8601). */
export interface Range<T extends number | string = number | string> extends Where {
  min?: T;
  max?: T;
  strictMin?: boolean;
  strictMax?: boolean;
}

export type Entry = (...args: never[]) => unknown;
export type Kwargs = Readonly<Record<string, unknown>>;

/**
 * Checked as the run would check it, here where it is written.
 * @param what the call, for messages
 * @param entry the function that the author called
 */
export function expected(type: ExpectationType, kwargs: Kwargs, what: string, entry: Entry): Expected {
  const given = Object.fromEntries(Object.entries(kwargs).filter(([, value]) => value !== undefined));
  try {
    kwargsOf(type, given);
  } catch (error) {
    throw definitionError(callSite(entry), `${what}: ${error instanceof Error ? error.message : error}`);
  }
  return made(type, given as Expectation['kwargs'], 'fail');
}

function made(type: string, kwargs: Expectation['kwargs'], severity: 'fail' | 'warn' | 'quarantine'): Expected {
  const plain: Expectation = { type, kwargs, severity };
  // Not enumerable: the expectation stays plain JSON, which is all that a plan can carry.
  Object.defineProperty(plain, 'warn', { value: () => made(type, kwargs, 'warn') });
  return Object.defineProperty(plain, 'quarantine', { value: () => made(type, kwargs, 'quarantine') }) as Expected;
}

export function rowsOf({ where }: Where): Kwargs {
  return where === undefined ? {} : { row_condition: where, condition_parser: 'pandas' };
}

export function mostlyOf(options: Mostly, what: string, entry: Entry): Kwargs {
  const { mostly } = options;
  if (mostly !== undefined && !(mostly > 0 && mostly <= 1))
    throw definitionError(
      callSite(entry),
      `mostly of ${what} is ${shownValue(mostly)}: a share above 0 up to 1 is wanted.`,
    );
  return { mostly, ...rowsOf(options) };
}

/** @throws a definition error for no bound, one that is not finite, or a least value above the greatest */
export function rangeOf({ min, max, strictMin, strictMax }: Range, what: string, entry: Entry): Kwargs {
  const infinite = [min, max].find((bound) => typeof bound === 'number' && !Number.isFinite(bound));
  const problem =
    min === undefined && max === undefined
      ? 'has no bound: give a least or a greatest value'
      : infinite !== undefined
        ? `has the bound ${infinite}: use null for no bound`
        : min !== undefined && max !== undefined && min > max
          ? `has a least value (${min}) above its greatest (${max}): swap them`
          : null;
  if (problem) throw definitionError(callSite(entry), `${what} ${problem}.`);
  return { min_value: min, max_value: max, strict_min: strictMin, strict_max: strictMax };
}
