import type { Comparison } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import type { Figures } from './directions.ts';
import type { Finding } from './finding.ts';
import { asWritten, decimalsFor, numberOf, percent, plain, signed, versionName } from './words.ts';

/**
 * Better than the champion by the minimum effect, with confidence: passed when the whole interval lies at or above
 * it, refused when all of it lies below, inconclusive in between.
 *
 * @throws UserError InvalidInput when the evaluation did not compare the metric.
 */
export function judgeComparison(
  evidence: Figures & { champion: NonNullable<Figures['champion']> },
  rules: { readonly metric: string; readonly minimumEffect: number },
): Finding & { comparison: Comparison } {
  const comparison = evidence.comparisons.find((each) => each.metric === rules.metric);
  if (!comparison) {
    const compared = evidence.comparisons.map((each) => each.metric).join(', ') || 'nothing';
    throw new UserError(
      'InvalidInput',
      `The gate compares by "${rules.metric}", but the evaluation compared ${compared}. Add "${rules.metric}" to evaluate's \`compare\`, or name one of those in the rules.`,
    );
  }
  const [lower, upper, difference] = [comparison.lower, comparison.upper, comparison.difference].map(numberOf) as [
    number,
    number,
    number,
  ];
  const effect = rules.minimumEffect;
  const said = sentence(comparison, evidence.champion.version, effect);
  const distance = [rules.metric, effect - lower] as const;
  if ([lower, upper, difference].some((value) => Number.isNaN(value)))
    return { outcome: 'refused', reason: said.undefined, distance: [rules.metric, Number.NaN], comparison };
  if (lower >= effect) return { outcome: 'passed', reason: said.passed, comparison };
  if (upper < effect) return { outcome: 'refused', reason: said.refused, distance, comparison };
  return { outcome: 'inconclusive', reason: said.inconclusive, distance, comparison };
}

function sentence(comparison: Comparison, version: string, effect: number) {
  const [candidate, champion, difference, lower, upper] = (
    [comparison.candidate, comparison.champion, comparison.difference, comparison.lower, comparison.upper] as const
  ).map(numberOf) as [number, number, number, number, number];
  const grain = Math.min(...[upper - lower, Math.abs(difference), effect].filter((size) => size > 0));
  const decimals = decimalsFor(Number.isFinite(grain) ? grain : 0, Math.max(Math.abs(candidate), Math.abs(champion)));
  const than = `${comparison.metric} ${plain(candidate, decimals)} against champion ${versionName(version)}'s ${plain(champion, decimals)}`;
  const by =
    difference === 0
      ? 'no difference'
      : `${difference > 0 ? 'better' : 'worse'} by ${plain(Math.abs(difference), decimals)}`;
  const interval = `${percent(comparison.confidence)} interval ${signed(lower, decimals)} … ${signed(upper, decimals)}`;
  const minimum = effect === 0 ? 'zero' : `the minimum effect of ${asWritten(effect)}`;
  return {
    passed: `${than}: ${by} (${interval}), ${effect === 0 ? 'not below zero' : `above ${minimum}`}`,
    refused: `${than}: ${by} (${interval}), below ${minimum} even at the upper end`,
    inconclusive: `${than}: ${by} (${interval}), which neither shows nor rules out ${effect === 0 ? 'an improvement' : `an improvement of ${asWritten(effect)}`}; more holdout rows narrow the interval`,
    undefined: `${comparison.metric} cannot be compared: ${plain(candidate, decimals)} for the candidate against ${plain(champion, decimals)} for champion ${versionName(version)}${Number.isNaN(lower) && !Number.isNaN(difference) ? ', and no interval could be computed' : ''}. Is there more than one class in the holdout?`,
  };
}
