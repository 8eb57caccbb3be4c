import {
  type Latency,
  type LatencyFigure,
  type LatencyRule,
  latencyFigures,
  memoryBytes,
  requestMilliseconds,
} from '#contracts/latency.ts';
import type { Finding, Note } from '../finding.ts';
import { asWritten, numberOf, percent, plain, versionName } from '../words.ts';
import type { GateRule } from './gate-rule.ts';
import { amount, duration, requestsTake, timesAsLong } from './latency-words.ts';

/**
 * What answering a request takes, against limits of one's own and against the champion in the same minutes. A limit that the champion does
 * not keep either, on this machine in these minutes, refuses nobody: the machine is too slow or too busy to tell.
 */
export const latency: GateRule<'latency'> = {
  title: 'Latency',
  judge: (rule, { latency: measured, champion }) => {
    const version = champion && `champion ${versionName(champion.version)}`;
    const unknown = notMeasured(rule, measured);
    if (unknown || !measured)
      return [{ outcome: 'inconclusive', reason: unknown ?? '', distance: ['latency', Number.NaN] }];
    const theirs = version === null ? null : measured.champion && { name: version, of: measured.champion };
    return [
      ...latencyFigures.flatMap((figure) => (rule[figure] ? [within(figure, rule[figure], measured, theirs)] : [])),
      ...ratios(rule).flatMap(([figure, most]) => (theirs ? [notSlower(figure, most, measured, theirs.name)] : [])),
      ...(rule.memory ? [memory(rule.memory, measured)] : []),
      ...(rule.start ? [start(rule.start, measured, theirs)] : []),
      ...(rule.cost ? [cost(rule.cost, measured)] : []),
      ...waited(measured),
    ];
  },
  asks: ({ rows }) => ({ where: 'rules.latency', metrics: [], latency: { rows } }),
};

type Champion = { readonly name: string; readonly of: NonNullable<Latency['champion']> } | null;

/** Fewer requests show no ratio: they are eight stretches of eight. */
const LEAST_REQUESTS = 64;

function notMeasured({ rows }: LatencyRule, measured: Latency | undefined): string | null {
  const write = `give evaluate latency: { rows: ${rows} } and run again`;
  if (!measured) return `how quickly the model answers is not in this evidence: ${write}`;
  if (measured.rows === rows) return null;
  return `requests of ${plain(measured.rows, 0)} rows were measured, and the limits are of requests of ${plain(rows, 0)}: ${write}`;
}

/** A limit on a request's time. */
function within(
  figure: LatencyFigure,
  written: string,
  { candidate, requests, rows, confidence }: Latency,
  champion: Champion,
): Finding {
  const limit = requestMilliseconds(written);
  const [value, lower, upper] = numbers(candidate[figure]);
  const rule = `latency ${figure}`;
  const said = `${requestsTake(figure, rows, value)} (${percent(confidence)} interval ${duration(lower)} … ${duration(upper)})`;
  const allowed = duration(limit);
  if (upper <= limit) return { outcome: 'passed', reason: `${said}, within the ${allowed} allowed` };
  const distance = [rule, value > limit ? value - limit : upper - limit] as const;
  if (!(lower > limit)) {
    const few = upper === Number.POSITIVE_INFINITY ? `: ${plain(requests, 0)} requests are too few to tell` : '';
    const more = 'more requests (`latency: { requests }` of evaluate) or a quieter machine narrow the interval';
    return {
      outcome: 'inconclusive',
      reason: `${said}, which neither shows nor rules out that ${allowed} are kept${few}; ${more}`,
      distance,
    };
  }
  if (!champion) return { outcome: 'refused', reason: `${said}, longer than the ${allowed} allowed`, distance };
  const [theirs, , theirUpper] = numbers(champion.of[figure]);
  const beside = `${champion.name} takes ${duration(theirs)} in the same minutes`;
  // It alone takes longer than allowed on top of what the machine makes both take.
  if (theirs <= limit || lower - theirUpper > limit)
    return { outcome: 'refused', reason: `${said}, longer than the ${allowed} allowed; ${beside}`, distance };
  return {
    outcome: 'inconclusive',
    reason: `${said}, longer than the ${allowed} allowed, but ${beside}: this machine is too slow or too busy to tell; measure on one like those that serve`,
    distance,
  };
}

function ratios({ notSlowerThan }: LatencyRule): [LatencyFigure, number][] {
  if (notSlowerThan === undefined) return [];
  const by = typeof notSlowerThan === 'number' ? { p50: notSlowerThan } : notSlowerThan;
  return latencyFigures.flatMap((figure) => (by[figure] === undefined ? [] : [[figure, by[figure]]]));
}

