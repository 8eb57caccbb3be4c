import { type Figures, higherIsBetter } from '../directions.ts';
import type { Finding } from '../finding.ts';
import { asWritten, decimalsFor, numberOf, plain } from '../words.ts';
import type { GateRule } from './gate-rule.ts';

/** The least that any candidate must reach, champion or not. */
export const floors: GateRule<'floors'> = {
  title: 'Floor',
  judge: (limits, evidence) => Object.entries(limits).map(([metric, limit]) => judgeFloor(metric, limit, evidence)),
  metrics: (limits) => ({ 'rules.floors': Object.keys(limits) }),
};

function judgeFloor(metric: string, floor: number, evidence: Figures): Finding {
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
  if (short <= 0) return { outcome: 'passed', reason: `${metric} ${shown} keeps the ${word} of ${asWritten(floor)}` };
  return {
    outcome: 'refused',
    reason: `${metric} ${shown} is ${higher ? 'below the floor' : 'above the ceiling'} of ${asWritten(floor)} by ${plain(short, decimalsFor(short, short))}`,
    distance: [`floor ${metric}`, short],
  };
}
