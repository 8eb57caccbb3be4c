/**
 * What a run does when no worker is left that has the version of a stage that it was planned with: it pins the present
 * version and executes its plan once more, without the outcomes of that stage. So a run never has two versions of one stage.
 */
import type { Plan } from '#contracts/plan.ts';
import type { NodeRecord } from '#contracts/run.ts';
import { NodeFailed } from './failure.ts';

/** Versions that one run changes to at most: each takes an upgrade of all workers. */
const MOST = 20;

export class Restages {
  readonly #dropped = new Set<NodeRecord>();
  #count = 0;

  /** true when `error` says that the version of a stage is gone. */
  mends(error: unknown): boolean {
    return this.#count < MOST && stageOf(error) !== null;
  }

  /**
   * From now on none of these outcomes of the stage counts, save that of an effect, which happened.
   * @returns the stages to pin anew: this one, and all that gave nothing yet
   */
  note(error: unknown, { steps }: Pick<Plan, 'steps'>, outcomes: readonly NodeRecord[]): string[] {
    const gone = stageOf(error);
    this.#count++;
    for (const outcome of outcomes)
      if (outcome.step === gone && !steps[outcome.step]?.effect) this.#dropped.add(outcome);
    const used = new Set(outcomes.map(({ step }) => step));
    return Object.entries(steps)
      .filter(([name, { kind }]) => kind === 'stage' && (name === gone || !used.has(name)))
      .map(([name]) => name);
  }

  sound(outcomes: readonly NodeRecord[]): NodeRecord[] {
    return outcomes.filter((outcome) => !this.#dropped.has(outcome));
  }
}

function stageOf(error: unknown): string | null {
  return error instanceof NodeFailed && error.failure.type === 'StageElsewhere' ? (error.failure.stage ?? null) : null;
}
