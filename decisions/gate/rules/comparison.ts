import type { Comparison } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import type { ParsedGateRules } from '#contracts/gate-rules.ts';
import { type Figures, higherIsBetter } from '../directions.ts';
import type { Finding } from '../finding.ts';
import { asWritten, decimalsFor, numberOf, percent, plain, signed, versionName } from '../words.ts';
import type { GateRule } from './gate-rule.ts';

/**
 * Better than the champion by the minimum effect, with confidence: passed when the whole interval lies at or above
 * it, refused when all of it lies below, inconclusive in between. Without a champion there is nothing to be better than.
 */
export const comparison: GateRule<'comparison'> = {
  title: 'Better than the champion',
  judge: (rules, evidence) => {
    higherIsBetter(evidence, rules.metric, 'comparison');
    const { champion } = evidence;
    return [champion ? against(champion.version, comparedBy(rules.metric, evidence), rules) : first(evidence, rules)];
  },
  metrics: ({ metric }) => ({ 'rules.metric': [metric] }),
};

/** @throws UserError InvalidInput when the evaluation did not compare the metric. */
export function comparedBy(metric: string, { comparisons }: Figures): Comparison {
  const found = comparisons.find((each) => each.metric === metric);
  if (found) return found;
  const compared = comparisons.map((each) => each.metric).join(', ') || 'nothing';
  throw new UserError(
    'InvalidInput',
    `The gate compares by "${metric}", but the evaluation compared ${compared}. Add "${metric}" to evaluate's \`compare\`, or name one of those in the rules.`,
  );
}

function against(version: string, compared: Comparison, { metric, minimumEffect: effect }: ParsedGateRules): Finding {
  const [lower, upper, difference] = [compared.lower, compared.upper, compared.difference].map(numberOf) as [
    number,
    number,
    number,
  ];
  const said = sentence(compared, version, effect);
  const distance = [metric, effect - lower] as const;
  if ([lower, upper, difference].some((value) => Number.isNaN(value)))
    return { outcome: 'refused', reason: said.undefined, distance: [metric, Number.NaN] };
  if (lower >= effect) return { outcome: 'passed', reason: said.passed };
  if (upper < effect) return { outcome: 'refused', reason: said.refused, distance };
  return { outcome: 'inconclusive', reason: said.inconclusive, distance };
}

function first(evidence: Figures, { metric, floors }: ParsedGateRules): Finding {
  const value = numberOf(evidence.candidate.metrics[metric]);
  if (Number.isNaN(value))
    return { outcome: 'refused', reason: `${metric} is not a number on this holdout`, distance: [metric, Number.NaN] };
  const rule = Object.keys(floors).length > 0 ? 'the floors alone decide' : 'and no floors are set';
  return {
    outcome: 'passed',
    reason: `first champion: there is none to compare with, ${rule} (${metric} ${plain(value, decimalsFor(0, Math.abs(value)))})`,
  };
}

function sentence(compared: Comparison, version: string, effect: number) {
  const [candidate, champion, difference, lower, upper] = (
    [compared.candidate, compared.champion, compared.difference, compared.lower, compared.upper] as const
  ).map(numberOf) as [number, number, number, number, number];
  const grain = Math.min(...[upper - lower, Math.abs(difference), effect].filter((size) => size > 0));
  const decimals = decimalsFor(Number.isFinite(grain) ? grain : 0, Math.max(Math.abs(candidate), Math.abs(champion)));
  const than = `${compared.metric} ${plain(candidate, decimals)} against champion ${versionName(version)}'s ${plain(champion, decimals)}`;
  const by =
    difference === 0
      ? 'no difference'
      : `${difference > 0 ? 'better' : 'worse'} by ${plain(Math.abs(difference), decimals)}`;
  const interval = `${percent(compared.confidence)} interval ${signed(lower, decimals)} … ${signed(upper, decimals)}`;
  const minimum = effect === 0 ? 'zero' : `the minimum effect of ${asWritten(effect)}`;
  return {
    passed: `${than}: ${by} (${interval}), ${effect === 0 ? 'not below zero' : `above ${minimum}`}`,
    refused: `${than}: ${by} (${interval}), below ${minimum} even at the upper end`,
    inconclusive: `${than}: ${by} (${interval}), which neither shows nor rules out ${effect === 0 ? 'an improvement' : `an improvement of ${asWritten(effect)}`}; more holdout rows narrow the interval`,
    undefined: `${compared.metric} cannot be compared: ${plain(candidate, decimals)} for the candidate against ${plain(champion, decimals)} for champion ${versionName(version)}${Number.isNaN(lower) && !Number.isNaN(difference) ? ', and no interval could be computed' : ''}. Is there more than one class in the holdout?`,
  };
}
