/**
 * What a model owner asks first, answered in plain words from what was measured and decided: what would change, for whom it
 * gets worse, how sure that is, what is not known. Pure: the same evidence and verdict give the same words.
 */
import type { Evidence } from '#contracts/evidence.ts';
import { attributeName, criteriaOf } from '#contracts/fairness.ts';
import type { ParsedGateRules } from '#contracts/gate-rules.ts';
import type { GateDecision } from '../gate.ts';
import { whom } from './approval.ts';
import { holm, upperTail } from './chance.ts';
import { unknownTraining } from './overlap.ts';
import { boundOf } from './rules/comparison.ts';
import { criterionWords } from './rules/fairness-words.ts';
import { LEAST_UNITS, unitOf, unitsInWords } from './units.ts';
import { asWritten, decimalsFor, numberOf, percent, plain, versionName } from './words.ts';

export interface Brief {
  readonly change: readonly string[];
  readonly worse: readonly string[];
  readonly sure: readonly string[];
  readonly unknown: readonly string[];
}

export interface Judged {
  readonly evidence: Evidence;
  readonly decision: GateDecision;
  readonly rules: ParsedGateRules;
}

/** Slices named one by one; the rest is counted. */
const NAMED = 5;
/** That noise names a slice as worse although none is; as the gate's own rule has it where it does not say. */
const LEVEL = 0.05;

export function briefOf(judged: Judged): Brief {
  return {
    change: changeOf(judged),
    worse: worseOf(judged),
    sure: sureOf(judged),
    unknown: unknownOf(judged),
  };
}

function changeOf({ evidence, decision, rules: { metric, approval } }: Judged): string[] {
  const approvers =
    decision.outcome === 'needs-approval' && approval ? [`Nothing before ${whom(approval)} approve.`] : [];
  const { champion, candidate } = evidence;
  const own = figureOf(candidate.metrics[metric]);
  if (!champion)
    return decision.outcome === 'passed' || decision.outcome === 'needs-approval'
      ? [...approvers, `There is no champion yet: this model would be the first one, with ${metric} ${own}.`]
      : [`There is no champion, and this model does not become the first one. Its ${metric} is ${own}.`];
  const version = `champion ${versionName(champion.version)}`;
  if (decision.already) return [`Nothing: this model is ${version} already, byte for byte.`];
  const figures = `${metric} ${figureOf(champion.metrics[metric])} for it, ${own} for the candidate`;
  if (decision.outcome === 'refused') return [`Nothing: ${version} stays (${figures}).`];
  if (decision.outcome === 'inconclusive')
    return [`Nothing for now: the holdout does not decide, so ${version} stays (${figures}).`];
  return [...approvers, `The candidate would take the place of ${version} (${figures}).`, ...churnOf(evidence)];
}

function churnOf({ churn }: Evidence): string[] {
  const changed = numberOf(churn?.changed ?? Number.NaN);
  if (Number.isFinite(changed))
    return [`${percent(Math.round(changed * 1000) / 1000)} of the rows would be predicted as another class than now.`];
  const difference = numberOf(churn?.difference ?? Number.NaN);
  return Number.isFinite(difference)
    ? [`A prediction would differ from today's by ${figureOf(difference)} on average, in the target's unit.`]
    : [];
}

function worseOf({ evidence, rules }: Judged): string[] {
  const { champion, slices } = evidence;
  if (!champion) return ['For nobody: there is no champion that was better.'];
  const metric = rules.slices?.metric ?? rules.metric;
  const compared = comparable(evidence, metric);
  const shown = shownWorse(compared, rules.slices?.level ?? LEVEL);
  const seem = compared.filter((slice) => slice.difference < 0 && !shown.includes(slice));
  const apart = furtherApart(evidence);
  return [
    ...overall(evidence),
    ...shown.slice(0, NAMED).map(sliceInWords(metric)),
    ...(shown.length > NAMED ? [`It is worse on ${shown.length - NAMED} more slices.`] : []),
    ...apart,
    ...(compared.length > 0 && shown.length === 0
      ? [`${metric} is shown to be worse on none of ${compared.length} ${compared.length === 1 ? 'slice' : 'slices'}.`]
      : []),
    ...(seem.length > 0
      ? [
          `It looks worse on ${seem.length} of ${compared.length} slices by no more than chance explains: ${names(seem)}.`,
        ]
      : []),
    ...searched(evidence),
    ...(slices.length === 0 ? ['By slices it was not looked at.'] : []),
  ];
}

