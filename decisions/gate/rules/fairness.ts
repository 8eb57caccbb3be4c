import { UserError } from '#contracts/failures.ts';
import { type AttributeFairness, attributeName, criteriaOf, sameAttribute } from '#contracts/fairness.ts';
import type { ParsedGateRules } from '#contracts/gate-rules.ts';
import { type Disparity, disparityOf } from '../../fairness/disparities.ts';
import { differenceInterval, growthInterval, pairsOf, ratioInterval } from '../../fairness/intervals.ts';
import type { Interval } from '../../fairness/mover.ts';
import type { Figures } from '../directions.ts';
import type { Finding, Note } from '../finding.ts';
import { rounding } from '../rounding.ts';
import { asWritten, decimalsFor, percent, plain, versionName } from '../words.ts';
import { criterionWords, notJudged, treated, undefinedThere } from './fairness-words.ts';
import type { GateRule } from './gate-rule.ts';

type FairnessRule = NonNullable<ParsedGateRules['fairness']>[number];

/**
 * Between the groups of an attribute rates lie at most so far apart, by difference or by ratio; or at most so much further than the champion's, on the same rows.
 * The figures decide, or, where a confidence is asked for, their interval: what it straddles is inconclusive.
 */
export const fairness: GateRule<'fairness'> = {
  title: 'Fairness',
  judge: (rules, evidence) => {
    const judged = rules.map((rule) => ({ attribute: attributeOf(rule, evidence), rule }));
    const attributes = [...new Set(judged.map(({ attribute }) => attribute))];
    return [
      ...judged.flatMap(({ attribute, rule }) => judgeRule(rule, attribute, evidence)),
      ...attributes.flatMap((attribute) => notJudged(attribute, evidence.fairness?.minimumGroupRows ?? 0)),
    ];
  },
  asks: (rules) => ({ where: 'rules.fairness', metrics: [], fairness: rules }),
};

/** @throws UserError InvalidInput for an attribute that was not measured, or a criterion that the task does not have. */
function attributeOf({ attribute, criterion }: FairnessRule, { fairness: measured, task }: Figures): AttributeFairness {
  const known = criteriaOf(task);
  if (!known.includes(criterion))
    throw new UserError(
      'InvalidInput',
      `The gate's fairness rule asks for ${criterion}, which a ${task} task does not have. It has: ${known.join(', ') || 'none'}.`,
    );
  const found = measured?.attributes.find(({ columns }) => sameAttribute(columns, attribute));
  if (found) return found;
  const there = measured?.attributes.map(({ columns }) => attributeName(columns)).join(', ') || 'none';
  throw new UserError(
    'InvalidInput',
    `The gate's fairness rule asks for groups by ${attributeName(attribute)}, which the evaluation did not measure. It measured: ${there}. Add it to evaluate's \`fairness: { attributes }\`, or name one of these in the rules.`,
  );
}

/** What is held against a limit; an interval only where a confidence is asked for. */
interface Held {
  /** What was found, in words that end before a colon's worth of figures. */
  readonly said: string;
  readonly value: number;
  readonly limit: number;
  /** More of it is worse. */
  readonly rising: boolean;
  readonly interval: Interval | null;
  /** Figures that `value` is computed from: below their rounding nothing is decided. */
  readonly of: readonly number[];
  /** `the 0.1 that is allowed` */
  readonly limitInWords: string;
}

function judgeRule(rule: FairnessRule, attribute: AttributeFairness, evidence: Figures): (Finding | Note)[] {
  const own = disparityOf(rule.criterion, attribute.groups, 'candidate');
  const title = `${criterionWords(rule.criterion)} by ${attributeName(attribute.columns)}`;
  const name = `fairness ${rule.criterion} by ${attributeName(attribute.columns)}`;
  if (Number.isNaN(own.difference.difference))
    return [
      {
        outcome: 'inconclusive',
        reason: `${title} cannot be judged: ${undefinedThere(rule.criterion, attribute, evidence.fairness?.minimumGroupRows ?? 0)}`,
        distance: [name, Number.NaN],
      },
    ];
  if (rule.relativeToChampion && !evidence.champion)
    return [{ outcome: null, reason: `${title} is held against the champion's, and there is none yet: not judged` }];
  const held = rule.relativeToChampion
    ? [grown(rule, attribute, own, evidence)]
    : [
        ...(rule.maxDifference === undefined ? [] : [apart(rule, attribute, own, rule.maxDifference)]),
        ...(rule.minRatio === undefined ? [] : [share(rule, attribute, own, rule.minRatio)]),
      ];
  return held.map((each) => decided(each, `${name}${each.rising ? '' : ' ratio'}`, title, rule));
}

