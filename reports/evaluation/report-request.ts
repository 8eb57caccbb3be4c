import type { Lineage } from '#contracts/data.ts';
import type { Evidence } from '#contracts/evidence.ts';
import type { ParsedGateRules } from '#contracts/gate-rules.ts';
import type { GateDecision } from '#decisions/gate.ts';

export interface ReportRequest {
  readonly evidence: Evidence;
  /** SHA-256 of the evidence's JSON, for the reader who wants to check; null: it is kept nowhere. */
  readonly digest: string | null;
  /** What made the candidate; absent or null: not known. */
  readonly lineage?: Lineage | null;
  /** Of scored files: what they are called; absent: models of MLflow's. */
  readonly files?: { readonly candidate: string; readonly champion: string | null };
  /** Null before the gate. */
  readonly verdict: {
    readonly decision: GateDecision;
    readonly rules: ParsedGateRules;
    readonly pipeline: string;
  } | null;
}
