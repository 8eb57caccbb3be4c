/** Planning whose process somebody kills, mostly the system for want of memory: tried again, and not for ever. */
import { ApplicationFailure } from '@temporalio/common';
import { HostDied } from '../dispatch/step-work.ts';

/** The next one may find more memory free, or another machine. */
const DEATHS = 3;

/** Runs the plans of workflows, and counts for each how often its process was killed. */
export class PlanningDeaths {
  readonly #deaths = new Map<string, number>();

  /** @throws ApplicationFailure StepHostDied, for good, at the third death; what `plan` throws otherwise. */
  async count<T>(workflowId: string, plan: () => Promise<T>): Promise<T> {
    try {
      const planned = await plan();
      this.#deaths.delete(workflowId);
      return planned;
    } catch (error) {
      if (!(error instanceof HostDied)) throw error;
      const deaths = (this.#deaths.get(workflowId) ?? 0) + 1;
      this.#deaths.set(workflowId, deaths);
      if (deaths < DEATHS) throw error;
      this.#deaths.delete(workflowId);
      throw ApplicationFailure.nonRetryable(
        `The plan could not be made: its process was killed ${deaths} times in a row. ${error.message.replace(/: it is tried again\.$/, '.')} Free memory on the worker's machine, or let the pipeline's module and graph do less; then \`ratchet run\` again.`,
        'StepHostDied',
      );
    }
  }
}
