import type { Figures } from '../directions.ts';
import type { Finding } from '../finding.ts';
import { asWritten, decimalsFor, numberOf, percent, plain, versionName } from '../words.ts';
import type { GateRule } from './gate-rule.ts';

/** How much changes for those who use the predictions, whether for the better or not. */
export const stability: GateRule<'stability'> = {
  title: 'Predictions that change',
  judge: ({ changed, difference }, evidence) => {
    const { champion, churn } = evidence;
    if (!champion) return [];
    const limits = [
      ...(changed === undefined ? [] : [judged('changed', changed, churn?.changed, champion.version)]),
      ...(difference === undefined ? [] : [judged('difference', difference, churn?.difference, champion.version)]),
    ];
    return limits;
  },
  asks: ({ changed }) => ({
    ...{ where: 'rules.stability', metrics: [] },
    ...(changed === undefined ? {} : { classes: true }),
  }),
};

type Churn = NonNullable<Figures['churn']>;

function judged(
  what: 'changed' | 'difference',
  most: number,
  figure: Churn['changed'] | undefined,
  version: string,
): Finding {
  const against = `champion ${versionName(version)}`;
  const rule = `stability ${what}`;
  if (figure === undefined || figure === null)
    return {
      outcome: 'inconclusive',
      reason: `how much the predictions differ from ${against}'s is not in this evidence: evaluate again with this version of Ratchet`,
      distance: [rule, Number.NaN],
    };
  const value = numberOf(figure);
  const decimals = decimalsFor(Math.abs(value - most), Math.max(value, most));
  const said =
    what === 'changed'
      ? `${percent(Math.ceil(value * 10_000) / 10_000)} of the rows get another class than from ${against}`
      : `predictions differ from ${against}'s by ${plain(value, decimals)} on average`;
  const limit = what === 'changed' ? percent(most) : asWritten(most);
  if (value <= most) return { outcome: 'passed', reason: `${said}, at most ${limit} are allowed` };
  return { outcome: 'refused', reason: `${said}, more than the ${limit} allowed`, distance: [rule, value - most] };
}
