/** The files of a job's folder that the shim (trainers/job_shim.py) and the executor read from each other. */
import { z } from 'zod';

export const SpecFile = z.strictObject({
  attempt: z.int().positive(),
  command: z.array(z.string()).min(1),
  cwd: z.string(),
  env: z.record(z.string(), z.string()),
  limits: z.strictObject({
    memoryBytes: z.int().positive().nullable(),
    logBytes: z.int().positive(),
    graceSeconds: z.number().nonnegative(),
    leaseSeconds: z.number().positive(),
  }),
  labels: z.record(z.string(), z.string()),
});
export type SpecFile = z.output<typeof SpecFile>;

const ProcessIdentity = z.object({ pid: z.int(), startTime: z.string(), bootId: z.string() });

export const ProcessFile = z.object({
  attempt: z.int(),
  trainer: ProcessIdentity.extend({ pgid: z.int(), host: z.string() }),
  shim: ProcessIdentity,
  /** When its folder was made again that had been removed while it ran. */
  restoredAt: z.string().optional(),
});
export type ProcessFile = z.output<typeof ProcessFile>;

export const ExitFile = z.object({
  attempt: z.int(),
  code: z.int().nullable(),
  signal: z.string().nullable(),
  oomKilled: z.boolean(),
  reason: z.enum(['exited', 'signalled', 'memory', 'stopped', 'lease', 'not-started', 'shim-failed', 'folder-lost']),
  detail: z.string().nullable(),
  startedAt: z.string(),
  endedAt: z.string(),
  peakBytes: z.number(),
  logBytes: z.number(),
  logBytesDropped: z.number(),
});

/** A line of the trainer's own: what does not fit is not an error of the run, only not shown. */
export const ProgressLine = z.object({
  done: z.number().optional(),
  total: z.number().optional(),
  metrics: z.record(z.string(), z.number()).optional(),
  message: z.string().max(500).optional(),
});
