/**
 * The worker process: `node workers/main.ts`. Reads RATCHET_ROOT (default: the working directory), RATCHET_ENVIRONMENT
 * (default: dev), RATCHET_START_PATIENCE (seconds to wait for servers at start, default 45).
 */
import { resolve } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import { logTemporal, workerLog } from './log.ts';
import { startWorker } from './worker.ts';

const log = workerLog();
logTemporal(log);
const patience = Number(process.env.RATCHET_START_PATIENCE);
try {
  const worker = await startWorker({
    root: resolve(process.env.RATCHET_ROOT ?? process.cwd()),
    environment: process.env.RATCHET_ENVIRONMENT || 'dev',
    log,
    ...(patience > 0 ? { patienceMs: patience * 1_000 } : {}),
    ...(process.env.RATCHET_WORKFLOWS ? { workflowsPath: resolve(process.env.RATCHET_WORKFLOWS) } : {}),
    ...(process.env.RATCHET_QUEUE ? { queue: process.env.RATCHET_QUEUE } : {}),
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
