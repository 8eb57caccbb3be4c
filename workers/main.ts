/** The worker process: `node workers/main.ts` with RATCHET_ROOT (default: the working directory) and RATCHET_ENVIRONMENT. */
import { resolve } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import { logTemporal, workerLog } from './log.ts';
import { startWorker } from './worker.ts';

const log = workerLog();
logTemporal(log);
try {
  const worker = await startWorker({
    root: resolve(process.env.RATCHET_ROOT ?? process.cwd()),
    environment: process.env.RATCHET_ENVIRONMENT || 'dev',
    log,
    ...(process.env.RATCHET_WORKFLOWS ? { workflowsPath: resolve(process.env.RATCHET_WORKFLOWS) } : {}),
  });
  log.info({ host: worker.host, health: worker.healthUrl }, 'ready');
  // To whoever started this process, if it listens.
  process.send?.('ready');
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      log.info({ signal }, 'stopping');
      void worker.stop();
    });
  await worker.ended;
  process.exit(0);
} catch (error) {
  // A mistake that a user can mend is told in its own words; anything else with its stack, for whoever mends us.
  if (error instanceof UserError) log.fatal(error.message);
  else log.fatal(error);
  process.exit(1);
}
