/** Who dies when: a row each. */
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { jobId } from '#activities/model/trainer-job/trainer-job.ts';
import { HEARTBEAT_TIMEOUT_MS } from '#contracts/heartbeat.ts';
import type { PartOfWorld, World } from '../world/world.ts';
import { resumedAfter } from './outcome.ts';
import { type Death, LONG, type Side, starts, trainer } from './scene.ts';
import type { Strike, Struck } from './strikes.ts';

/** The third batch of metrics, which the trainer sends in its second or third epoch. */
const inTraining = { stage: 'train', tap: 'mlflow', match: /^POST .*runs\/log-batch/, nth: 3 } as const;

/** The second: the first finds that there is no such model yet, and creates nothing. */
const creating = {
  stage: 'register',
  tap: 'mlflow',
  match: /^POST .*model-versions\/create/,
  nth: 2,
  when: 'after',
} as const;

/** Its own rows are on their way to the store: with rows that were featurized before there would be nothing to send. */
const storing = { stage: 'featurize', tap: 'store', match: /^PUT .*files\/md5/ } as const;

/** By stage: the request that the worker dies at. The last two are effects, and die when they are done but not answered. */
const requests: Record<string, Omit<Strike, 'action'>> = {
  validateData: { stage: 'validateData', tap: 'store', match: /./ },
  featurize: storing,
  train: inTraining,
  evaluate: { stage: 'evaluate', tap: 'store', match: /^PUT/ },
  gate: { stage: 'gate', tap: 'mlflow', match: /^POST .*runs\/log-batch/ },
  register: creating,
  promote: { stage: 'promote', tap: 'mlflow', match: /^POST .*registered-models\/alias/, when: 'after' },
};

export const stages = Object.keys(requests);

/** The worker dies in a stage. In training: the trainer must not notice. */
export function workerIn(side: Side, stage: string): Death {
  const strike = requests[stage];
  if (!strike) throw new Error(`no request is known for ${stage}`);
  return stage === 'train'
    ? workerInTraining(side, strike)
    : {
        scenario: `worker in ${stage}`,
        name: `worker-${stage}`.toLowerCase(),
        params: stage === 'featurize' ? { salt: stage } : { again: { [stage]: 1 } },
        strike: () => ({ ...strike, action: async () => void (await side.killWorker()) }),
      };
}

/** The trainer's process when the worker died, and when the next one had taken the stage over. */
function workerInTraining(side: Side, strike: Omit<Strike, 'action'>): Death {
  let before: Awaited<ReturnType<typeof trainer>> = null;
  let after: Awaited<ReturnType<typeof trainer>> = null;
  return {
    scenario: 'worker in train',
    name: 'worker-train',
    // It still trains when the next worker comes.
    params: { ...LONG, epochs: 3 * LONG.epochs, salt: 'train' },
    strike: ({ runId, world }) => ({
      ...strike,
      action: async () => {
        before = await trainer(world, runId);
        await side.killWorker();
      },
    }),
    resumed: async ({ runId, world }, struck, over) => {
      const seconds = await resumedAfter(world, runId, 'train', struck, over);
      after = await trainer(world, runId);
      return seconds;
    },
    also: async (run) => [
      ...(await startedOnce(run)),
      ...(await missedSoon(run)),
      ...(before === null ? ['no trainer ran when the worker died'] : []),
      ...(isDeepStrictEqual(before, after)
        ? []
        : [`another process trains: ${JSON.stringify(before)}, then ${JSON.stringify(after)}`]),
    ],
  };
}

/** How soon the server misses a worker of the stage is a setting that the history holds: no clock is read for it. */
async function missedSoon({ runId, world }: { runId: string; world: World }): Promise<string[]> {
  const { events } = await world.client.workflow.getHandle(runId).fetchHistory();
  const scheduled = events?.map((event) => event.activityTaskScheduledEventAttributes);
  const timeout = scheduled?.find((each) => each?.activityId === 'train')?.heartbeatTimeout;
  const seconds = Number(timeout?.seconds ?? 0);
  // With the second until the next attempt, a death is to cost ten seconds at most.
  return seconds === HEARTBEAT_TIMEOUT_MS / 1_000 && seconds <= 9 ? [] : [`training may be silent for ${seconds} s`];
}

