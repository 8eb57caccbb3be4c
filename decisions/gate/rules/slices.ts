import type { ParsedGateRules } from '#contracts/gate-rules.ts';
import { type Figures, higherIsBetter } from '../directions.ts';
import type { Finding, Note } from '../finding.ts';
import { asWritten, decimalsFor, numberOf, plain, versionName } from '../words.ts';
import type { GateRule } from './gate-rule.ts';

type SliceRules = NonNullable<ParsedGateRules['slices']>;
type Slice = Figures['slices'][number];

/** Differences below this share of the value are rounding: 0.71 − 0.70 must not exceed a drop of 0.01. */
const ROUNDING = 1e-12;
/** Slices named one by one; the rest is counted. */
const NAMED = 5;

/** On every slice with figures: not below the floor, and at most `maxDrop` worse than the champion there. */
export const slices: GateRule<'slices'> = {
  title: 'Slices',
  judge: judgeSlices,
  metrics: ({ metric }) => ({ 'rules.slices': [metric] }),
};

function judgeSlices(rules: SliceRules, evidence: Figures): (Finding | Note)[] {
  const higher = higherIsBetter(evidence, rules.metric, 'slice rule');
  const judged = evidence.slices.filter((slice) => rules.metric in slice.candidate);
  const broken = judged.flatMap((slice) => breaches(slice, rules, higher, evidence.champion?.version ?? null));
  const undefinedThere = judged.filter(
    (slice) => Number.isNaN(numberOf(slice.candidate[rules.metric])) && !broken.some((each) => each.slice === slice),
  );
  const notes: Note[] =
    undefinedThere.length === 0
      ? []
      : [
          {
            outcome: null,
            reason: `${rules.metric} is not defined on ${named(undefinedThere.map(nameOf))}: not judged there`,
          },
        ];
  if (broken.length > 0) {
    const worst = [...broken].sort((a, b) => b.missing - a.missing);
    const listed = worst
      .slice(0, NAMED)
      .map(
        (breach): Finding => ({ outcome: 'refused', reason: breach.reason, distance: [breach.rule, breach.missing] }),
      );
    const more = worst.slice(NAMED);
    const rest: Finding[] =
      more.length === 0
        ? []
        : [{ outcome: 'refused', reason: `the same on ${named(more.map(({ slice }) => nameOf(slice)))}` }];
    return [...listed, ...rest, ...notes];
  }
  const count = judged.length - undefinedThere.length;
  if (count === 0)
    return [{ outcome: null, reason: 'no slice has figures: the slice rule had nothing to judge' }, ...notes];
  return [
    { outcome: 'passed', reason: `${rules.metric} holds on all ${count} slices (${limits(rules, higher)})` },
    ...notes,
  ];
}

interface Breach {
  readonly slice: Slice;
  readonly reason: string;
  readonly rule: string;
  readonly missing: number;
}

function breaches(slice: Slice, rules: SliceRules, higher: boolean, version: string | null): Breach[] {
  const value = numberOf(slice.candidate[rules.metric]);
  const before = numberOf(slice.champion?.[rules.metric]);
  const where = `on ${nameOf(slice)} (${slice.rows.toLocaleString('en-US')} rows)`;
  const found: Breach[] = [];
  const rule = `slice ${nameOf(slice)} ${rules.metric}`;
  if (Number.isNaN(value) && !Number.isNaN(before))
    return [
      {
        slice,
        rule,
        missing: Number.NaN,
        reason: `${rules.metric} is not a number ${where}, where the champion has ${plain(before, 3)}`,
      },
    ];
  const decimals = decimalsFor(Math.abs(value - before), Math.abs(value));
  const short = rules.floor === undefined ? 0 : higher ? rules.floor - value : value - rules.floor;
  if (short > ROUNDING * Math.abs(value))
    found.push({
      slice,
      rule,
      missing: short,
      reason: `${rules.metric} ${plain(value, decimals)} ${where} is ${higher ? 'below the slice floor' : 'above the slice ceiling'} of ${asWritten(rules.floor as number)}`,
    });
  const drop = higher ? before - value : value - before;
  const excess = rules.maxDrop === undefined ? 0 : drop - rules.maxDrop;
  if (excess > ROUNDING * Math.abs(value))
    found.push({
      slice,
      rule,
      missing: excess,
      reason: `${rules.metric} ${plain(value, decimals)} ${where} is ${plain(drop, decimals)} worse than champion ${versionName(version ?? '')}'s ${plain(before, decimals)}, more than the ${asWritten(rules.maxDrop as number)} allowed`,
    });
  return found;
}

const nameOf = (slice: Slice): string => `${slice.column}=${shortened(slice.value)}`;
const shortened = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);
const named = (names: readonly string[]): string =>
  names.length <= NAMED
    ? names.join(', ')
    : `${names.slice(0, NAMED).join(', ')} and ${names.length - NAMED} more slices`;

function limits(rules: SliceRules, higher: boolean): string {
  const floor = rules.floor === undefined ? [] : [`${higher ? 'floor' : 'ceiling'} ${asWritten(rules.floor)}`];
  const drop = rules.maxDrop === undefined ? [] : [`at most ${asWritten(rules.maxDrop)} worse than the champion`];
  return [...floor, ...drop].join(', ') || 'no limit set';
}