/** Metrics beside the slices' that are shown to be worse over all rows. */
function overall({ comparisons }: Evidence): string[] {
  return comparisons
    .filter(({ upper }) => numberOf(upper) < 0)
    .map(({ metric, difference, lower, upper }) => {
      const decimals = places(numberOf(upper) - numberOf(lower), numberOf(difference));
      return `Over all rows ${metric} is worse by ${plain(-numberOf(difference), decimals)}.`;
    });
}

interface ComparedSlice {
  readonly name: string;
  readonly rows: number;
  /** In the direction of better, as its ends. */
  readonly difference: number;
  readonly lower: number;
  readonly upper: number;
  readonly p: number;
}

/** Slices whose difference can be told from chance at all, the worst first. */
function comparable({ slices }: Evidence, metric: string): ComparedSlice[] {
  return slices
    .flatMap(({ column, value, rows, difference }) => {
      const own = difference?.[metric];
      if (!own || own.units < LEAST_UNITS) return [];
      const [by, error] = [numberOf(own.difference), numberOf(own.standardError)];
      if (Number.isNaN(by + error)) return [];
      const p = error === 0 ? (by < 0 ? 0 : 1) : upperTail(-by / error, own.units);
      const name = `${column}=${value.length > 40 ? `${value.slice(0, 39)}…` : value}`;
      return [{ name, rows, difference: by, lower: numberOf(own.lower), upper: numberOf(own.upper), p }];
    })
    .sort((a, b) => a.difference - b.difference);
}

const shownWorse = (slices: readonly ComparedSlice[], level: number): ComparedSlice[] => {
  const rejects = holm(
    slices.map(({ p }) => p),
    level,
  );
  return slices.filter((_, at) => rejects[at]);
};

const sliceInWords =
  (metric: string) =>
  ({ name, rows, difference, lower, upper }: ComparedSlice): string => {
    const decimals = places(upper - lower, difference);
    return `${name}: ${metric} is worse by ${plain(-difference, decimals)} (${plain(-upper, decimals)} … ${plain(-lower, decimals)}, ${count(rows)} rows).`;
  };

/** What a search found and the rows that it did not look at bear out. */
function searched({ worstSlices }: Evidence): string[] {
  const found = (worstSlices?.slices ?? []).filter(({ confirmed }) => confirmed);
  return found.map(({ where, difference, lower, upper, confirmedOn }) => {
    const slice = where.map(({ column, value }) => conditionOf(column, value.slice(0, 40))).join(' and ');
    const [by, least, most] = [-numberOf(difference), -numberOf(upper), -numberOf(lower)];
    const decimals = places(most - least, by);
    return `A search found ${slice}, and rows that it did not look at bear it out: ${worstSlices?.metric} is worse by ${plain(by, decimals)} (${plain(least, decimals)} … ${plain(most, decimals)}, ${count(confirmedOn)} rows).`;
  });
}

/** `carrier=UA`; of numbers that are beyond a bound `hour > 17`. */
const conditionOf = (column: string, value: string): string =>
  /^[≤>] /.test(value) ? `${column} ${value}` : `${column}=${value}`;

/** Groups that the candidate treats less alike than the champion does, by the figures. */
function furtherApart({ fairness, task }: Evidence): string[] {
  return (fairness?.attributes ?? []).flatMap((attribute) => {
    const grown = criteriaOf(task).flatMap((criterion) => {
      const own = numberOf(attribute.candidate[criterion]?.difference);
      const theirs = numberOf(attribute.champion?.[criterion]?.difference);
      return own - theirs >= 0.0005
        ? [`${criterionWords(criterion)} ${plain(own, 3)} instead of ${plain(theirs, 3)}`]
        : [];
    });
    return grown.length === 0
      ? []
      : [
          `Groups by ${attributeName(attribute.columns)} are further apart than with the champion, by the figures: ${grown.join(', ')}.`,
        ];
  });
}

