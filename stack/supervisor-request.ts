import { z } from 'zod';
import { partNames } from './parts/part.ts';

/** Worker processes to keep running: an argument list, run in the project folder. */
export const WorkerRequest = z.strictObject({
  count: z.int().min(1).max(64),
  command: z.array(z.string()).min(1),
  /** Added to the supervisor's own environment. */
  env: z.record(z.string(), z.string()).default({}),
  /** The worker calls `process.send('ready')` when it polls; without it a worker counts as ready once it is started. */
  announcesReady: z.boolean().default(false),
});
export type WorkerRequest = z.infer<typeof WorkerRequest>;

/** What the supervisor is started with, as JSON in its one argument. It holds no secret: `ps` shows it. */
export const SupervisorRequest = z.strictObject({
  root: z.string(),
  parts: z.array(z.enum(partNames)),
  workers: WorkerRequest.nullable(),
  /** The environment that holds the servers' programs; null when no part is embedded. */
  environment: z
    .strictObject({ python: z.string(), bin: z.string(), folder: z.string(), digest: z.string() })
    .nullable(),
});
export type SupervisorRequest = z.infer<typeof SupervisorRequest>;

/** Whether what runs gives all that is asked for: every part, the same worker command, as many workers or more. */
export function covers(running: string, asked: SupervisorRequest): boolean {
  const parsed = SupervisorRequest.safeParse(parseJson(running)).data;
  if (!parsed || parsed.environment?.digest !== asked.environment?.digest) return false;
  if (!asked.parts.every((part) => parsed.parts.includes(part))) return false;
  if (!asked.workers) return true;
  const same = JSON.stringify({ ...parsed.workers, count: 0 }) === JSON.stringify({ ...asked.workers, count: 0 });
  return same && (parsed.workers?.count ?? 0) >= asked.workers.count;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
