import type { ParsedGateRules } from '#contracts/gate-rules.ts';
import { type Figures, higherIsBetter } from '../directions.ts';
import type { Finding, Note } from '../finding.ts';
import { rounding } from '../rounding.ts';
import { asWritten, decimalsFor, numberOf, plain, versionName } from '../words.ts';
import type { GateRule } from './gate-rule.ts';
import { type Excess, judgeLimit, type Slice } from './slice-limits.ts';

type SliceRules = NonNullable<ParsedGateRules['slices']>;

/** Slices named one by one; the rest is counted. */
const NAMED = 5;

/**
 * On every slice with figures: not below the floor, and at most `maxDrop` worse than the champion. A slice refuses only when
 * it is beyond a limit and chance does not explain it, corrected over all slices: noise on forty of them refuses a good model
 * no oftener than on one. Evidence without intervals by slice is judged by its figures.
 */
export const slices: GateRule<'slices'> = {
  title: 'Slices',
  judge: judgeSlices,
  asks: ({ metric }) => ({ where: 'rules.slices', metrics: [metric], slices: true }),
};

function judgeSlices(given: SliceRules, evidence: Figures): (Finding | Note)[] {
  // A first champion is worse than nobody.
  const rules = evidence.champion ? given : { ...given, maxDrop: undefined };
  const { metric } = rules;
  const higher = higherIsBetter(evidence, metric, 'slice rule');
  if (!evidence.champion && rules.floor === undefined) return [];
  const measured = evidence.slices.filter((slice) => metric in slice.candidate);
  const isDefined = (slice: Slice) => !Number.isNaN(candidateOf(slice, metric));
  const [defined, undefinedThere] = [measured.filter(isDefined), measured.filter((slice) => !isDefined(slice))];
  const lost = undefinedThere.filter((slice) => !Number.isNaN(championOf(slice, metric)));
  const { floor, maxDrop, level } = rules;
  const judged = {
    floor: judgeLimit(floor === undefined ? [] : defined.map(belowFloor(metric, floor, higher)), level),
    drop: judgeLimit(maxDrop === undefined ? [] : defined.flatMap(dropped(metric, maxDrop, higher, evidence)), level),
  };
  const tooFew = [...judged.floor.tooFew, ...judged.drop.tooFew];
  const byChance = [...judged.floor.byChance, ...judged.drop.byChance].map(({ slice }) => slice);
  const byFigures = (['floor', 'drop'] as const).filter((limit) => judged[limit].byFigures);
  const notes = [
    ...noteOf(
      undefinedThere.filter((slice) => !lost.includes(slice)),
      (names) => `${metric} is not defined on ${names}: not judged there`,
    ),
    ...noteOf(tooFew, (names) => `too little independent data to judge ${metric} on ${names}`),
    ...noteOf(byChance, (names) => `${metric} is beyond a limit on ${names}, by no more than chance explains`),
    ...(byFigures.length === 0
      ? []
      : [
          note(
            `note: slices are judged by their figures alone (${byFigures.join(', ')}), chance included: the evidence has no intervals for that`,
          ),
        ]),
  ];
  const broken = [
    ...lost.map((slice) => lostMetric(slice, metric)),
    ...[...judged.floor.beyond, ...judged.drop.beyond].sort(worstFirst),
  ];
  if (broken.length > 0) return [...listed(broken, metric), ...notes];
  const count = defined.filter((slice) => !tooFew.includes(slice)).length;
  if (count === 0) return [note('no slice has figures: the slice rule had nothing to judge'), ...notes];
  const found =
    byChance.length === 0 ? `holds on all ${count} slices` : `is shown to be beyond on none of ${count} slices`;
  return [{ outcome: 'passed', reason: `${metric} ${found} (${limits(rules, higher)})` }, ...notes];
}

