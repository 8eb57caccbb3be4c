/**
 * The stage `gate`: reads the evidence, decides, and tells it where people look: in the report and on the candidate's
 * MLflow run.
 *
 * Safe to repeat and to run twice at once: the same evidence and rules give the same verdict, word for word; the report
 * is stored by its digest, tags are set to the same values, metrics carry the run's own time.
 */

import type { EvidenceRef, Verdict } from '#contracts/data.ts';
import { Evidence } from '#contracts/evidence.ts';
import { ArtifactDamaged } from '#contracts/failures.ts';
import { canonicalJson } from '#contracts/json.ts';
import type { RunContext } from '#contracts/run.ts';
import { decideGate, type GateDecision } from '#decisions/gate.ts';
import type { HoldoutUses } from '#ports/holdout-uses.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tables } from '#ports/tables.ts';
import type { Tracking } from '#ports/tracking.ts';
import { drawingIn, drawn } from '../model/evaluate/draw-report.ts';
import { sha256 } from '../sha256.ts';
import type { StageContext, StageWork } from '../stage.ts';
import { remembering } from './drawn-pages.ts';
import { registeredModel } from './effect-key.ts';
import { evaluationMetrics } from './evaluation-metrics.ts';

export interface GateDeps {
  readonly store: Pick<ObjectStore, 'key' | 'uri' | 'get' | 'put'>;
  readonly tables: Pick<Tables, 'compute'>;
  readonly tracking: Pick<Tracking, 'log' | 'uploadArtifact'>;
  /** Absent: whoever made the evidence claimed no rows. */
  readonly uses?: Pick<HoldoutUses, 'settle'> | undefined;
}

/** Characters of reasons that become a tag: MLflow refuses longer values in some databases. */
const TAG = 5_000;

export function createGate(deps: GateDeps): StageWork<'gate'> {
  const pages = { store: deps.store, draw: remembering(drawingIn(deps.tables)) };
  return async ({ report: reference, rules, checks }, context) => {
    const evidence = await read(deps, reference);
    const decision = decideGate({ evidence, rules, checks });
    context.progress(`${decision.outcome}: ${decision.reasons[0]}`);
    const verdict = { decision, rules, pipeline: context.run.pipeline };
    const lineage = reference.lineage ?? null;
    const report = await drawn(pages, { evidence, digest: reference.digest, verdict, lineage }, context.signal);
    const record: Verdict = {
      ...recorded(decision, { uri: reference.uri, digest: reference.digest, html: report.uri }),
      ...later(decision, context.run),
      findings: decision.findings,
    };
    await Promise.all([
      tell(deps.tracking, context, evidence, record, rules.slices?.metric ?? rules.metric, report),
      settleRows(deps.uses, context, evidence, reference.digest, decision),
    ]);
    return { passed: record.outcome === 'passed', needsApproval: record.outcome === 'needs-approval', record };
  };
}

/** What came of the rows that the evaluation claimed: an inconclusive verdict may be followed by another look. */
async function settleRows(
  uses: GateDeps['uses'],
  { run, signal }: StageContext,
  { reuse }: Evidence,
  digest: string,
  { outcome, undecidable }: GateDecision,
): Promise<void> {
  if (!uses || !reuse) return;
  const target = { model: registeredModel(run), environment: run.environment, asker: run.id, signal };
  const came = undecidable ? 'released' : outcome === 'inconclusive' ? 'open' : 'used';
  await uses.settle(target, { key: reuse.key, outcome: came }, digest);
}

/** Of a run as of the past: whatever the verdict is, the champion of now stays. */
function later({ against }: GateDecision, { asOf, laterChampion }: RunContext): Pick<Verdict, 'laterChampion'> {
  if (!laterChampion) return {};
  const judged = against === null ? 'there was none then' : `version ${against} was champion then`;
  const reason = `later-champion: version ${laterChampion.version} is champion now and stays, whatever this verdict is: it was made for ${laterChampion.asOf}, after this run's ${asOf} (${judged})`;
  return { laterChampion: { ...laterChampion, reason } };
}

/** The whole evidence: a reference may have left slices behind. */
async function read({ store }: GateDeps, { uri, digest }: EvidenceRef): Promise<Evidence> {
  const bytes = await store.get(store.key(uri));
  if (bytes === null)
    throw new ArtifactDamaged(
      uri,
      `The evidence ${uri} is no longer in the object store: run the pipeline again, it is measured anew.`,
    );
  const found = `sha256:${sha256(bytes)}`;
  if (found !== digest)
    throw new ArtifactDamaged(
      uri,
      `The evidence ${uri} holds other bytes than were judged on (${found}, not ${digest}): run the pipeline again, it is measured anew.`,
    );
  return Evidence.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
}

/** The verdict as it travels; its digest covers all the rest but how the page looks, so that it names exactly this decision on this evidence. */
function recorded(decision: GateDecision, evidence: Verdict['evidence']): Verdict {
  const { outcome, reasons, against, distance, comparison, already } = decision;
  const rest = {
    kind: 'verdict' as const,
    outcome,
    reasons,
    against,
    evidence,
    distance,
    comparison,
    ...(already ? { already } : {}),
  };
  const { html: _, ...measured } = evidence;
  return { ...rest, digest: `sha256:${sha256(canonicalJson({ ...rest, evidence: measured }))}` };
}

/** One batch on the candidate's run, and the pictures beside it. */
async function tell(
  tracking: GateDeps['tracking'],
  { run }: StageContext,
  evidence: Evidence,
  verdict: Verdict,
  slicesBy: string,
  report: { html: string; json: string; confusion: string | null },
): Promise<void> {
  const { runId } = evidence.candidate;
  const { comparison } = verdict;
  const name = sha256(report.html).slice(0, 12);
  await Promise.all([
    tracking.log(runId, {
      metrics: evaluationMetrics(evidence, comparison, slicesBy),
      timestamp: Date.parse(run.asOf),
      tags: {
        'ratchet.verdict': verdict.outcome,
        'ratchet.verdict.reasons': verdict.reasons.join('\n').slice(0, TAG),
        'ratchet.verdict.against': verdict.against ?? 'none',
        'ratchet.verdict.digest': verdict.digest,
        ...(verdict.laterChampion ? { 'ratchet.verdict.laterChampion': verdict.laterChampion.version } : {}),
        'ratchet.evidence': verdict.evidence.uri,
      },
    }),
    // Named by its digest, as `register` names it: a repeat writes the same file again.
    tracking.uploadArtifact(runId, `ratchet/report-${name}.html`, report.html),
    tracking.uploadArtifact(runId, `ratchet/report-${name}.json`, report.json),
    report.confusion === null ? null : tracking.uploadArtifact(runId, 'ratchet/confusion-matrix.svg', report.confusion),
  ]);
}
