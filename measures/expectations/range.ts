/** Bounds as Great Expectations writes them: `min_value`, `max_value`, inclusive unless `strict_min`, `strict_max`. */
import type { Bounds } from '#ports/measures.ts';
import { shown } from './definition.ts';

interface RangeKwargs {
  readonly min_value?: number | string | null | undefined;
  readonly max_value?: number | string | null | undefined;
  readonly strict_min?: boolean | undefined;
  readonly strict_max?: boolean | undefined;
}

export function boundsOf(kwargs: RangeKwargs): Bounds {
  return {
    min: kwargs.min_value ?? undefined,
    max: kwargs.max_value ?? undefined,
    strictMin: kwargs.strict_min,
    strictMax: kwargs.strict_max,
  };
}

/** `between 1 and 6,000`, `above 0`, `at most 2013-12-31`. */
export function rangeInWords({ min, max, strictMin, strictMax }: Bounds): string {
  const show = (bound: number | string) => (typeof bound === 'number' ? shown(bound) : bound);
  if (min !== undefined && max !== undefined && !strictMin && !strictMax)
    return min === max ? `exactly ${show(min)}` : `between ${show(min)} and ${show(max)}`;
  const parts: string[] = [];
  if (min !== undefined) parts.push(`${strictMin ? 'above' : 'at least'} ${show(min)}`);
  if (max !== undefined) parts.push(`${strictMax ? 'below' : 'at most'} ${show(max)}`);
  return parts.join(' and ') || 'anything';
}

/** Null when value and bounds are not of one kind (a text against a number). Times are compared as instants, UTC without a zone. */
export function isWithin(value: number | string | boolean, bounds: Bounds): boolean | null {
  const given = typeof value === 'boolean' ? Number(value) : value;
  const number = (item: number | string) => (typeof item === 'number' ? item : instant(item));
  for (const [bound, direction, strict] of [
    [bounds.min, 1, bounds.strictMin],
    [bounds.max, -1, bounds.strictMax],
  ] as const) {
    if (bound === undefined) continue;
    if (typeof bound !== typeof given) return null;
    const [a, b] = [number(given), number(bound)];
    if (Number.isNaN(a) || Number.isNaN(b)) return null;
    const order = a === b ? 0 : (a < b ? -1 : 1) * direction;
    if (strict ? order <= 0 : order < 0) return false;
  }
  return true;
}

function instant(text: string): number {
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) || /^\d{4}-\d\d-\d\d$/.test(text) ? text : `${text}Z`);
}
