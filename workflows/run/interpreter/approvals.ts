/** The desk where people approve: what is open, who has said what, and why a word is not taken. */
import { ApplicationFailure } from '@temporalio/workflow';
import { ApproveRequest } from '#contracts/approve-request.ts';
import type { RunProgress, RunRecord } from '#contracts/run.ts';

export interface Decision {
  approved: boolean;
  by: string;
  note: string;
  /** Digest of what they looked at. */
  evidence: string;
}
/** Others were asked, too, because nobody had decided. */
export interface Escalation {
  node: string;
  /** ISO. */
  at: string;
  to: string[];
}
interface Open {
  title: string;
  /** Names that may answer; empty, or with `*` in it: anybody. */
  by: readonly string[];
  /** Whose people they are, for the reader. */
  roles: readonly string[];
  quorum: number;
  /** Digest of what is to be looked at. */
  evidence: string;
  given: Map<string, string>;
  decision: Decision | null;
  escalated: Omit<Escalation, 'node'> | null;
}

export class ApprovalDesk {
  readonly #open = new Map<string, Open>();
  readonly #log: RunRecord['approvals'] = [];
  readonly #escalations: Escalation[] = [];

  /** Opens (or, for other evidence, opens anew: what was given before is void). */
  open(node: string, spec: Pick<Open, 'title' | 'by' | 'roles' | 'quorum' | 'evidence'>): void {
    this.#open.set(node, { ...spec, given: new Map(), decision: null, escalated: null });
  }

  /** From now on these may answer, too; what was given stays. */
  escalate(node: string, to: readonly string[]): void {
    const open = this.#open.get(node);
    if (!open) return;
    open.escalated = { at: new Date().toISOString(), to: [...to] };
    open.by = [...new Set([...open.by, ...to])];
    this.#escalations.push({ node, ...open.escalated });
  }

  escalations(): Escalation[] {
    return [...this.#escalations];
  }

  close(node: string): void {
    this.#open.delete(node);
  }

  decision(node: string): Decision | null {
    return this.#open.get(node)?.decision ?? null;
  }

  /** Who approved so far. */
  given(node: string): string[] {
    return [...(this.#open.get(node)?.given.keys() ?? [])];
  }

  listOpen(): RunProgress['approvals'] {
    return [...this.#open]
      .filter(([, { decision }]) => decision === null)
      .map(([node, { title, by, roles, quorum, evidence, given, escalated }]) => ({
        node,
        title,
        by: [...by],
        quorum,
        evidence,
        given: [...given.keys()],
        ...(roles.length > 0 ? { roles: [...roles] } : {}),
        ...(escalated ? { escalated } : {}),
      }));
  }

  log(): RunRecord['approvals'] {
    return [...this.#log];
  }

  /** Refuses a word that must not count. Synchronous: it is an update's validator. */
  readonly validate = (raw: unknown): void => {
    const request = parse(raw);
    const open = this.#open.get(request.node);
    if (!open || open.decision) {
      const names = this.listOpen().map(({ node }) => node);
      refuse(`no approval is open at ${request.node}; open now: ${names.join(', ') || 'none'}`);
    }
    if (request.evidence !== open.evidence)
      refuse(
        `the approval at ${request.node} is for evidence ${open.evidence}, not ${request.evidence}: ` +
          'it changed since you looked; read it again and approve what it is now',
      );
    if (open.by.length > 0 && !open.by.includes('*') && !open.by.includes(request.by))
      refuse(`${request.by} may not approve ${request.node}; these may: ${open.by.join(', ')}`);
  };

  /** Takes a word that {@link validate} let pass. Saying the same twice counts once; one refusal decides. */
  readonly give = (raw: ApproveRequest): { node: string; given: string[]; quorum: number } => {
    const request = parse(raw);
    const open = this.#open.get(request.node);
    if (!open) return refuse(`no approval is open at ${request.node}`);
    const { node, approved, by, note, evidence } = request;
    this.#log.push({ node, approved, by, note, evidence, at: new Date().toISOString() });
    if (!approved) open.decision = { approved: false, by, note, evidence };
    else {
      open.given.set(by, note);
      if (open.given.size >= open.quorum)
        open.decision = {
          approved: true,
          by: [...open.given.keys()].join(', '),
          note: [...open.given.values()].filter(Boolean).join('; '),
          evidence,
        };
    }
    return { node, given: [...open.given.keys()], quorum: open.quorum };
  };
}

function parse(raw: unknown): ApproveRequest {
  const parsed = ApproveRequest.safeParse(raw);
  if (parsed.success) return parsed.data;
  return refuse(
    `an approval is { node, approved, by, note?, evidence }: ${parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; ')}`,
  );
}

function refuse(message: string): never {
  throw ApplicationFailure.nonRetryable(message, 'InvalidInput');
}
