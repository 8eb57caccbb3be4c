/** How a run that ended of itself is called: derived from what its gate, register and promote answered. */
import type { NodeRecord, RunResult } from './run.ts';

export type Story = Pick<RunResult, 'status' | 'verdict' | 'reasons' | 'modelVersion' | 'report'>;

interface GateOutput {
  record?: {
    outcome?: Story['verdict'];
    reasons?: string[];
    against?: string | null;
    already?: boolean;
    laterChampion?: { reason?: string };
    evidence?: { html?: string | null };
  };
}
interface RegisterOutput {
  ref?: { version?: string };
}
interface PromoteOutput {
  outcome?: 'promoted' | 'already-champion' | 'taken-back' | 'later-champion';
  champion?: string;
  reason?: string;
}

/**
 * Reads the last outcome of each of the three stages. A promotion counts most; then a verdict that stopped the run;
 * (a candidate that is the champion itself is `already-champion`); a run with neither, or with a passed verdict that nobody promotes, is `finished`.
 */
export function storyOf(outcomes: readonly Pick<NodeRecord, 'step' | 'output'>[]): Story {
  const gate = last<GateOutput>(outcomes, 'gate')?.record;
  const promote = last<PromoteOutput>(outcomes, 'promote');
  const verdict = gate?.outcome ?? null;
  // Of a run as of the past: promote says it itself.
  const later = gate?.laterChampion?.reason;
  const already = gate?.already === true ? 'already-champion' : null;
  const stopped = verdict === 'refused' || verdict === 'inconclusive' ? verdict : null;
  const withheld = verdict === 'needs-approval' && !promote ? withheldBy(last(outcomes, 'approval')) : null;
  const stays = promote?.outcome === 'taken-back' || promote?.outcome === 'later-champion';
  const promoted =
    promote?.outcome === 'taken-back'
      ? 'refused'
      : promote?.outcome === 'later-champion'
        ? 'finished'
        : promote?.outcome;
  return {
    status: promoted ?? already ?? stopped ?? (withheld ? 'refused' : 'finished'),
    verdict,
    reasons: [
      ...(stays && promote.reason ? [promote.reason] : []),
      ...(withheld ? [withheld] : []),
      ...(gate?.reasons ?? []),
      ...(later && !promote ? [later] : []),
    ],
    modelVersion:
      last<RegisterOutput>(outcomes, 'register')?.ref?.version ??
      promote?.champion ??
      (already ? (gate?.against ?? null) : null),
    report: gate?.evidence?.html ?? null,
  };
}

/** Why a candidate that people had to approve is not promoted. */
function withheldBy(answer: { approved?: boolean; by?: string; note?: string } | undefined): string | null {
  if (answer?.approved) return null;
  if (!answer?.by) return 'not promoted: the approval that it needs is not given';
  return `not approved: refused by ${answer.by}${answer.note ? ` (${answer.note})` : ''}`;
}

function last<T>(outcomes: readonly Pick<NodeRecord, 'step' | 'output'>[], step: string): T | undefined {
  const output = outcomes.findLast((outcome) => outcome.step === step)?.output;
  // A user's own step may be called like a stage: read only what is there.
  return output !== null && typeof output === 'object' ? (output as T) : undefined;
}