function apart(rule: FairnessRule, attribute: AttributeFairness, { difference }: Disparity, limit: number): Held {
  const value = difference.difference;
  return {
    ...{ value, limit, rising: true, of: ratesIn(difference, attribute) },
    said: `${treated(difference, attribute)}: ${short(value, limit)} apart`,
    interval: intervalBy(rule, attribute, (pairs, confidence) => differenceInterval(pairs, 'candidate', confidence)),
    limitInWords: `the ${asWritten(limit)} that is allowed`,
  };
}

function share(rule: FairnessRule, attribute: AttributeFairness, { ratio }: Disparity, limit: number): Held {
  const value = ratio.ratio;
  return {
    ...{ value, limit, rising: false, of: [1] },
    said: `${treated(ratio, attribute)}: the lower is ${short(value, limit)} of the higher`,
    interval: intervalBy(rule, attribute, (pairs, confidence) => ratioInterval(pairs, 'candidate', confidence)),
    limitInWords: `the ${asWritten(limit)} that it has to be`,
  };
}

function grown(rule: FairnessRule, attribute: AttributeFairness, own: Disparity, evidence: Figures): Held {
  const before = disparityOf(rule.criterion, attribute.groups, 'champion').difference;
  const limit = rule.maxDifference ?? 0;
  const value = own.difference.difference - before.difference;
  const decimals = decimalsOf(value, limit);
  const by = value === 0 ? 'as much' : `${plain(Math.abs(value), decimals)} ${value > 0 ? 'more' : 'less'}`;
  const [now, then] = [own.difference.difference, before.difference].map((each) => plain(each, decimals));
  return {
    ...{ value, limit, rising: true, of: [own.difference.difference, before.difference] },
    said: `${treated(own.difference, attribute)}: ${now} apart, and champion ${versionName(evidence.champion?.version ?? '')}'s groups are ${then}: ${by}`,
    interval: intervalBy(rule, attribute, growthInterval),
    limitInWords: `the ${asWritten(limit)} more that is allowed`,
  };
}

function intervalBy(
  { criterion, confidence }: FairnessRule,
  attribute: AttributeFairness,
  by: (pairs: NonNullable<ReturnType<typeof pairsOf>>, confidence: number) => Interval,
): Interval | null {
  if (confidence === undefined) return null;
  const pairs = pairsOf(criterion, attribute);
  return pairs ? by(pairs, confidence) : { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };
}

function decided(held: Held, name: string, title: string, { confidence }: FairnessRule): Finding {
  const { interval, limit, rising, value } = held;
  const least = rounding(limit, ...held.of);
  const beyond = (figure: number): number => (rising ? figure - limit : limit - figure);
  const beyondWord = rising ? 'more than' : 'less than';
  const keeps = `${rising ? 'at most' : 'at least'} ${held.limitInWords}`;
  if (!interval || confidence === undefined) {
    const reason = `${title}: ${held.said}`;
    return Number.isNaN(value) || beyond(value) > least
      ? { outcome: 'refused', reason: `${reason}, ${beyondWord} ${held.limitInWords}`, distance: [name, beyond(value)] }
      : { outcome: 'passed', reason: `${reason}, ${keeps}` };
  }
  const decimals = decimalsFor((interval.upper - interval.lower) / 2, 1);
  const [lower, upper] = [plain(interval.lower, decimals), plain(interval.upper, decimals)];
  const reason = `${title}: ${held.said} (${percent(confidence)} interval ${lower} … ${upper})`;
  const [best, worst] = rising ? [interval.lower, interval.upper] : [interval.upper, interval.lower];
  if (beyond(worst) <= least) return { outcome: 'passed', reason: `${reason}, ${keeps}, chance included` };
  const distance = [name, beyond(worst)] as const;
  if (beyond(best) > least)
    return {
      outcome: 'refused',
      reason: `${reason}, ${beyondWord} ${held.limitInWords}, and chance does not explain it`,
      distance,
    };
  return {
    outcome: 'inconclusive',
    reason: `${reason}, which neither shows nor rules out that it is ${beyondWord} ${held.limitInWords}; more rows of the smaller groups narrow the interval`,
    distance,
  };
}

const ratesIn = ({ rate, highest, lowest }: Disparity['difference'], { groups }: AttributeFairness): number[] =>
  [highest, lowest].map((at) => Number(groups[at]?.candidate[rate] ?? Number.NaN));
/** Those that show on which side of the limit it lies. */
const decimalsOf = (value: number, limit: number): number => Math.min(4, decimalsFor(Math.abs(value - limit), 1));
const short = (value: number, limit: number): string => plain(value, decimalsOf(value, limit));
