import { limitsOf, type PerturbationName, type Robustness } from '#contracts/robustness.ts';
import { standardErrors } from '../chance.ts';
import type { Finding, Note } from '../finding.ts';
import { rounding } from '../rounding.ts';
import { asWritten, decimalsFor, numberOf, percent, plain } from '../words.ts';
import type { GateRule } from './gate-rule.ts';

const spoiledBy: Readonly<Record<PerturbationName, string>> = {
  missing: 'missing values',
  unseen: 'categories that training never saw',
  noise: 'a little noise in numbers',
};
/** Of the rows that it answers as they are. */
const LEAST_ANSWERED = 0.99;

/** How far a metric drops on inputs that are spoiled as life spoils them: by the figure, or by its whole interval. */
export const robustness: GateRule<'robustness'> = {
  title: 'Robustness',
  judge: (rule, { robustness: measured }) =>
    limitsOf(rule).map(([kind, most]) => {
      const found = measured?.metric === rule.metric && measured.perturbations.find((one) => one.kind === kind);
      return found ? judged(rule.metric, most, found, rule.confidence ?? null) : notMeasured(kind, rule.metric);
    }),
  asks: (rule) => ({
    ...{ where: 'rules.robustness', metrics: [rule.metric] },
    robustness: { metric: rule.metric, perturbations: limitsOf(rule).map(([kind]) => kind) },
  }),
};

const notMeasured = (kind: PerturbationName, metric: string): Finding => ({
  outcome: 'inconclusive',
  reason: `what ${spoiledBy[kind]} cost is not in this evidence: give evaluate robustness: { metric: '${metric}', perturbations: ['${kind}'] } and run again`,
  distance: [`robustness ${kind}`, Number.NaN],
});

function judged(
  metric: string,
  most: number,
  { kind, failed, cells, asked, answered, asTheyAre, spoiled, difference }: Robustness['perturbations'][number],
  confidence: number | null,
): Finding | Note {
  const rule = `robustness ${kind}`;
  const refused = (reason: string, missing: number): Finding => ({
    outcome: 'refused',
    reason,
    distance: [rule, missing],
  });
  if (failed !== undefined)
    return refused(`with ${spoiledBy[kind]} the candidate gives no answer: ${failed}`, Number.NaN);
  if (cells === 0) return { outcome: null, reason: `note: no input can have ${spoiledBy[kind]}, so nothing was tried` };
  if (answered < LEAST_ANSWERED * asked)
    return refused(
      `with ${spoiledBy[kind]} the candidate gives a score for only ${answered.toLocaleString('en-US')} of ${asked.toLocaleString('en-US')} rows`,
      Number.NaN,
    );
  // Better by less than nothing: what is lost.
  const drop = -numberOf(difference?.difference);
  const half =
    confidence === null ? 0 : standardErrors(confidence, difference?.units) * numberOf(difference?.standardError);
  if (Number.isNaN(drop + half))
    return {
      outcome: 'inconclusive',
      reason: `what ${spoiledBy[kind]} cost cannot be said: ${metric} or its interval is not a number on these rows`,
      distance: [rule, Number.NaN],
    };
  const [before, after] = [numberOf(asTheyAre ?? undefined), numberOf(spoiled ?? undefined)];
  const decimals = decimalsFor(Math.min(...[half, most, Math.abs(drop)].filter((size) => size > 0)), Math.abs(before));
  const interval =
    confidence === null
      ? ''
      : ` (${percent(confidence)} interval ${plain(drop - half, decimals)} … ${plain(drop + half, decimals)})`;
  const said = `with ${spoiledBy[kind]} ${metric} is ${plain(after, decimals)} instead of ${plain(before, decimals)}: worse by ${plain(drop, decimals)}${interval}`;
  const limit = `the ${asWritten(most)} allowed`;
  const slack = rounding(before, after, most);
  if (drop + half - most <= slack) return { outcome: 'passed', reason: `${said}, within ${limit}` };
  if (drop - half - most > slack) return refused(`${said}, more than ${limit}`, drop + half - most);
  return {
    outcome: 'inconclusive',
    reason: `${said}, which neither shows nor rules out more than ${limit}; more rows narrow the interval`,
    distance: [rule, drop + half - most],
  };
}
