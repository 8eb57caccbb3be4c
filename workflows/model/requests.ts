/**
 * What `model/<name>` checks of a request before it lets it in, and of the state that it carries: the fields that it reads.
 * Small on purpose: every start of any workflow evaluates this module.
 */
import { ApplicationFailure } from '@temporalio/workflow';
import { z } from 'zod';
import type { VersionRef } from '#contracts/data.ts';
import type { Ledger, MoveAnswer } from '#contracts/messages.ts';
import type { HoldoutUse } from './holdout-uses.ts';

const version = z.looseObject({ model: z.string(), version: z.string(), digest: z.string() });

export const RegisterRequestCheck = z.looseObject({
  key: z.string().min(1),
  candidate: z.looseObject({ runId: z.string(), uri: z.string(), digest: z.string() }),
  verdict: z.looseObject({ digest: z.string(), against: z.string().nullable(), reasons: z.array(z.string()) }),
  description: z.string(),
  tags: z.record(z.string(), z.string()),
});
export const MoveRequestCheck = z.looseObject({
  key: z.string().min(1),
  to: version,
  expect: z.string().nullable(),
  by: z.string().min(1),
});
export const RollbackRequestCheck = z.looseObject({
  by: z.string().min(1),
  reason: z.string(),
  to: z.string().optional(),
  expect: z.string().optional(),
});

export const ArchiveRequestCheck = z.looseObject({
  version: z.string().regex(/^\d+$/),
  by: z.string().min(1),
  reason: z.string().min(1),
});

export const ClaimRequestCheck = z.looseObject({
  key: z.string().min(1).max(100),
  run: z.string().max(100),
  holdout: z.looseObject({ digest: z.string().max(100), from: z.number().nullable(), to: z.number().nullable() }),
  looks: z.number().int().min(1),
});
export const SettleRequestCheck = z.looseObject({
  key: z.string().min(1),
  outcome: z.enum(['used', 'open', 'released']),
});

/** Synchronous, as an update's validator must be: a refused request leaves no trace in the history. */
export function check(schema: z.ZodType, request: unknown): void {
  const parsed = schema.safeParse(request);
  if (parsed.success) return;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw ApplicationFailure.nonRetryable(`the request is not one: ${issues.join('; ')}`, 'InvalidInput');
}

/** What a continue-as-new carries: plain JSON. */
export interface ModelState {
  ledger: Ledger;
  /** Answers by key, oldest first. */
  moved: [string, MoveAnswer][];
  registered: [string, VersionRef][];
  /** Writes of ours whose requests may still arrive: their answers were never seen. */
  late?: LateWrite[];
  /** Rows of holdouts that verdicts used, oldest first; absent in what earlier versions carry. */
  uses?: HoldoutUse[];
  /** Moves up to this epoch are in the store; absent in what earlier versions carry. */
  kept?: number;
  /** Versions whose audit packs are to be written; absent in what earlier versions carry. */
  packs?: string[];
}
export interface LateWrite {
  champion: string | null;
  previous: string | null;
  /** ISO; whatever is found after it is somebody else's. */
  until: string;
}
export const ModelArguments = z.strictObject({
  model: z.string().min(1),
  /** Carried by a continue-as-new: written by this workflow itself, so only its outline is checked. */
  state: z
    .custom<ModelState>(
      (value) => outline.safeParse(value).success,
      'the carried state is not one: { ledger, moved, registered }',
    )
    .optional(),
  /** Tests start over sooner. */
  updatesAHistory: z.number().int().min(1).optional(),
});
export type ModelArguments = z.output<typeof ModelArguments>;

const outline = z.strictObject({
  ledger: z.looseObject({
    model: z.string(),
    champion: z.string().nullable(),
    epoch: z.number(),
    moves: z.array(z.unknown()),
  }),
  moved: z.array(z.tuple([z.string(), z.looseObject({ champion: z.string() })])),
  registered: z.array(z.tuple([z.string(), version])),
  late: z.array(z.looseObject({ until: z.string() })).optional(),
  uses: z.array(z.looseObject({ key: z.string(), state: z.string() })).optional(),
  kept: z.number().optional(),
  packs: z.array(z.string()).optional(),
});
