import { UserError } from '#contracts/failures.ts';

/** How far a metric may move before it alerts. */
export type LimitRule =
  | { readonly by: 'deviation'; readonly lower: number | null; readonly upper: number | null }
  | { readonly by: 'constant'; readonly lower: number | null; readonly upper: number | null };

/** NannyML's default: 3 standard deviations to either side. */
export const threeDeviations: LimitRule = { by: 'deviation', lower: 3, upper: 3 };

export interface Bounds {
  readonly lower: number | null;
  readonly upper: number | null;
}
export interface Limits extends Bounds {
  /** In words. */
  readonly rule: string;
}

/**
 * The limits of one metric from its realized values on the reference's chunks: mean ± n population standard
 * deviations (or constants), not beyond what the metric can be. NaN values are left out; with none, there is no limit.
 * @throws UserError InvalidInput when a constant lower limit is not below the upper one
 */
export function limitsOf(values: readonly number[], rule: LimitRule, possible: Bounds): Limits {
  if (rule.by === 'constant') {
    if (rule.lower !== null && rule.upper !== null && rule.lower >= rule.upper)
      throw new UserError('InvalidInput', `the lower limit ${rule.lower} is not below the upper one ${rule.upper}`);
    return { ...clipped(rule, possible), rule: 'constant' };
  }
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length === 0)
    return { lower: null, upper: null, rule: 'none: the metric is defined on no chunk of the reference' };
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const deviation = Math.sqrt(known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length);
  const made = {
    lower: rule.lower === null ? null : mean - rule.lower * deviation,
    upper: rule.upper === null ? null : mean + rule.upper * deviation,
  };
  const far = rule.lower === rule.upper ? `± ${rule.lower}` : `− ${rule.lower ?? '∞'} / + ${rule.upper ?? '∞'}`;
  return {
    ...clipped(made, possible),
    rule: `mean ${far} standard deviations of the realized value over ${known.length} reference chunk${known.length === 1 ? '' : 's'}`,
  };
}

function clipped(limits: Bounds, possible: Bounds): Bounds {
  return {
    lower:
      limits.lower !== null && possible.lower !== null && limits.lower <= possible.lower
        ? possible.lower
        : limits.lower,
    upper:
      limits.upper !== null && possible.upper !== null && limits.upper >= possible.upper
        ? possible.upper
        : limits.upper,
  };
}

/** Strictly outside; NaN never is. */
export function outside(value: number, { lower, upper }: Bounds): boolean {
  return (lower !== null && value < lower) || (upper !== null && value > upper);
}