function belowFloor(metric: string, floor: number, higher: boolean) {
  return (slice: Slice): Excess => {
    const value = candidateOf(slice, metric);
    const own = slice.intervals?.[metric];
    return {
      slice,
      missing: higher ? floor - value : value - floor,
      tested: higher ? floor - value : value - floor,
      rounding: rounding(value, floor),
      reason: `${metric} ${plain(value, decimalsFor(Math.abs(value - floor), Math.abs(value)))} ${where(slice)} is ${higher ? 'below the slice floor' : 'above the slice ceiling'} of ${asWritten(floor)}`,
      error: own ? { standardError: numberOf(own.standardError), units: own.units } : null,
    };
  };
}

/** Nothing where the champion has no figure. */
function dropped(metric: string, maxDrop: number, higher: boolean, { champion }: Figures) {
  return (slice: Slice): Excess[] => {
    const [value, before] = [candidateOf(slice, metric), championOf(slice, metric)];
    if (!champion || Number.isNaN(before)) return [];
    const drop = higher ? before - value : value - before;
    const decimals = decimalsFor(Math.abs(drop), Math.abs(value));
    const paired = slice.difference?.[metric];
    return [
      {
        slice,
        missing: drop - maxDrop,
        tested: drop,
        rounding: rounding(value, before, maxDrop),
        reason: `${metric} ${plain(value, decimals)} ${where(slice)} is ${plain(drop, decimals)} worse than champion ${versionName(champion.version)}'s ${plain(before, decimals)}, more than the ${asWritten(maxDrop)} allowed`,
        error: paired ? { standardError: numberOf(paired.standardError), units: paired.units } : null,
      },
    ];
  };
}

/** Of equal ones by name: a verdict says the same whatever the order of slices is. */
const worstFirst = (a: Excess, b: Excess): number => b.missing - a.missing || (a.reason < b.reason ? -1 : 1);

const lostMetric = (slice: Slice, metric: string): Excess => ({
  slice,
  missing: Number.NaN,
  tested: Number.NaN,
  rounding: 0,
  reason: `${metric} is not a number ${where(slice)}, where the champion has ${plain(championOf(slice, metric), 3)}`,
  error: null,
});

function listed(broken: readonly Excess[], metric: string): Finding[] {
  const named = broken.slice(0, NAMED).map(
    ({ slice, reason, missing }): Finding => ({
      ...{ outcome: 'refused', reason },
      distance: [`slice ${nameOf(slice)} ${metric}`, missing],
    }),
  );
  const more = broken.slice(NAMED).map(({ slice }) => nameOf(slice));
  return more.length === 0 ? named : [...named, { outcome: 'refused', reason: `the same on ${inWords(more)}` }];
}

const note = (reason: string): Note => ({ outcome: null, reason });
const noteOf = (of: readonly Slice[], words: (names: string) => string): Note[] =>
  of.length === 0 ? [] : [note(words(inWords([...new Set(of.map(nameOf))])))];

const candidateOf = (slice: Slice, metric: string): number => numberOf(slice.candidate[metric]);
const championOf = (slice: Slice, metric: string): number => numberOf(slice.champion?.[metric]);
const where = (slice: Slice): string => `on ${nameOf(slice)} (${slice.rows.toLocaleString('en-US')} rows)`;
const nameOf = (slice: Slice): string => `${slice.column}=${shortened(slice.value)}`;
const shortened = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);
const inWords = (names: readonly string[]): string =>
  names.length <= NAMED
    ? names.join(', ')
    : `${names.slice(0, NAMED).join(', ')} and ${names.length - NAMED} more slices`;

function limits(rules: SliceRules, higher: boolean): string {
  const floor = rules.floor === undefined ? [] : [`${higher ? 'floor' : 'ceiling'} ${asWritten(rules.floor)}`];
  const drop = rules.maxDrop === undefined ? [] : [`at most ${asWritten(rules.maxDrop)} worse than the champion`];
  return [...floor, ...drop].join(', ') || 'no limit set';
}
