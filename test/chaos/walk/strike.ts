/** Carries out what was drawn, at the moment that was drawn. */
import { setTimeout as pause } from 'node:timers/promises';
import type { World } from '../../world/world.ts';
import { type Fault, type PartHit, type Stage, stages, type When } from './draw.ts';
import { pidsOf } from './processes.ts';

export interface Strikes {
  /** Of the drawn faults, in their order: whether it came about. */
  readonly struck: boolean[];
  /** No more begin; returns when what they did is undone and all that was under way has arrived. */
  settle(): Promise<void>;
}

const LOOK_MS = 40;

/** Arms all faults of a run that has just been started. */
export function strike(world: World, runId: string, faults: readonly Fault[]): Strikes {
  const over = new AbortController();
  const struck = faults.map(() => false);
  const seen = stagesSeen(world, runId, over.signal);
  const works = faults.map(async (fault, index) => {
    const told = () => {
      struck[index] = true;
    };
    if (fault.does === 'meddle') {
      const { to, like, nth } = fault.when;
      const takeBack = world.taps[to].doom({
        match: new RegExp(`^${like}`),
        nth,
        fate: fault.fate,
        seconds: fault.seconds,
        fired: told,
      });
      over.signal.addEventListener('abort', takeBack);
      return;
    }
    if (!(await comes(world, fault.when, seen, over.signal))) return;
    if (fault.does === 'cut') {
      told();
      await cut(world, fault.wire, fault.seconds);
      return;
    }
    const pids = await found(world, runId, fault.who, over.signal);
    if (fault.how === 'kill') {
      if (signal(pids, 'SIGKILL')) told();
      return;
    }
    if (!signal(pids, 'SIGSTOP')) return;
    told();
    await pause(fault.seconds * 1_000);
    signal(pids, 'SIGCONT');
  });
  return {
    struck,
    settle: async () => {
      over.abort();
      await Promise.all(works);
      await Promise.all([world.taps.mlflow.delivered(), world.taps.store.delivered()]);
    },
  };
}

/** Kills the planner of a run as often as it comes, until told to stop. */
export function killPlanners(world: World, runId: string): Strikes {
  const over = new AbortController();
  const struck = [false];
  const work = (async () => {
    while (!over.signal.aborted)
      if (signal(await found(world, runId, 'planner', over.signal), 'SIGKILL')) struck[0] = true;
  })();
  return {
    struck,
    settle: async () => {
      over.abort();
      await work;
    },
  };
}

/** True when at least one was there. */
function signal(pids: readonly number[], name: NodeJS.Signals): boolean {
  return (
    pids.filter((pid) => {
      try {
        return process.kill(pid, name);
      } catch {
        return false;
      }
    }).length > 0
  );
}

async function found(world: World, runId: string, who: PartHit, over: AbortSignal): Promise<number[]> {
  for (;;) {
    const pids = await pidsOf(world, runId, who);
    if (pids.length > 0 || over.aborted) return pids;
    await pause(LOOK_MS);
  }
}

/** The moment; false when the run was over before. */
async function comes(world: World, when: When, seen: Set<Stage>, over: AbortSignal): Promise<boolean> {
  if (when.at === 'request') {
    const { to, like, nth } = when;
    return new Promise((resolve) => {
      const takeBack = world.taps[to].watch({
        match: new RegExp(`^${like}`),
        nth,
        when: 'before',
        action: async () => resolve(true),
      });
      over.addEventListener('abort', () => {
        takeBack();
        resolve(false);
      });
    });
  }
  // A stage that was too short to be seen has been when a later one is.
  if (when.at === 'stage')
    while (!stages.slice(stages.indexOf(when.stage)).some((stage) => seen.has(stage))) {
      if (over.aborted) return false;
      await pause(LOOK_MS);
    }
  await pause(when.after * 1_000, undefined, { signal: over }).catch(() => undefined);
  return !over.aborted;
}

/** Stages that Temporal says are being worked at; grows until the run is over. */
function stagesSeen(world: World, runId: string, over: AbortSignal): Set<Stage> {
  const seen = new Set<Stage>();
  void (async () => {
    while (!over.aborted) {
      const described = await world.client.workflow
        .getHandle(runId)
        .describe()
        .catch(() => null);
      // PENDING_ACTIVITY_STATE_STARTED
      for (const { activityId, state } of described?.raw.pendingActivities ?? [])
        for (const stage of stages) if (activityId === stage && state === 2) seen.add(stage);
      await pause(LOOK_MS);
    }
  })();
  return seen;
}

/** Cuts of one wire may overlap: it is whole when the last one is over. */
const cuts = new WeakMap<object, number>();
async function cut(world: World, which: 'mlflow' | 'store' | 'temporal', seconds: number): Promise<void> {
  const wire = which === 'temporal' ? world.wire : world.taps[which];
  if (!wire) throw new Error('this world has no wire to Temporal');
  cuts.set(wire, (cuts.get(wire) ?? 0) + 1);
  wire.cut();
  await pause(seconds * 1_000);
  const left = (cuts.get(wire) ?? 1) - 1;
  cuts.set(wire, left);
  if (left === 0) wire.mend();
}
