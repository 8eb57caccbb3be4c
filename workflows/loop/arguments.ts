/** What a loop is started with, and what goes along when it starts over. Checked by hand: every start of any workflow evaluates this module. */
import { ApplicationFailure } from '@temporalio/workflow';
import type { Decision } from '#contracts/decision.ts';
import type { Json } from '#contracts/json.ts';
import type { LoopInput, LoopMemory } from '#contracts/loop/activities.ts';
import type { LoopPolicy } from '#contracts/loop/policy.ts';
import type { Entry } from './journal.ts';

interface Carried {
  policy: LoopPolicy | null;
  memory: LoopMemory | null;
  /** See SeenIds. */
  seen: string;
  /** Taken in, not yet decided upon. */
  queue: LoopInput[];
  duplicates: number;
  /** Newest last. */
  recent: Decision[];
  unwritten: Entry[];
  taken: number;
  mark: Json;
}
export interface LoopArguments {
  pipeline: string;
  environment: string;
  /** From `ratchet deploy`; else what it left in the store. */
  policy?: LoopPolicy;
  carried?: Carried;
  /** Tests start over sooner. */
  signalsAHistory?: number;
}

export function loopArguments(raw: unknown): LoopArguments {
  const given = raw as Partial<LoopArguments> | null | undefined;
  if (typeof given?.pipeline !== 'string' || given.pipeline === '')
    throw ApplicationFailure.nonRetryable('loop/… needs { pipeline }', 'InvalidInput');
  return { ...given, pipeline: given.pipeline, environment: given.environment ?? 'dev' };
}

/** Until a pipeline is deployed its loop goes by this: it runs when somebody asks, and tells everything else. */
export function undeployed({ pipeline, environment }: LoopArguments): LoopPolicy {
  return {
    pipeline,
    environment,
    model: null,
    triggers: null,
    limits: {
      debounce: '0s',
      coolDown: '1h',
      quietHours: [],
      freeze: [],
      breaker: { failures: 3, refusals: 6 },
    },
    asOf: null,
    watch: null,
    downstream: [],
  };
}
