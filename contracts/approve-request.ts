import { z } from 'zod';

/** An answer to a run that waits for approval. */
export const ApproveRequest = z.strictObject({
  node: z.string(),
  approved: z.boolean(),
  by: z.string().min(1),
  note: z.string().max(2000).default(''),
  /** Digest of the evidence that the approver looked at: void when it is no longer the one. */
  evidence: z.string(),
});
export type ApproveRequest = z.output<typeof ApproveRequest>;
