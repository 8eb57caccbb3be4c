/** What a loop decided, and why: in its history, its status and the store. */
import { z } from 'zod';
import type { Json } from './json.ts';
import { Window } from './loop/evidence.ts';
import { Figure, TriggerKind } from './trigger.ts';

/** Why a condition holds. */
export const Reason = z.strictObject({
  kind: TriggerKind,
  words: z.string(),
  figures: z.record(z.string(), Figure).default({}),
  threshold: z.record(z.string(), Figure).default({}),
  window: Window.nullable().default(null),
  source: z.string().default(''),
  who: z.string().default('unknown'),
  /** Ids of what it rests on, newest last; at most 20. */
  evidence: z.array(z.string()).default([]),
});
export type Reason = z.output<typeof Reason>;

export const Hold = z.strictObject({
  rule: z.enum(['debounce', 'running', 'coolDown', 'budget', 'quietHours', 'freeze', 'paused', 'broken']),
  /** Event time at which it ends; null: when a run ends or somebody resumes. */
  until: z.string().nullable(),
  words: z.string(),
});
export type Hold = z.output<typeof Hold>;

const decisionOutcomes = [
  /** A run was started. */
  'run',
  /** The triggers ask for a run, which has to wait: see `held`. */
  'held',
  /** The triggers do not ask for one: see `lacking`. */
  'no-run',
  /** A run came to its end. */
  'ended',
  'paused',
  'resumed',
  /** The circuit breaker opened. */
  'broken',
  'refused',
  'configured',
  /** The model's ledger told of a promotion before, or without, the end of its run. */
  'promoted',
  /** A provisional promotion, judged again on matured labels. */
  'confirmed',
  'rolledBack',
  /** It could not be judged, now or ever: see `words`. */
  'unjudged',
  /** It is worse, and could not be rolled back. */
  'rollback-failed',
  /** Somebody moved the alias by hand: paused. */
  'alias',
  /** `no-run`, `unjudged` or `rollback-failed`, in decisions of before. */
  'not',
] as const;

/**
 * One decision of a loop, with its reasons and what it lacked.
 * @example
 * ```ts
 * const inWords = (decision: Decision) => `${decision.number} ${decision.outcome}: ${decision.words}`;
 * ```
 */
export const Decision = z.strictObject({
  format: z.literal(1),
  pipeline: z.string(),
  /** Counts the pipeline's decisions from 1. */
  number: z.number().int().positive(),
  outcome: z.enum(decisionOutcomes),
  /** Event time that was decided for. */
  at: z.iso.datetime(),
  /** By the clock on the wall. */
  decidedAt: z.iso.datetime(),
  /** One sentence. */
  words: z.string(),
  /** Conditions that hold. */
  reasons: z.array(Reason),
  /** What the others lack, in words: `12,000 of 20,000 new rows`. */
  lacking: z.array(z.string()),
  held: z.array(Hold),
  /** Every id that was taken in with this decision. */
  evidence: z.array(z.string()),
  /** Deliveries of an id that had been taken in before. */
  duplicates: z.number().int(),
  /** What could not be read, and why. */
  malformed: z.array(z.strictObject({ id: z.string(), problem: z.string() })),
  runId: z.string().nullable(),
  figures: z.record(z.string(), Figure).default({}),
});
export type Decision = z.output<typeof Decision>;

/** `decisions/<pipeline>/…` in the store: outlives Temporal's retention. */
export const DecisionPage = z.strictObject({
  decisions: z.array(Decision).min(1),
  /** What they were made from, batch by batch: `ratchet backtest` decides anew. */
  batches: z.array(z.strictObject({ now: z.string(), inputs: z.array(z.custom<Json>()) })),
});
export type DecisionPage = z.output<typeof DecisionPage>;
