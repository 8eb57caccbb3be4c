import type { Evidence } from '#contracts/evidence.ts';
import type { ParsedGateRules } from '#contracts/gate-rules.ts';
import type { GateDecision } from '../../gate.ts';

/** What the brief is made of: what was measured, what was decided of it, and by which rules. */
export interface Judged {
  readonly evidence: Evidence;
  readonly decision: GateDecision;
  readonly rules: ParsedGateRules;
}
