/** `ratchet dev`: progress while the parts come up, and the addresses worth opening. */

import { UserError } from '#contracts/failures.ts';
import { withoutLogin } from '#stack/outside-servers.ts';
import { type Stack, type StackEvent, startStack } from '#stack/stack.ts';
import pc from '../../kit/color.ts';
import { createOutput, duration, type Output } from '../../kit/output.ts';
import { projectRoot, workerCommand } from '../../kit/project.ts';

export async function bringUp(options: { workers: number; json?: boolean }): Promise<void> {
  if (!Number.isInteger(options.workers) || options.workers < 1 || options.workers > 64)
    throw new UserError('InvalidInput', `--workers ${options.workers}: give a number from 1 to 64.`);
  const out = createOutput(options.json ?? false);
  const began = performance.now();
  const stack = await start(projectRoot(), options.workers, out);
  const { addresses, settings } = stack;
  out.object({
    root: stack.root,
    reused: stack.reused,
    ms: Math.round(performance.now() - began),
    ...addresses,
    store: `s3://${settings.store.bucket}`,
  });
  out.print(
    [
      `${stack.reused ? 'Runs already' : `Ready after ${duration(performance.now() - began)}`} in ${stack.root}`,
      `  Temporal UI  ${addresses.temporalUiUrl ?? settings.temporal.address}`,
      `  MLflow       ${withoutLogin(settings.mlflow.url)}`,
      `  S3           ${settings.store.endpoint ?? 'Amazon S3'}, bucket ${settings.store.bucket}`,
      pc.dim('Next: ratchet run NAME --wait. To stop: ratchet down.'),
    ].join('\n'),
  );
}

/** Starts the stack with workers, telling each part's way. */
export function start(root: string, workers: number, out: Output, env?: NodeJS.ProcessEnv): Promise<Stack> {
  return startStack({
    root,
    ...(env ? { env } : {}),
    workers: workersOf(root, workers, env),
    onProgress: (event) => out.note(eventLine(event)),
  });
}

/** Workers of another environment than those that run are other workers: they serve other queues. @internal */
export const workersOf = (root: string, count: number, env: NodeJS.ProcessEnv = process.env) => ({
  count,
  command: workerCommand(),
  env: { RATCHET_ROOT: root, RATCHET_ENVIRONMENT: env.RATCHET_ENVIRONMENT || 'dev' },
  announcesReady: true,
});

function eventLine(event: StackEvent): string {
  if (event.kind !== 'part') return pc.dim(`  ${event.message}`);
  const { part, state, milliseconds, address, message } = event;
  const sign = state === 'ready' ? pc.green('✓') : state === 'restarting' ? pc.yellow('↻') : pc.dim('·');
  const words =
    state === 'ready'
      ? `${duration(milliseconds)}  ${pc.dim(address ?? '')}`
      : pc.dim(`${state}${message ? `: ${message}` : ''}`);
  return `  ${sign} ${part.padEnd(14)}${words}`;
}
