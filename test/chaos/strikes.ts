/** When to kill: at a request that a stage makes, told by Temporal that this stage runs now. */
import type { World } from '../world/world.ts';

/** Stage and request by which something was killed, in words for the table. */
export interface Struck {
  by: string;
  /** Wall time of the kill, ms. */
  at: number;
  /** The stage's attempt that was hit. */
  attempt: number;
}

export interface Strike {
  stage: string;
  tap: 'mlflow' | 'store';
  match: RegExp;
  nth?: number;
  when?: 'before' | 'after';
  /** Whom the request waits for. */
  action(): Promise<unknown>;
}

interface Pending {
  attempt: number;
  worker: number;
  startedAt: number;
}

/** The stage's activity while a worker has it; null when it has not begun, waits for a worker, or is over. */
export async function running(world: World, runId: string, stage: string): Promise<Pending | null> {
  const { raw } = await world.client.workflow.getHandle(runId).describe();
  const found = raw.pendingActivities?.find(({ activityId }) => activityId === stage);
  // PENDING_ACTIVITY_STATE_STARTED
  if (found?.state !== 2 || !found.lastStartedTime) return null;
  const { seconds, nanos } = found.lastStartedTime;
  return {
    attempt: found.attempt ?? 1,
    worker: Number(found.lastWorkerIdentity?.split('@')[0]),
    startedAt: Number(seconds) * 1_000 + Number(nanos ?? 0) / 1e6,
  };
}

/** Arms the tap. The promise is kept once it struck; `disarm` rejects it. */
export function strikeAt(world: World, runId: string, strike: Strike): { struck: Promise<Struck>; disarm(): void } {
  const { stage, tap, match, nth = 1, when = 'before', action } = strike;
  let attempt = 0;
  let disarm = () => {};
  const struck = new Promise<Struck>((resolve, reject) => {
    const takeBack = world.taps[tap].watch({
      match,
      nth,
      when,
      counts: async () => {
        const found = await running(world, runId, stage);
        if (found) attempt = found.attempt;
        return found !== null;
      },
      action: async (line) => {
        const at = Date.now();
        await action();
        const [method, path = ''] = line.split(' ');
        const short = path
          .replace(/^.*\/api\/2\.0\//, '')
          .replace(/\?.*$/, '')
          .replace(/[0-9a-f]{8,}/g, '…');
        const which = nth === 1 ? '' : `${nth}. `;
        const name = tap === 'mlflow' ? 'MLflow' : 'S3';
        resolve({ by: `${stage}: ${when} its ${which}${method} ${short} to ${name}`, at, attempt });
      },
    });
    disarm = () => {
      takeBack();
      reject(new Error(`nothing was killed: ${stage} made no ${nth}. request that matches ${match}`));
    };
  });
  struck.catch(() => {});
  return { struck, disarm };
}
