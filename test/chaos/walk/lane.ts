/** One stack on which runs of the walk follow each other, each with a model of its own. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { RunEnded, startRun } from '#adapters/temporal/start-run.ts';
import { readStackFile } from '#stack/file.ts';
import { stackPaths } from '#stack/paths.ts';
import type { World } from '../../world/world.ts';
import { resultOf } from '../outcome.ts';
import { kindOf, type Walk } from './draw.ts';
import { type Ended, examineHopeless, examineRuns, settled } from './examine.ts';
import { killPlanners, type Strikes, strike } from './strike.ts';

export interface Step {
  walk: Walk;
  /** By fault. */
  struck: boolean[];
  kinds: string[];
  result: string;
  /** Seconds from the start to the end of the run. */
  took: number;
  problems: string[];
}

/** A run that waits for a server of 35 s, a frozen part and a back-off of 30 s in a row is no hang. */
const LIMIT_MS = 360_000;

/** Walks one run: starts it, has it struck, waits until it and all that was done to it is over, and examines. */
export async function walkOne(world: World, seed: number, walk: Walk): Promise<Step> {
  const name = `walk-${walk.number}`;
  addPipeline(world, name);
  const began = performance.now();
  let strikes: Strikes | undefined;
  let result = 'none';
  const problems: string[] = [];
  try {
    await everyPart(world);
    const before = walk.before ? [await ended(world, { ...walk, starts: 1, epochs: 1, seconds: 0 }, seed, 'calm')] : [];
    const run = await ended(world, walk, seed, 'struck', (runId) => {
      strikes = walk.hopeless ? killPlanners(world, runId) : strike(world, runId, walk.faults);
    });
    result = run.end.status;
    await strikes?.settle();
    await everyPart(world);
    problems.push(
      ...(walk.hopeless
        ? await examineHopeless(world, name, run, before)
        : await examineRuns(world, name, [...before, run])),
    );
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
    await strikes?.settle();
    await world.client.workflow
      .getHandle(`run/${name}/struck`)
      .terminate('the walk goes on')
      .catch(() => undefined);
  }
  const kinds = walk.hopeless ? ['SIGKILL: planner, each time'] : walk.faults.map(kindOf);
  return {
    walk,
    struck: [...(strikes?.struck ?? [])],
    kinds,
    result,
    took: (performance.now() - began) / 1_000,
    problems,
  };
}

function addPipeline(world: World, name: string): void {
  const folder = join(world.root, 'pipelines', name);
  cpSync(new URL('../pipeline', import.meta.url).pathname, folder, { recursive: true });
  const file = join(folder, 'pipeline.ts');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll("'NAME'", `'${name}'`));
}

async function ended(
  world: World,
  { number, epochs, seconds, starts, before, hopeless }: Walk,
  seed: number,
  trigger: string,
  started: (runId: string) => void = () => {},
): Promise<Ended> {
  const begin = () =>
    startRun(world.client, {
      pipeline: `walk-${number}`,
      params: { salt: `${seed}/${number}`, rounds: 100, epochs, seconds, weak: trigger === 'calm' },
      trigger: { kind: 'manual', id: trigger, reason: 'the walk', who: 'chaos suite' },
    });
  const all = await Promise.all(Array.from({ length: starts }, begin));
  const [first] = all;
  if (!first) throw new Error('nothing was started');
  started(first.runId);
  const fresh = all.filter(({ already }) => !already).length;
  if (fresh !== 1) throw new Error(`${fresh} of ${starts} starts made a run`);
  const end = await resultOf(first.workflow, LIMIT_MS).catch((error: unknown) => {
    // A run that was to fail, or that failed where it must not: which it is, is for others to say.
    if (error instanceof RunEnded && (hopeless || !before || trigger === 'struck')) return error;
    throw error;
  });
  return { runId: first.runId, epochs, end };
}

/** Until all that a supervisor keeps is up: nobody walks on what the run before broke. */
async function everyPart(world: World): Promise<void> {
  const up = await settled(
    async () => Object.values(readStackFile(stackPaths(world.root))?.parts ?? {}),
    (parts) => parts.length > 0 && parts.every(({ state }) => state === 'ready'),
    120_000,
  );
  const down = up.filter(({ state }) => state !== 'ready');
  if (down.length > 0) throw new Error(`${down.length} parts did not come back: ${down[0]?.lastError}`);
  await pause(0);
}

export const say = (step: Step): string => {
  const { walk, struck, result, took, problems } = step;
  const missed = struck.flatMap((hit, index) => (hit ? [] : [index + 1]));
  const came = missed.length === 0 ? '' : `, not come about: ${missed.join(', ')}`;
  const verdict = problems.length === 0 ? 'green' : `RED: ${problems.join('; ')}`;
  return `#${walk.number}: ${result} after ${took.toFixed(1)} s${came}: ${verdict}`;
};
