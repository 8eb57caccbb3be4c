import type { Floor } from '#contracts/gate-rules.ts';
import { standardErrors } from '../chance.ts';
import { type Figures, higherIsBetter } from '../directions.ts';
import type { Finding } from '../finding.ts';
import { rounding } from '../rounding.ts';
import { asWritten, decimalsFor, numberOf, percent, plain } from '../words.ts';
import type { GateRule } from './gate-rule.ts';

/**
 * The least that any candidate must reach, champion or not: its figure on the holdout, or, where a confidence is asked for,
 * the whole interval of that figure.
 */
export const floors: GateRule<'floors'> = {
  title: 'Floor',
  judge: (limits, evidence) =>
    Object.entries(limits).map(([metric, floor]) =>
      typeof floor === 'number' ? reached(metric, floor, evidence) : surelyReached(metric, floor, evidence),
    ),
  asks: (limits) => ({ where: 'rules.floors', metrics: Object.keys(limits) }),
};

/** The number of a floor, however it is written. */
export const limitOf = (floor: Floor): number => (typeof floor === 'number' ? floor : floor.limit);

function reached(metric: string, floor: number, evidence: Figures): Finding {
  const higher = higherIsBetter(evidence, metric, 'floor');
  const value = numberOf(evidence.candidate.metrics[metric]);
  const short = higher ? floor - value : value - floor;
  const word = higher ? 'floor' : 'ceiling';
  const shown = plain(value, decimalsFor(Math.abs(short), Math.abs(value)));
  if (Number.isNaN(short))
    return {
      outcome: 'refused',
      reason: `${metric} is not a number on this holdout, so it does not reach the ${word} of ${asWritten(floor)}`,
      distance: [`floor ${metric}`, Number.NaN],
    };
  if (short <= rounding(value, floor))
    return { outcome: 'passed', reason: `${metric} ${shown} keeps the ${word} of ${asWritten(floor)}` };
  return {
    outcome: 'refused',
    reason: `${metric} ${shown} is ${higher ? 'below the floor' : 'above the ceiling'} of ${asWritten(floor)} by ${plain(short, decimalsFor(short, short))}`,
    distance: [`floor ${metric}`, short],
  };
}

function surelyReached(metric: string, floor: Exclude<Floor, number>, evidence: Figures): Finding {
  const { limit, confidence } = floor;
  const byFigure = reached(metric, limit, evidence);
  if (Number.isNaN(byFigure.distance?.[1])) return byFigure;
  const higher = higherIsBetter(evidence, metric, 'floor');
  const value = numberOf(evidence.candidate.metrics[metric]);
  const [lower, upper] = intervalOf(metric, confidence, evidence);
  const word = `the ${higher ? 'floor' : 'ceiling'} of ${asWritten(limit)}`;
  const rule = `floor ${metric}`;
  if (Number.isNaN(lower) || Number.isNaN(upper))
    return {
      outcome: 'inconclusive',
      reason: `${metric} ${plain(value, 3)} has no interval in this evidence, so whether it keeps ${word} with ${percent(confidence)} confidence cannot be said: evaluate again with this version of Ratchet`,
      distance: [rule, Number.NaN],
    };
  const [short, shortAtBest] = higher ? [limit - lower, limit - upper] : [upper - limit, lower - limit];
  const decimals = decimalsFor((upper - lower) / 2, Math.abs(value));
  const said = `${metric} ${plain(value, decimals)} (${percent(confidence)} interval ${plain(lower, decimals)} … ${plain(upper, decimals)})`;
  if (short <= rounding(value, limit)) return { outcome: 'passed', reason: `${said} keeps ${word}` };
  if (shortAtBest > rounding(value, limit))
    return { outcome: 'refused', reason: `${said} is ${higher ? 'below' : 'above'} ${word}`, distance: [rule, short] };
  return {
    outcome: 'inconclusive',
    reason: `${said} neither shows nor rules out that ${word} is kept; more holdout rows narrow the interval`,
    distance: [rule, short],
  };
}

/** As it was measured, or, of another confidence, by its standard error. */
function intervalOf(metric: string, confidence: number, { intervals }: Figures): readonly [number, number] {
  const found = intervals?.[metric];
  if (!found) return [Number.NaN, Number.NaN];
  if (found.confidence === confidence) return [numberOf(found.lower), numberOf(found.upper)];
  const half = standardErrors(confidence, found.units) * numberOf(found.standardError);
  return [numberOf(found.value) - half, numberOf(found.value) + half];
}
