import { type Comparison, figure } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import type { ParsedGateRules } from '#contracts/gate-rules.ts';
import { standardErrors } from '../chance.ts';
import { type Figures, higherIsBetter } from '../directions.ts';
import type { Finding } from '../finding.ts';
import { rounding } from '../rounding.ts';
import { levelOf } from '../spending.ts';
import { LEAST_UNITS, type Unit, unitOf, unitsInWords } from '../units.ts';
import { asWritten, decimalsFor, numberOf, percent, plain, signed, versionName } from '../words.ts';
import type { GateRule } from './gate-rule.ts';

/**
 * Against the champion on the same rows. Better by the minimum effect: passed when the whole interval lies above it,
 * refused when all of it lies below, inconclusive in between; a tie does not pass. Not worse by as much: the same against
 * minus that. With too few independent rows, days or clusters it is inconclusive, whatever the interval says. Without a
 * champion there is nothing to be better than.
 */
export const comparison: GateRule<'comparison'> = {
  title: 'Against the champion',
  judge: (rules, evidence) => {
    higherIsBetter(evidence, rules.metric, 'comparison');
    const { champion } = evidence;
    return [champion ? against(champion.version, evidence, rules) : first(evidence, rules)];
  },
  asks: ({ metric, looks }) => ({
    ...{ where: 'rules.metric', metrics: [metric], compared: true },
    ...(looks ? { looks: looks.most } : {}),
  }),
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

function against(version: string, evidence: Figures, rules: ParsedGateRules): Finding {
  const { metric } = rules;
  const unit = unitOf(comparedBy(metric, evidence), evidence);
  const { compared, look } = looked(comparedBy(metric, evidence), unit, evidence, rules);
  const bound = boundOf(rules);
  const said = sentence(compared, version, rules, look);
  const [lower, upper, difference, candidate, champion] = [
    compared.lower,
    compared.upper,
    compared.difference,
    compared.candidate,
    compared.champion,
  ].map(numberOf) as [number, number, number, number, number];
  const distance = [metric, bound - lower] as const;
  const outcome = outcomeOf({ lower, upper, difference, candidate, champion }, unit.count, bound);
  if (Number.isNaN(lower + upper + difference))
    return { outcome, reason: said.undefined, distance: [metric, Number.NaN] };
  if (unit.count < LEAST_UNITS) return tooFew(said.compared, unit);
  return { outcome, reason: said[outcome], ...(outcome === 'passed' ? {} : { distance }) };
}

/**
 * The comparison as this look has to see it: its lower end is that of the level which the rules leave to the look, Student's t of the
 * independent units. The upper end, by which a candidate is refused, stays: refusing oftener promotes nobody.
 */
function looked(
  compared: Comparison,
  { count }: Unit,
  { reuse }: Figures,
  { looks }: ParsedGateRules,
): { compared: Comparison; look?: string } {
  if (!looks) return { compared };
  const level = (1 - compared.confidence) / 2;
  const number = reuse?.look ?? 1;
  const { at, left } = levelOf(looks, level, number);
  const error = numberOf(compared.standardError);
  const known = at > 0 && count > 1 && !Number.isNaN(error);
  const half = known ? standardErrors(1 - 2 * at, count) * error : Number.POSITIVE_INFINITY;
  const share = (of: number) => `${Number((of * 100).toPrecision(2))} %`;
  return {
    compared: { ...compared, lower: figure(numberOf(compared.difference) - half) },
    look: `look ${number} of ${looks.most} at its level of ${share(at)}, ${share(left)} of ${share(level)} left`,
  };
}

interface Interval {
  readonly candidate: number;
  readonly champion: number;
  /** In the direction of better, and so both ends. */
  readonly difference: number;
  readonly lower: number;
  readonly upper: number;
}

/** What an interval over so many independent units says: above the bound, below it, or neither. NaN never passes. */
export function outcomeOf(
  { lower, upper, difference, candidate, champion }: Interval,
  units: number,
  bound: number,
): Finding['outcome'] {
  if (Number.isNaN(lower + upper + difference)) return 'refused';
  if (units < LEAST_UNITS) return 'inconclusive';
  if (lower - bound > rounding(candidate, champion, bound)) return 'passed';
  return upper < bound ? 'refused' : 'inconclusive';
}

/** Where the interval has to lie: above this. */
export const boundOf = ({ minimumEffect, notWorseThan = 0 }: Compared): number => minimumEffect ?? -notWorseThan;
type Compared = Pick<ParsedGateRules, 'minimumEffect' | 'notWorseThan'>;

function tooFew(said: string, unit: Unit): Finding {
  const missing = LEAST_UNITS - unit.count;
  return {
    outcome: 'inconclusive',
    reason: `${said}, but the holdout has only ${unitsInWords(unit)}, and fewer than ${LEAST_UNITS} do not tell a difference from chance: ${missing} more ${missing === 1 ? 'is' : 'are'} needed`,
    distance: [unit.by, missing],
  };
}

function first(evidence: Figures, { metric, floors }: ParsedGateRules): Finding {
  const value = numberOf(evidence.candidate.metrics[metric]);
  if (Number.isNaN(value))
    return { outcome: 'refused', reason: `${metric} is not a number on this holdout`, distance: [metric, Number.NaN] };
  const said = 'first champion: there is none to compare with';
  const unit = unitOf(null, evidence);
  if (unit.count < LEAST_UNITS) return tooFew(said, unit);
  const rule = Object.keys(floors).length > 0 ? 'the floors alone decide' : 'and no floors are set';
  return {
    outcome: 'passed',
    reason: `${said}, ${rule} (${metric} ${plain(value, decimalsFor(0, Math.abs(value)))})`,
  };
}

function sentence(compared: Comparison, version: string, rules: Compared, look?: string) {
  const [candidate, champion, difference, lower, upper] = (
    [compared.candidate, compared.champion, compared.difference, compared.lower, compared.upper] as const
  ).map(numberOf) as [number, number, number, number, number];
  const bound = boundOf(rules);
  const grain = Math.min(...[upper - lower, Math.abs(difference), Math.abs(bound)].filter((size) => size > 0));
  const decimals = decimalsFor(Number.isFinite(grain) ? grain : 0, Math.max(Math.abs(candidate), Math.abs(champion)));
  const than = `${compared.metric} ${plain(candidate, decimals)} against champion ${versionName(version)}'s ${plain(champion, decimals)}`;
  const by =
    difference === 0
      ? 'no difference'
      : `${difference > 0 ? 'better' : 'worse'} by ${plain(Math.abs(difference), decimals)}`;
  const over = compared.unit && compared.unit.by !== 'rows' ? ` over ${unitsInWords(compared.unit)}` : '';
  const ends = `interval ${signed(lower, decimals)} … ${signed(upper, decimals)}${over}`;
  // The ends of a look are of two levels.
  const interval = look ? `${ends}; ${look}` : `${percent(compared.confidence)} ${ends}`;
  const is = `${than}: ${by} (${interval})`;
  const same = lower === upper && lower === bound;
  const words = rules.minimumEffect === undefined ? notWorse(-bound) : better(bound);
  return {
    compared: `${than}: ${by}`,
    passed: `${is}, ${words.passed}`,
    refused: `${is}, ${words.refused} even at the upper end`,
    inconclusive: same ? `${is}, ${words.same}` : `${is}, ${words.open}; more holdout rows narrow the interval`,
    undefined: `${compared.metric} cannot be compared: ${plain(candidate, decimals)} for the candidate against ${plain(champion, decimals)} for champion ${versionName(version)}${Number.isNaN(lower) && !Number.isNaN(difference) ? ', and no interval could be computed' : ''}. Is there more than one class in the holdout?`,
  };
}

function better(effect: number) {
  const minimum = effect === 0 ? 'zero' : `the minimum effect of ${asWritten(effect)}`;
  return {
    passed: `above ${minimum}`,
    refused: `below ${minimum}`,
    same: effect === 0 ? 'and as good is not better' : `and ${minimum} is not exceeded`,
    open: `which neither shows nor rules out ${effect === 0 ? 'an improvement' : `an improvement of ${asWritten(effect)}`}`,
  };
}

function notWorse(margin: number) {
  return {
    passed: `less than the ${asWritten(margin)} that it may be worse`,
    refused: `more than the ${asWritten(margin)} that it may be worse`,
    same: `as much as the ${asWritten(margin)} that it may not reach`,
    open: `which neither shows nor rules out that it is worse by ${asWritten(margin)}`,
  };
}
