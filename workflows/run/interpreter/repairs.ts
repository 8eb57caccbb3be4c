/**
 * What a run does when a step finds that an artifact is gone or damaged: it executes its plan once more, without the
 * outcomes that refer to the artifact, so that the step that made it makes it again. All else is kept.
 */
import { mentions } from '#contracts/json.ts';
import type { NodeRecord } from '#contracts/run.ts';
import { NodeFailed } from './failure.ts';

/** Artifacts that one run has made again at most: a store that damages whatever it is given will not get better. */
const MOST = 5;

export class Repairs {
  readonly #damaged = new Set<string>();
  readonly #lost = new Set<NodeRecord>();

  get damaged(): readonly string[] {
    return [...this.#damaged];
  }

  /** true when `error` names an artifact that one of `outcomes` gave, and that was not made again already. */
  mends(error: unknown, outcomes: readonly NodeRecord[]): boolean {
    const uri = damagedBy(error);
    if (uri === null || this.#damaged.has(uri) || this.#damaged.size >= MOST) return false;
    return outcomes.some(({ output }) => mentions(output, uri));
  }

  /** From now on none of these outcomes counts that refers to the artifact. One that comes later was made again. */
  note(error: unknown, outcomes: readonly NodeRecord[]): void {
    const uri = damagedBy(error);
    if (uri === null) return;
    this.#damaged.add(uri);
    for (const outcome of outcomes) if (mentions(outcome.output, uri)) this.#lost.add(outcome);
  }

  sound(outcomes: readonly NodeRecord[]): NodeRecord[] {
    return outcomes.filter((outcome) => !this.#lost.has(outcome));
  }
}

function damagedBy(error: unknown): string | null {
  return error instanceof NodeFailed && error.failure.type === 'ArtifactDamaged'
    ? (error.failure.artifact ?? null)
    : null;
}
