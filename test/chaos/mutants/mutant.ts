/** Idempotency taken out, in the test's worker and the test's starts only. The product knows nothing of it. */
import { randomBytes } from 'node:crypto';
import { type StartRun, startRun } from '#adapters/temporal/start-run.ts';
import { workerCommand } from '#cli/kit/project.ts';
import { workflowId } from '#contracts/names.ts';

/** argv of a worker in which the modules beside this file replace the product's. */
export function mutantCommand(): string[] {
  const [node = process.execPath, ...args] = workerCommand();
  return [node, ...args.slice(0, -1), '--import', new URL('./register.mjs', import.meta.url).href, ...args.slice(-1)];
}

/** A start that makes a run each time, as one without a workflow id of its trigger's would. */
export const startTwice: typeof startRun = (client, start: StartRun) =>
  startRun(client, {
    ...start,
    runId: workflowId.run(start.pipeline, `${start.trigger?.id}-${randomBytes(3).toString('hex')}`),
  });