/** Against the champion, by the interval of how many times as long the candidate takes. */
function notSlower(
  figure: LatencyFigure,
  most: number,
  { candidate, ratio, requests, confidence, rows }: Latency,
  champion: string,
): Finding {
  const [value, lower, upper] = numbers(ratio?.[figure]);
  const rule = `latency ${figure} ratio`;
  const said = `${requestsTake(figure, rows, numberOf(candidate[figure].value))}, ${timesAsLong(value)} as from ${champion} in the same minutes (${percent(confidence)} interval ${plain(lower, 2)} … ${plain(upper, 2)})`;
  const limit = `${asWritten(most)} times`;
  const distance = [rule, upper - most] as const;
  if (!Number.isFinite(lower + upper) || requests < LEAST_REQUESTS)
    return {
      outcome: 'inconclusive',
      reason: `${said}: ${plain(requests, 0)} requests are too few to tell it from chance, ${LEAST_REQUESTS} are the least`,
      distance: [rule, Number.NaN],
    };
  if (upper <= most) return { outcome: 'passed', reason: `${said}, at most ${limit} are allowed` };
  if (lower > most) return { outcome: 'refused', reason: `${said}, more than the ${limit} allowed`, distance };
  return {
    outcome: 'inconclusive',
    reason: `${said}, which neither shows nor rules out more than the ${limit} allowed; more requests (\`latency: { requests }\` of evaluate) narrow the interval`,
    distance,
  };
}

function memory(written: string, { candidate }: Latency): Finding {
  const most = memoryBytes(written);
  const said = `the serving process holds ${amount(candidate.memory)} at most`;
  if (candidate.memory <= most) return { outcome: 'passed', reason: `${said}, within the ${amount(most)} allowed` };
  const reason = `${said}, more than the ${amount(most)} allowed`;
  return { outcome: 'refused', reason, distance: ['latency memory', candidate.memory - most] };
}

/** By every start that was measured: there are too few for an interval. */
function start(written: string, { candidate }: Latency, champion: Champion): Finding {
  const limit = requestMilliseconds(written);
  const [least, most] = [Math.min(...candidate.starts), Math.max(...candidate.starts)];
  const times = candidate.starts.length;
  const said = `a serving process can be asked ${duration(most)} after its start${times > 1 ? ` at the latest of ${times}` : ''}`;
  const allowed = `the ${duration(limit)} allowed`;
  if (most <= limit) return { outcome: 'passed', reason: `${said}, within ${allowed}` };
  const distance = ['latency start', most - limit] as const;
  const theirs = champion && Math.min(...champion.of.starts);
  if (least > limit && (theirs === null || theirs <= limit))
    return {
      outcome: 'refused',
      reason: `${said} and ${duration(least)} at the earliest, later than ${allowed}`,
      distance,
    };
  const why =
    least <= limit || theirs === null
      ? `and ${duration(least)} at the earliest`
      : `but ${champion?.name} needs ${duration(theirs)} on this machine`;
  return {
    outcome: 'inconclusive',
    reason: `${said}, later than ${allowed}, ${why}: it cannot be told here`,
    distance,
  };
}

function cost({ perHour, per1000 }: NonNullable<LatencyRule['cost']>, { candidate, rows }: Latency): Finding | Note {
  const of = (milliseconds: number) => ((milliseconds / rows) * 1_000 * perHour) / 3_600_000;
  const [value, lower, upper] = numbers(candidate.mean).map(of) as [number, number, number];
  const price = (one: number) => plain(Number(one.toPrecision(3)), 6);
  const said = `1,000 predictions cost ${price(value)}, one request after the other on a machine for ${asWritten(perHour)} an hour`;
  if (per1000 === undefined) return { outcome: null, reason: said };
  const limit = `the ${asWritten(per1000)} allowed`;
  const distance = ['latency cost', upper - per1000] as const;
  if (upper <= per1000) return { outcome: 'passed', reason: `${said}, within ${limit}` };
  if (lower > per1000) return { outcome: 'refused', reason: `${said}, more than ${limit}`, distance };
  const interval = `between ${price(lower)} and ${price(upper)}`;
  return {
    outcome: 'inconclusive',
    reason: `${said}, ${interval}, which does not tell whether ${limit} is kept`,
    distance,
  };
}

/** Said where it would be much. */
function waited({ candidate }: Latency): Note[] {
  const wait = numberOf(candidate.waited ?? 0);
  if (!(wait > 0.1 * numberOf(candidate.mean.value))) return [];
  const reason = `note: this machine was busy: a request waited ${duration(wait)} for a core on average, which is not counted`;
  return [{ outcome: null, reason }];
}

const numbers = (figure: Latency['candidate'][LatencyFigure] | undefined): [number, number, number] => [
  numberOf(figure?.value),
  numberOf(figure?.lower),
  numberOf(figure?.upper),
];
