/** The worker's own log: JSON lines on stderr. What steps print is in their nodes' logs, never here. */
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { type Logger, pino } from 'pino';

/** RATCHET_LOG: trace, debug, info (default), warn, error. */
export function workerLog(): Logger {
  return pino({ level: process.env.RATCHET_LOG ?? 'info', base: { pid: process.pid } }, pino.destination(2));
}

/** Temporal's SDK writes to the same log, from its warnings up. Once a process. */
export function logTemporal(log: Logger): void {
  const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;
  const logger = new DefaultLogger('WARN', ({ level, message, meta }) => {
    // A failed attempt is news for the run's history, with its message; here one line is enough.
    // One of a worker's two queues carries only steps: that is how it should be.
    if (message.startsWith('No workflows registered')) return;
    const error = meta?.error instanceof Error ? meta.error.message : undefined;
    const { activityId, activityType, workflowId, attempt } = meta ?? {};
    log[levels[level]]({ activityId, activityType, workflowId, attempt, error }, message);
  });
  Runtime.install({
    logger,
    // Signals are handled in main.ts: a drain, not an abort.
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} } },
  });
}