async function startedOnce({ runId, world }: { runId: string; world: World }): Promise<string[]> {
  const count = await starts(world, runId);
  return count === 1 ? [] : [`the trainer was started ${count} times`];
}

/** The trainer dies between an epoch's metrics and its checkpoint, and goes on from the checkpoint before. */
export function trainerInEpoch(): Death {
  return {
    scenario: 'trainer in mid-epoch',
    name: 'trainer',
    params: { ...LONG, salt: 'trainer' },
    strike: ({ runId, world }) => ({
      ...inTraining,
      nth: 4,
      when: 'after',
      action: async () => {
        const job = await trainer(world, runId);
        if (!job) throw new Error('no trainer runs');
        process.kill(job.pid, 'SIGKILL');
      },
    }),
    resumed: async ({ runId, world }, { at }, over) => {
      while (!over.aborted) {
        const state = await world.executor.attach(jobId(runId, 'train'));
        if (state.kind === 'running' && state.attempt === 2) return (Date.now() - at) / 1_000;
        await pause(100);
      }
      return null;
    },
    also: async ({ runId, world }) => {
      const { text } = await world.executor.log(jobId(runId, 'train'));
      const begun = [...text.matchAll(/begins after epoch (\d+)/g)].map(([, epoch]) => Number(epoch));
      return begun.length === 2 && begun[0] === 0 && (begun[1] ?? 0) >= 1
        ? []
        : [`the trainer began after epochs ${begun.join(', ')}: not once from the start, once from a checkpoint`];
    },
  };
}

/** A server dies at a request; its supervisor brings it back, and whoever asked it asks again. */
function server(part: PartOfWorld, scenario: string, strike: Omit<Strike, 'action'>): Death {
  return {
    scenario,
    name: part,
    params: { ...(strike.stage === 'train' ? LONG : {}), ...(strike.stage === 'register' ? {} : { salt: part }) },
    strike: ({ world }) => ({ ...strike, action: () => world.kill(part) }),
    ...(strike.stage === 'train' ? { resumed: supervisedAgain, also: startedOnce } : {}),
  };
}

/** Until the stage's worker is heard of again: its next heartbeat reached the server that came back, or it was given anew. */
async function supervisedAgain(
  { runId, world }: { runId: string; world: World },
  { at, attempt }: Struck,
  over: AbortSignal,
): Promise<number | null> {
  while (!over.aborted) {
    const described = await world.client.workflow
      .getHandle(runId)
      .describe()
      .catch(() => null);
    const stage = described?.raw.pendingActivities?.find(({ activityId }) => activityId === 'train');
    const heard = Number(stage?.lastHeartbeatTime?.seconds ?? 0) * 1_000;
    if (stage && (heard > at || (stage.attempt ?? 1) > attempt)) return (Date.now() - at) / 1_000;
    await pause(250);
  }
  return null;
}

export const temporalInTraining = () => server('temporal', 'Temporal in mid-training', inTraining);

export const mlflowInRegister = () => server('mlflow', 'MLflow during register', creating);

export const storeInFeaturize = () => server('object-store', 'S3 during featurize', storing);

/** Sixty seconds without a packet to or from MLflow, from the middle of training on. */
export function networkCut(): Death {
  return {
    scenario: 'network to MLflow cut for 60 s',
    name: 'network',
    params: { ...LONG, salt: 'network' },
    strike: ({ world }) => ({
      ...inTraining,
      action: async () => {
        world.taps.mlflow.cut();
        setTimeout(() => world.taps.mlflow.mend(), 60_000);
      },
    }),
    resumed: async () => null,
    also: startedOnce,
  };
}