function sureOf({ evidence, decision, rules }: Judged): string[] {
  const { comparison } = decision;
  const unit = unitOf(comparison, evidence);
  const rows = `This rests on ${count(evidence.scored?.both ?? evidence.rows)} rows of the holdout${unit.by === 'rows' ? '' : `, in ${unitsInWords(unit)}`}.`;
  if (decision.already) return [];
  if (!comparison) return [...ownInterval(evidence, rules.metric), rows];
  const [lower, upper] = [numberOf(comparison.lower), numberOf(comparison.upper)];
  if (Number.isNaN(lower + upper)) return ['No interval could be computed: how sure it is cannot be said.', rows];
  const decimals = places(upper - lower, numberOf(comparison.difference));
  const bound = boundOf(rules);
  const wanted =
    bound < 0
      ? `it may be worse by less than ${asWritten(-bound)}`
      : bound === 0
        ? 'more than nothing was asked for'
        : `more than ${asWritten(bound)} was asked for`;
  return [
    `The candidate's ${comparison.metric} is ${likely(comparison.confidence)} between ${side(lower, decimals)} and ${side(upper, decimals)} than the champion's (${percent(comparison.confidence)} interval); ${wanted}.`,
    ...(unit.count < LEAST_UNITS
      ? [`That interval decides nothing: it rests on ${unitsInWords(unit)}, and ${LEAST_UNITS} are the least.`]
      : []),
    rows,
  ];
}

const side = (value: number, decimals: number): string =>
  value < 0 ? `${plain(-value, decimals)} worse` : `${plain(value, decimals)} better`;
const likely = (confidence: number): string => (confidence >= 0.9 ? 'very likely' : 'likely');

function ownInterval({ intervals }: Evidence, metric: string): string[] {
  const own = intervals?.[metric];
  const [lower, upper] = [numberOf(own?.lower), numberOf(own?.upper)];
  if (!own || Number.isNaN(lower + upper)) return [];
  const decimals = places(upper - lower, upper);
  return [
    `Its ${metric} is ${likely(own.confidence)} between ${plain(lower, decimals)} and ${plain(upper, decimals)} (${percent(own.confidence)} interval).`,
  ];
}

function unknownOf({ evidence, decision, rules }: Judged): string[] {
  const { slices, slicesLeftOut, minimumSliceRows, fairness, task } = evidence;
  const open = decision.findings.filter(({ outcome }) => outcome === 'inconclusive').map(({ reason }) => reason);
  const metric = rules.slices?.metric ?? rules.metric;
  const small = slices.filter(({ candidate }) => !(metric in candidate));
  const beyond = slicesLeftOut.map(({ column, values, rows }) => `${count(values)} of ${column} (${count(rows)} rows)`);
  const groups = (fairness?.attributes ?? []).flatMap(({ columns, smallInAll }) =>
    smallInAll.groups > 0 ? [`${count(smallInAll.groups)} by ${attributeName(columns)}`] : [],
  );
  const said = [
    ...open,
    ...unknownTraining(evidence),
    ...unscored(evidence),
    ...(small.length > 0
      ? [
          `Slices with fewer than ${count(minimumSliceRows)} rows carry no figure: ${names(small.map(({ column, value }) => ({ name: `${column}=${value.slice(0, 40)}` })))}`,
        ]
      : []),
    ...(beyond.length > 0 ? [`Values of slice columns that were not measured: ${beyond.join(', ')}`] : []),
    ...(groups.length > 0 ? [`Groups with too few rows to judge how they are treated: ${groups.join(', ')}`] : []),
    ...(fairness === undefined && task !== 'regression' ? ['How alike groups are treated was not measured'] : []),
  ];
  return said.length > 0
    ? said.map(sentence)
    : ['Nothing that was asked for: every rule could be judged, and every slice has figures.'];
}

function unscored({ dropped, rows }: Evidence): string[] {
  const parts = [
    [dropped.target, 'without a target'],
    [dropped.candidate, 'without a score of the candidate'],
    [dropped.champion, 'without a score of the champion'],
  ] as const;
  const there = parts.filter(([missing]) => missing > 0);
  return there.length === 0
    ? []
    : [
        `Of ${count(rows)} rows these are in no figure: ${there.map(([missing, why]) => `${count(missing)} ${why}`).join(', ')}`,
      ];
}

const sentence = (text: string): string => {
  const first = /^(the|which|whether|none|only|unknown) /.test(text)
    ? `${text.charAt(0).toUpperCase()}${text.slice(1)}`
    : text;
  return /[.?!]$/.test(first) ? first : `${first}.`;
};
const names = (of: readonly { readonly name: string }[]): string =>
  `${of
    .slice(0, NAMED)
    .map(({ name }) => name)
    .join(', ')}${of.length > NAMED ? ` and ${of.length - NAMED} more` : ''}`;
const count = (rows: number): string => rows.toLocaleString('en-US');
const places = (grain: number, largest: number): number =>
  decimalsFor(Number.isFinite(grain) ? Math.abs(grain) / 2 : 0, Math.abs(largest));
const figureOf = (value: Parameters<typeof numberOf>[0]): string => {
  const number = numberOf(value);
  return plain(number, decimalsFor(0, Math.abs(number)));
};
