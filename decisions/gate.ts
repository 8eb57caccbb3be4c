/**
 * The ratchet: may this candidate become the champion? A pure function of what the evaluation measured; the same
 * evidence and rules always give the same verdict, word for word.
 */
import type { Comparison, Figure, RuleOutcome, Verdict } from '#contracts/data.ts';
import { figure } from '#contracts/data.ts';
import type { GateCheck } from '#contracts/gate-check.ts';
import type { ParsedGateRules } from '#contracts/gate-rules.ts';
import { approvalNeeded } from './gate/approval.ts';
import { judgeChecks } from './gate/checks.ts';
import type { Figures } from './gate/directions.ts';
import type { Finding, Note } from './gate/finding.ts';
import { judgeFresh, reuseNotes } from './gate/fresh.ts';
import { judgeOverlap, overlapNotes } from './gate/overlap.ts';
import { comparedBy } from './gate/rules/comparison.ts';
import { judgeRules } from './gate/rules/registry.ts';
import { LEAST_UNITS, unitOf } from './gate/units.ts';
import { versionName } from './gate/words.ts';

export interface GateDecision {
  readonly outcome: Verdict['outcome'];
  /** In words, the decisive ones first. */
  readonly reasons: string[];
  /** What is missing to pass, by rule, in the metric's unit; empty when passed. */
  readonly distance: Record<string, Figure>;
  /** Version judged against; null for a first champion. */
  readonly against: string | null;
  readonly comparison: Comparison | null;
  /** The candidate is the champion itself, byte for byte. */
  readonly already: boolean;
  /** Rule by rule; empty for the champion itself. */
  readonly findings: NonNullable<Verdict['findings']>;
  /** Nothing could have passed, whatever the figures were: the rows are as fresh as before. */
  readonly undecidable: boolean;
}

interface Judged {
  readonly evidence: Figures;
  readonly rules: ParsedGateRules;
  readonly checks?: readonly GateCheck[] | undefined;
}

/**
 * One broken rule refuses; else the comparison decides. A figure that is not a number never passes.
 *
 * - The champion itself, byte for byte, passes: register and promote answer that nothing is to be done.
 * - Rows that either side was trained on are in no figure; when too few are left, it is refused.
 * - So are, where fresh rows are asked for, those that earlier verdicts used; when too few are left, it is inconclusive.
 * - No champion: the floors alone decide, and the compared metric must be a number.
 * - Where the rules name people, what would pass (or, where they say so, what the holdout does not decide) needs their approval.
 * - Each check of the user's own, as decisions/gate/checks.ts has it.
 * - Each rule that is set, as decisions/gate/rules/ has it: against the champion, rows scored, floors, slices.
 *
 * @throws UserError InvalidInput for a rule about a metric that was not measured or not compared.
 */
export function decideGate({ evidence, rules, checks = [] }: Judged): GateDecision {
  const findings = [...judgeRules(rules, evidence), ...judgeChecks(checks)];
  const dropped = [...overlapNotes(evidence), ...leftOut(evidence), ...reuseNotes(evidence)];
  const { champion } = evidence;
  if (champion && champion.digest === evidence.candidate.digest) {
    const unmet = findings
      .filter(({ rule, outcome }) => rule === 'floors' && outcome !== 'passed')
      .map(({ reason }) => `note: ${reason}`);
    const reasons = [`this model is the champion already (${versionName(champion.version)}, the same bytes)`, ...unmet];
    return {
      outcome: 'passed',
      reasons,
      distance: {},
      against: champion.version,
      comparison: null,
      already: true,
      findings: [],
      undecidable: false,
    };
  }
  const [overlap, fresh] = [judgeOverlap(evidence), judgeFresh(evidence)];
  const tooFew = overlap ?? fresh;
  if (tooFew)
    return {
      ...{ outcome: tooFew.outcome, reasons: [tooFew.reason, ...dropped], against: champion?.version ?? null },
      ...{ distance: missing([tooFew]), comparison: null, already: false, undecidable: true },
      findings: [recorded({ ...tooFew, rule: overlap ? 'overlap' : 'holdout' })],
    };
  const outcome =
    (['refused', 'inconclusive'] as const).find((each) => findings.some((one) => one.outcome === each)) ?? 'passed';
  const compared = champion ? comparedBy(rules.metric, evidence) : null;
  const asked = approvalNeeded(rules.approval, outcome);
  const decided = findings.flatMap((one) => (one.outcome === null ? [] : [one]));
  return {
    outcome: asked === null ? outcome : 'needs-approval',
    reasons: [...(asked === null ? [] : [asked]), ...decisiveFirst(findings, outcome), ...dropped],
    distance: missing(decided),
    against: champion?.version ?? null,
    comparison: compared,
    already: false,
    undecidable: outcome === 'inconclusive' && unitOf(compared, evidence).count < LEAST_UNITS,
    findings: decided.map(recorded),
  };
}

/** Of two limits of one slice the larger: it is told first. */
const missing = (findings: readonly Finding[]): GateDecision['distance'] =>
  Object.fromEntries(
    findings.toReversed().flatMap(({ distance }) => (distance ? [[distance[0], figure(distance[1])]] : [])),
  );

const recorded = ({
  rule,
  outcome,
  reason,
  distance,
}: Finding & { rule: string }): GateDecision['findings'][number] => ({
  ...{ rule, outcome, reason },
  ...(distance ? { distance: figure(distance[1]) } : {}),
});

function decisiveFirst(findings: readonly (Finding | Note)[], outcome: RuleOutcome): string[] {
  const rank = (finding: Finding | Note) =>
    finding.outcome === outcome ? 0 : finding.outcome === null ? 3 : finding.outcome === 'passed' ? 2 : 1;
  return findings
    .filter((finding) => finding.outcome === null || !finding.quiet)
    .sort((a, b) => rank(a) - rank(b))
    .map(({ reason }) => reason);
}

/** Rows that no figure counts, said out loud: a model that gives no score where it is hard must not look better for it. */
function leftOut({ dropped, rows }: Figures): string[] {
  if (!dropped) return [];
  const parts = [
    [dropped.candidate, 'the candidate gave no score'],
    [dropped.champion, 'the champion gave no score'],
    [dropped.target, 'the target is missing'],
  ] as const;
  const all = rows.toLocaleString('en-US');
  return parts.flatMap(([count, why]) =>
    count > 0 ? [`note: ${count.toLocaleString('en-US')} of ${all} rows were left out: ${why}`] : [],
  );
}
