/**
 * Stages are pinned as a user's code is: a plan holds the contract version of each. While an old and a new worker serve one
 * queue, a stage may be asked of the one that has another version of it; it hands the call back, and the run asks for it on
 * the queue of those that have the pinned versions.
 */

import type { StepCall } from '#contracts/run.ts';
import { type StageName, stages } from '#contracts/stages/index.ts';
import { sha256 } from '../sha256.ts';

/** What a plan pins of a stage, in place of a digest of code; null for a name that is no stage's. */
export function stageDigest(name: string): string | null {
  if (!Object.hasOwn(stages, name)) return null;
  const { version = '0' } = stages[name as StageName];
  return sha256(`stage ${name}@${version}`);
}

/** Names all versions of stages that this worker has: workers that have the same serve a queue of their own, too. */
export function stageSet(digestOf: (stage: string) => string | null = stageDigest): string {
  const all = Object.keys(stages).toSorted().map(digestOf).join(' ');
  return sha256(all).slice(0, 12);
}

/** This worker has another version of the stage than the run was planned with. */
export class StageElsewhere extends Error {
  override readonly name = 'StageElsewhere';
  readonly stage: string;
  /** false: it is offered to this queue again, because its run cannot ask for it anywhere else. */
  readonly final: boolean;
  constructor(stage: string, { final }: { final: boolean }) {
    super(
      `This worker has another version of "${stage}" than the run was planned with${final ? '' : ': waiting for one that has it'}.`,
    );
    this.stage = stage;
    this.final = final;
  }
}

/** How long another worker of the same queue may take it, where there is no other queue. */
const PATIENCE_MS = 15_000;
/** Attempts follow each other by a second; after a longer pause somebody else had it meanwhile. */
const PAUSE_MS = 10_000;

export class PinnedStages {
  readonly #digestOf: (stage: string) => string | null;
  /** When a call was handed back first and last, ms since the epoch. */
  readonly #handedBack = new Map<string, { first: number; last: number }>();

  constructor(digestOf: (stage: string) => string | null = stageDigest) {
    this.#digestOf = digestOf;
  }

  /**
   * @param id of the activity, the same for all its attempts
   * @throws StageElsewhere when the plan pins another version of the stage than this worker has, or it has none at all
   */
  check({ step, code }: Pick<StepCall, 'step' | 'code'>, id: string, now = Date.now()): void {
    if (code.kind !== 'stage' || this.#digestOf(step) === code.digest) return;
    // A job goes to its machine's queue, and some steps to one that their author named: there is no other one.
    const bound = code.place === 'host' || code.queue !== null;
    const before = this.#handedBack.get(id);
    const first = before && now - before.last < PAUSE_MS ? before.first : now;
    if (this.#handedBack.size > 10_000) this.#handedBack.clear();
    if (bound) this.#handedBack.set(id, { first, last: now });
    throw new StageElsewhere(step, { final: !bound || now - first >= PATIENCE_MS });
  }
}
