import type { Evidence } from '#contracts/evidence.ts';
import type { CalibrationRule } from '#contracts/gate-rules.ts';
import { standardErrors } from '../chance.ts';
import type { Finding } from '../finding.ts';
import { rounding } from '../rounding.ts';
import { asWritten, decimalsFor, numberOf, percent, plain, signed } from '../words.ts';
import type { GateRule } from './gate-rule.ts';

/**
 * Whether a probability means what it says: as often positive as predicted on the whole (intercept), at both ends (slope), and
 * in each tenth of the rows (expected calibration error). By the figure, or, where a confidence is asked for, by its whole interval.
 */
export const calibration: GateRule<'calibration'> = {
  title: 'Calibration',
  judge: ({ slope, intercept, ece, confidence = null }, { calibrationFit: fit }) => {
    if (!fit)
      return [
        {
          outcome: 'inconclusive',
          reason:
            'how well probabilities fit is not in this evidence: give evaluate calibration: true, and a model that gives probabilities of two classes',
          distance: ['calibration', Number.NaN],
        },
      ];
    return [
      ...(slope === undefined ? [] : [around('slope', 1, slope, fit.slope, confidence)]),
      ...(intercept === undefined ? [] : [around('intercept', 0, intercept, fit.intercept, confidence)]),
      ...(ece === undefined ? [] : [gap(ece, fit.ece, confidence)]),
    ];
  },
  asks: () => ({ where: 'rules.calibration', metrics: ['ece'], calibration: true }),
};

type Fit = NonNullable<Evidence['calibrationFit']>;
type Confidence = NonNullable<CalibrationRule['confidence']> | null;

/** A figure that is to lie around what it has where all is right. */
function around(
  name: 'slope' | 'intercept',
  right: number,
  most: number,
  figure: Fit['slope'],
  confidence: Confidence,
): Finding {
  const value = numberOf(figure.value);
  const rule = `calibration ${name}`;
  if (Number.isNaN(value))
    return {
      outcome: 'refused',
      reason: `the calibration ${name} is not defined on this holdout: is there more than one class, and is none of them certain of every row?`,
      distance: [rule, Number.NaN],
    };
  const [lower, upper] = intervalOf(figure, confidence);
  const decimals = decimalsFor(Math.min(most, (upper - lower) / 2 || most), Math.abs(value));
  const show = name === 'slope' ? plain : signed;
  const interval =
    confidence === null ? '' : ` (${percent(confidence)} interval ${show(lower, decimals)} … ${show(upper, decimals)})`;
  const said = `${meaning(name, value - right)}: calibration ${name} ${show(value, decimals)}${interval}`;
  const limit = `${asWritten(most)} from ${right}`;
  const beyond = Math.max(upper - right, right - lower) - most;
  const surelyBeyond = Math.max(lower - right, right - upper) - most;
  if (beyond <= rounding(value, right, most)) return { outcome: 'passed', reason: `${said}, at most ${limit}` };
  if (surelyBeyond > rounding(value, right, most))
    return { outcome: 'refused', reason: `${said}, more than ${limit}`, distance: [rule, beyond] };
  return undecided(said, `more than ${limit}`, [rule, beyond]);
}

function meaning(name: 'slope' | 'intercept', off: number): string {
  if (name === 'slope')
    return off < 0
      ? 'probabilities are too extreme, high ones too high and low ones too low'
      : off > 0
        ? 'probabilities are too timid, high ones too low and low ones too high'
        : 'probabilities are right at both ends';
  if (off === 0) return 'probabilities are right on the whole';
  return `on the whole rows are positive ${off > 0 ? 'more' : 'less'} often than predicted`;
}

/** What is more than chance would show of probabilities that are right counts against the candidate; all of it does not count for it. */
function gap(most: number, figure: Fit['ece'], confidence: Confidence): Finding {
  const value = numberOf(figure.value);
  const rule = 'calibration ece';
  if (Number.isNaN(value))
    return {
      outcome: 'refused',
      reason: 'the calibration error is not a number on this holdout',
      distance: [rule, value],
    };
  const [lower, upper] = intervalOf(figure, confidence);
  const noise = numberOf(figure.noise);
  const decimals = decimalsFor(Math.min(most, (upper - lower) / 2 || most), value);
  const interval =
    confidence === null
      ? ''
      : ` (${percent(confidence)} interval ${plain(Math.max(0, lower), decimals)} … ${plain(upper, decimals)}; chance alone shows ${plain(noise, decimals)})`;
  const said = `what is predicted and what happens lie ${plain(value, decimals)} apart on average${interval}`;
  const limit = `the ${asWritten(most)} allowed`;
  if (upper - most <= rounding(value, most)) return { outcome: 'passed', reason: `${said}, within ${limit}` };
  const distance = [rule, upper - most] as const;
  if (lower - (confidence === null ? 0 : noise) > most)
    return { outcome: 'refused', reason: `${said}, more than ${limit}`, distance };
  return undecided(said, `more than ${limit}`, distance);
}

const undecided = (said: string, what: string, distance: readonly [string, number]): Finding => ({
  outcome: 'inconclusive',
  reason: `${said}, which neither shows nor rules out ${what}; more holdout rows narrow the interval`,
  distance,
});

/** Without a confidence the figure alone. */
function intervalOf({ value, standardError, units }: Fit['slope'], confidence: Confidence): readonly [number, number] {
  const half = confidence === null ? 0 : standardErrors(confidence, units) * numberOf(standardError);
  // No standard error: nothing is ruled out.
  const known = Number.isNaN(half) ? Number.POSITIVE_INFINITY : half;
  return [numberOf(value) - known, numberOf(value) + known];
}
