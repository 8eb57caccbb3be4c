/** When people decide beside the figures, and who they are. */
import { z } from 'zod';
import { Duration, milliseconds } from './duration.ts';

/** Names of people, as `ratchet approve --as` and the owners of the gateway's tokens have them. */
const Names = z.array(z.string().min(1).max(100)).max(50);

export const ApprovalRule = z
  .strictObject({
    /** Who may approve. */
    by: Names.default([]),
    /** Roles whose people may, too; who has which is in the project's `roles.json`. */
    roles: z.array(z.string().min(1).max(100)).max(20).default([]),
    /** How many of them must; default 1. */
    quorum: z.number().int().min(1).default(1),
    /**
     * `always` (default): a candidate that passed every rule is promoted once they approve. `inconclusive`: one that passed
     * is promoted as it is, and they decide where the holdout does not. What is refused is refused.
     */
    when: z.enum(['always', 'inconclusive']).default('always'),
    /** Without an answer for so long it is refused; default 7d. */
    timeout: Duration.default('7d'),
    /** After so long without a decision `escalateTo` may approve, too. */
    escalateAfter: Duration.optional(),
    escalateTo: Names.default([]),
  })
  .superRefine((rule, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message, input: rule });
    const { by, roles, quorum, timeout, escalateAfter, escalateTo } = rule;
    if (by.length + roles.length === 0) refuse('by', 'who may approve: names (by: ["anna"]), roles, or both');
    if (roles.length === 0 && !by.includes('*') && quorum > new Set(by).size && by.length > 0)
      refuse('quorum', `${quorum} of ${new Set(by).size} people can never approve: name more, or ask for fewer`);
    if (escalateAfter !== undefined && escalateTo.length === 0)
      refuse('escalateTo', `who is asked after ${escalateAfter}, too`);
    if (escalateAfter === undefined && escalateTo.length > 0)
      refuse('escalateAfter', 'after how long they are asked, too (escalateAfter: "2d")');
    if (escalateAfter !== undefined && milliseconds(escalateAfter) >= milliseconds(timeout))
      refuse('escalateAfter', `${escalateAfter} is not before the end after ${timeout}: nobody would be asked in time`);
  });
export type ApprovalRule = z.output<typeof ApprovalRule>;

/** What people answered, bound to what they looked at. */
export const ApprovalAnswer = z.object({
  approved: z.boolean(),
  by: z.string(),
  note: z.string(),
  /** Digest of what they looked at; absent in answers that earlier versions took. */
  evidence: z.string().optional(),
});
