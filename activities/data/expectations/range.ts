/** Bounds as Great Expectations writes them: `min_value`, `max_value`, inclusive unless `strict_min`, `strict_max`. */
import { z } from 'zod';
import type { Bounds } from '../../ports/measures.ts';
import { shown } from './definition.ts';

const limit = z.union([z.number(), z.string()]).nullish();
export const rangeKwargs = {
  min_value: limit,
  max_value: limit,
  strict_min: z.boolean().default(false),
  strict_max: z.boolean().default(false),
};
export type RangeKwargs = z.output<z.ZodObject<typeof rangeKwargs>>;

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
export function isWithin(value: number | string, bounds: Bounds): boolean | null {
  const number = (item: number | string) => (typeof item === 'number' ? item : instant(item));
  for (const [bound, direction, strict] of [
    [bounds.min, 1, bounds.strictMin],
    [bounds.max, -1, bounds.strictMax],
  ] as const) {
    if (bound === undefined) continue;
    if (typeof bound !== typeof value) return null;
    const distance = (number(value) - number(bound)) * direction;
    if (Number.isNaN(distance)) return null;
    if (strict ? distance <= 0 : distance < 0) return false;
  }
  return true;
}

function instant(text: string): number {
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) || /^\d{4}-\d\d-\d\d$/.test(text) ? text : `${text}Z`);
}
