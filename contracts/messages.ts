/** Signals, queries and updates: wire names and shapes, used by handlers and clients alike. */

import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { z } from 'zod';
import { ModelRef, VersionRef } from './data.ts';
import type { RunProgress } from './run.ts';

// ------------------------------------------------------------------ a run
export const progressQuery = defineQuery<RunProgress>('progress');

/** From a step's activity, throttled: the last word of a node that runs long. */
export const nodeProgressSignal = defineSignal<[{ node: string; text: string }]>('nodeProgress');

export const ApproveRequest = z.strictObject({
  node: z.string(),
  approved: z.boolean(),
  by: z.string().min(1),
  note: z.string().max(2000).default(''),
  /** Digest of the evidence that the approver looked at: void when it is no longer the one. */
  evidence: z.string(),
});
export type ApproveRequest = z.output<typeof ApproveRequest>;
/** An update, because the approver must learn of a refusal. */
export const approveUpdate = defineUpdate<{ node: string; given: string[]; quorum: number }, [ApproveRequest]>(
  'approve',
);

// ------------------------------------------------------------------ model/<name>
export const RegisterRequest = z.strictObject({
  key: z.string(),
  candidate: ModelRef,
  verdict: z.strictObject({
    digest: z.string(),
    against: z.string().nullable(),
    outcome: z.string(),
    reasons: z.array(z.string()),
    report: z.string().nullable(),
  }),
  description: z.string(),
  tags: z.record(z.string(), z.string()),
});
export type RegisterRequest = z.output<typeof RegisterRequest>;
export const registerUpdate = defineUpdate<{ version: VersionRef; already: boolean }, [RegisterRequest]>('register');

export const MoveRequest = z.strictObject({
  key: z.string(),
  to: VersionRef,
  /** Version that must be champion now; null: none. A different one refuses with ChampionMoved. */
  expect: z.string().nullable(),
  by: z.string(),
});
export type MoveRequest = z.output<typeof MoveRequest>;
export type MoveAnswer = {
  outcome: 'promoted' | 'already-champion';
  champion: string;
  previous: string | null;
  epoch: number;
};
export const moveUpdate = defineUpdate<MoveAnswer, [MoveRequest]>('move');

export const RollbackRequest = z.strictObject({ by: z.string(), reason: z.string(), to: z.string().optional() });
export type RollbackRequest = z.output<typeof RollbackRequest>;
export const rollbackUpdate = defineUpdate<MoveAnswer, [RollbackRequest]>('rollback');

export const Ledger = z.strictObject({
  model: z.string(),
  champion: z.string().nullable(),
  previous: z.string().nullable(),
  /** Counts the moves. */
  epoch: z.number().int(),
  frozen: z.boolean(),
  /** The last moves, newest last, at most 50. */
  moves: z.array(
    z.strictObject({
      key: z.string(),
      from: z.string().nullable(),
      to: z.string(),
      by: z.string(),
      at: z.string(),
      reason: z.string(),
    }),
  ),
});
export type Ledger = z.output<typeof Ledger>;
export const ledgerQuery = defineQuery<Ledger>('ledger');
