/** One scenario's pipeline and run: fresh rows and a model of its own, so that no other scenario helps or disturbs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StartedRun, startRun } from '#adapters/temporal/start-run.ts';
import { environmentPrefix } from '#contracts/names.ts';
import type { JobListing } from '#ports/executor.ts';
import { trainerPid } from '../fixtures/local-executor.ts';
import type { World } from '../world/world.ts';
import { examine, type Row, resultOf, resumedAfter } from './outcome.ts';
import { type Strike, type Struck, strikeAt } from './strikes.ts';

export interface Params {
  salt: string;
  rounds?: number;
  epochs?: number;
  seconds?: number;
  weak?: boolean;
  again?: Record<string, number>;
}

/** Whose worker serves: the product's own, or one with a mutant in it. */
export interface Side {
  world: World;
  environment: string;
  /** SIGKILL; somebody starts it again. Answers the dead pid. */
  killWorker(): Promise<number>;
  start: typeof startRun;
}

/** Long enough to be killed in the middle: 12 s of fits and more. */
export const LONG = { epochs: 6, seconds: 2 };
/** For what does not happen in training: the same rows for all, so that the first run trains for the others. */
const SHORT = { salt: 'shared', epochs: 2, seconds: 0 };

export function addScene(world: World, name: string): void {
  world.addPipeline(name, new URL('./pipeline', import.meta.url).pathname);
  const file = join(world.root, 'pipelines', name, 'pipeline.ts');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll("'NAME'", `'${name}'`));
}

export function begin(side: Side, name: string, params: Partial<Params> = {}, trigger = 'chaos'): Promise<StartedRun> {
  return side.start(side.world.client, {
    pipeline: name,
    params: { ...SHORT, ...params },
    environment: side.environment,
    trigger: { kind: 'manual', id: trigger, reason: 'chaos', who: 'chaos suite' },
  });
}

/** Each side has pipelines of its own. */
export const nameOn = (side: Side, name: string) => (side.environment === 'dev' ? name : `without-${name}`);

export const modelOf = (side: Side, name: string) => environmentPrefix(side.environment) + name;

export interface Death {
  scenario: string;
  name: string;
  params?: Partial<Params>;
  strike(run: { runId: string; world: World }): Strike;
  /** Seconds until it goes on again; default: until another attempt of the stage was started. */
  resumed?(run: { runId: string; world: World }, struck: Struck, over: AbortSignal): Promise<number | null>;
  /** More that must hold; problems in words. */
  also?(run: { runId: string; world: World }, struck: Struck): Promise<string[]>;
}

/** Starts a run, kills at the strike, waits, and examines what is left. */
export async function survive(side: Side, death: Death): Promise<Row> {
  const { world } = side;
  const { params = {} } = death;
  const name = nameOn(side, death.name);
  addScene(world, name);
  const { runId, workflow } = await begin(side, name, params);
  const run = { runId, world };
  const { struck, disarm } = strikeAt(world, runId, death.strike(run));
  const over = new AbortController();
  const resuming = struck.then((hit) => (death.resumed ?? byAttempt(death.strike(run).stage))(run, hit, over.signal));
  resuming.catch(() => {});
  try {
    const result = await resultOf(workflow).finally(() => {
      over.abort();
      disarm();
    });
    const hit = await struck;
    const resumed = await resuming;
    const { epochs } = { ...SHORT, ...params };
    const found = await examine(world, { runId, model: modelOf(side, name), result, epochs });
    const problems = [...found.problems, ...((await death.also?.(run, hit)) ?? [])];
    return { scenario: death.scenario, killedBy: hit.by, resumed, ...found, problems };
  } catch (error) {
    return broken(death.scenario, await struck.then(({ by }) => by).catch(() => 'nothing'), error);
  }
}

const byAttempt =
  (stage: string) =>
  ({ runId, world }: { runId: string; world: World }, struck: Struck, over: AbortSignal) =>
    resumedAfter(world, runId, stage, struck, over);

export function broken(scenario: string, killedBy: string, error: unknown): Row {
  const message = error instanceof Error ? error.message : String(error);
  return {
    scenario,
    killedBy,
    resumed: null,
    versions: '–',
    champion: '–',
    steps: '–',
    result: 'none',
    problems: [message],
  };
}

/** Jobs of the run's training, by their labels: whatever their ids are. */
async function trainers(world: World, runId: string): Promise<JobListing[]> {
  return (await world.executor.list()).filter(({ labels }) => labels.run === runId && labels.node === 'train');
}

/** The trainer's process now; null when it does not run. */
export async function trainer(world: World, runId: string): Promise<{ where: string; pid: number } | null> {
  for (const { id, state } of await trainers(world, runId))
    if (state.kind === 'running')
      return { where: state.where, pid: await trainerPid(join(world.root, '.ratchet', 'jobs'), id) };
  return null;
}

/** How often a trainer was started. */
export async function starts(world: World, runId: string): Promise<number> {
  const attempts = (await trainers(world, runId)).map(({ state }) => ('attempt' in state ? state.attempt : 0));
  return attempts.reduce((sum, attempt) => sum + attempt, 0);
}
