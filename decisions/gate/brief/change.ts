/** What would change with the candidate. */
import type { Evidence } from '#contracts/evidence.ts';
import { whom } from '../approval.ts';
import { numberOf, percent, versionName } from '../words.ts';
import { figureOf } from './figures.ts';
import type { Judged } from './judged.ts';

export function changeOf({ evidence, decision, rules: { metric, approval } }: Judged): string[] {
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
