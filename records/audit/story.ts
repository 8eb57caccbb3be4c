/** The events of a version, from its trigger to the last move of the alias: pure. */
import type { RunRecord } from '#contracts/run.ts';
import type { DescribedVersion } from '#ports/tracking.ts';
import type { MoveRecord } from '../moves.ts';
import { type PackApprovals, type PackVerdict, verdictSeen } from './bindings.ts';
import type { PackEvent } from './events.ts';

interface Parts {
  registered: DescribedVersion;
  modelDigest: string | null;
  /** The one that registered the version first. */
  records: readonly RunRecord[];
  verdict: PackVerdict | null;
  approvals: PackApprovals;
  moves: readonly MoveRecord[];
}

export function storyOf(parts: Parts): PackEvent[] {
  const { registered, modelDigest, records, verdict, moves } = parts;
  const { model, version, created } = registered;
  const [first] = records;
  const digest = modelDigest === null ? null : `sha256:${modelDigest}`;
  const told: PackEvent[] = [];
  if (first) {
    const { trigger, id, asOf } = first.run;
    told.push(
      {
        ...{ kind: 'triggered', at: trigger.at, by: trigger.who, words: `${trigger.kind}: ${trigger.reason}` },
        refers: { trigger: trigger.id },
      },
      {
        ...{ kind: 'started', at: first.startedAt, by: id, words: `a run as of ${asOf}` },
        refers: { run: id, bundle: first.plan?.bundle ?? null },
      },
    );
  }
  if (digest !== null)
    told.push({ kind: 'trained', at: null, by: null, words: `the model ${digest}`, refers: { model: digest } });
  if (verdict)
    told.push({
      ...{ kind: 'judged', at: null, by: null },
      words: `${verdict.outcome} ${verdict.against === null ? 'as the first champion' : `against version ${verdict.against}`}: ${verdict.reasons[0] ?? ''}`,
      refers: { verdict: verdict.digest, evidence: verdict.evidence.digest, model: digest },
    });
  told.push(...answers(parts));
  told.push({
    ...{
      kind: 'registered',
      at: new Date(created).toISOString(),
      by: first?.run.id ?? null,
      words: `version ${version} of ${model}`,
    },
    refers: { model: digest, verdict: verdict?.digest ?? null },
  });
  const later = [
    ...moves.map((move) => moved(move, version)),
    ...records.map(
      ({ run, result, endedAt }): PackEvent => ({
        ...{ kind: 'ended', at: endedAt, by: run.id, words: `${result.status}: ${result.reasons[0] ?? ''}` },
        refers: { run: run.id },
      }),
    ),
  ];
  return [...told, ...later.sort((a, b) => ((a.at ?? '') < (b.at ?? '') ? -1 : 1))];
}

function answers({ approvals: { approvals, escalations }, verdict }: Parts): PackEvent[] {
  const seen = verdict && verdictSeen(verdict);
  return [
    ...escalations.map(
      ({ node, at, to, run }): PackEvent => ({
        ...{ kind: 'escalated', at, by: run, words: `${node}: ${to.join(', ')} may approve, too` },
        refers: { node },
      }),
    ),
    ...approvals.map(
      ({ node, approved, by, note, evidence, at }): PackEvent => ({
        ...{ kind: approved ? 'approved' : 'rejected', at, by },
        words: `${node}${note === '' ? '' : `: ${note}`}`,
        refers: { node, looked: evidence, verdict: evidence === seen ? (verdict?.digest ?? null) : null },
      }),
    ),
  ].sort((a, b) => ((a.at ?? '') < (b.at ?? '') ? -1 : 1));
}

function moved({ epoch, kind, key, from, to, by, reason, at }: MoveRecord, version: string): PackEvent {
  const won = to === version;
  const kinds = {
    promotion: won ? 'promoted' : 'demoted',
    rollback: won ? 'rolled-back-to' : 'rolled-back-from',
    'by-hand': 'moved-by-hand',
  } as const;
  return {
    ...{ kind: kinds[kind], at, by },
    words: `champion ${from === null ? 'for the first time' : `after version ${from}`}: ${to === 'none' ? 'nobody' : `version ${to}`} (${reason})`,
    refers: { epoch, key, from, to },
  };
}
