/** How sure the comparison is, and what it rests on. */
import type { Evidence } from '#contracts/evidence.ts';
import { usedInWords } from '../fresh.ts';
import { boundOf } from '../rules/comparison.ts';
import { LEAST_UNITS, unitOf, unitsInWords } from '../units.ts';
import { asWritten, numberOf, percent, plain } from '../words.ts';
import { count, places } from './figures.ts';
import type { Judged } from './judged.ts';

export function sureOf({ evidence, decision, rules }: Judged): string[] {
  const { comparison } = decision;
  const unit = unitOf(comparison, evidence);
  const rows = `This rests on ${count(evidence.scored?.both ?? evidence.rows)} rows of the holdout${unit.by === 'rows' ? '' : `, in ${unitsInWords(unit)}`}.`;
  if (decision.already) return [];
  const known = reused(evidence);
  if (!comparison) return [...ownInterval(evidence, rules.metric), rows, ...known];
  const [lower, upper] = [numberOf(comparison.lower), numberOf(comparison.upper)];
  if (Number.isNaN(lower + upper))
    return ['No interval could be computed: how sure it is cannot be said.', rows, ...known];
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
    ...known,
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

/** Rows that other verdicts looked at before, where they decide all the same. */
function reused({ reuse, rows }: Evidence): string[] {
  if (!reuse || reuse.fresh || reuse.rows === 0) return [];
  const said = usedInWords({ reuse, rows });
  return [
    `${said.charAt(0).toUpperCase()}${said.slice(1)}: a candidate that was tuned by them looks better here than it is.`,
  ];
}
