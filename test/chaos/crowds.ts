/** Scenarios in which nobody dies but too many want the same thing. */
import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { examine, type Row, resultOf } from './outcome.ts';
import { addScene, begin, broken, LONG, modelOf, nameOn, type Side, starts } from './scene.ts';
import { running } from './strikes.ts';

/** The same trigger, started by many at once: one run. */
export async function sameTrigger(side: Side, many: number): Promise<Row> {
  const scenario = `same trigger ${many} times at once`;
  const name = nameOn(side, 'same-trigger');
  const killedBy = `${many} starts in one turn`;
  try {
    addScene(side.world, name);
    const started = await Promise.all(Array.from({ length: many }, () => begin(side, name)));
    const first = started[0];
    if (!first) throw new Error('nothing was started');
    const result = await resultOf(first.workflow);
    const found = await examine(side.world, { runId: first.runId, model: modelOf(side, name), result, epochs: 2 });
    const fresh = started.filter(({ already }) => !already).length;
    const problems = [...found.problems];
    if (fresh !== 1) problems.push(`${fresh} of ${many} starts made a run`);
    const count = await side.world.client.workflow.count(`WorkflowType = '${name}'`);
    if (count.count > 1) problems.push(`Temporal holds ${count.count} runs of the trigger`);
    return { scenario, killedBy, resumed: null, ...found, problems };
  } catch (error) {
    return broken(scenario, killedBy, error);
  }
}

/** Four runs with the very same candidate and verdict reach register together. */
export async function fourRegisters(side: Side): Promise<Row> {
  const scenario = 'four registers racing';
  const killedBy = 'four runs of one candidate, all but register and promote from the cache';
  try {
    addScene(side.world, 'registers-first');
    addScene(side.world, 'registers');
    await resultOf((await begin(side, 'registers-first')).workflow);
    const four = await Promise.all([1, 2, 3, 4].map((each) => begin(side, 'registers', {}, `racer-${each}`)));
    const results = await Promise.all(four.map(({ workflow }) => resultOf(workflow)));
    const [first] = four;
    const [result] = results;
    if (!first || !result) throw new Error('nothing was started');
    const found = await examine(side.world, {
      runId: first.runId,
      model: modelOf(side, 'registers'),
      result,
      epochs: 2,
    });
    const others = results.map(({ status }) => status).filter((s) => s !== 'promoted' && s !== 'already-champion');
    const trained = results.filter(({ nodes }) => nodes.find(({ id }) => id === 'train')?.cached !== true).length;
    const problems = [...found.problems, ...others.map((status) => `a racer ended as ${status}`)];
    if (trained > 0) problems.push(`${trained} racers trained a candidate of their own`);
    return {
      scenario,
      killedBy,
      resumed: null,
      ...found,
      result: results.map(({ status }) => status).join(', '),
      problems,
    };
  } catch (error) {
    return broken(scenario, killedBy, error);
  }
}

/** A worker that freezes in mid-training loses its stage to a second one, thaws, and both look after one trainer. */
export async function twoWorkers(side: Side): Promise<Row> {
  const scenario = 'two workers at once';
  const name = 'two-workers';
  let killedBy = 'nothing';
  const { world } = side;
  let frozen = 0;
  const second = await world.addWorker({ environment: side.environment });
  try {
    addScene(world, name);
    const { runId, workflow } = await begin(side, name, { ...LONG, salt: name });
    const first = await until(() => running(world, runId, 'train'));
    frozen = first.worker;
    const at = Date.now();
    process.kill(frozen, 'SIGSTOP');
    killedBy = 'train: ActivityTaskStarted; its worker frozen until the other has the stage';
    const next = await until(async () => {
      const now = await running(world, runId, 'train');
      return now && now.worker !== first.worker ? now : null;
    }, 300_000);
    process.kill(frozen, 'SIGCONT');
    frozen = 0;
    const result = await resultOf(workflow);
    const found = await examine(world, { runId, model: modelOf(side, name), result, epochs: LONG.epochs });
    const problems = [...found.problems];
    const count = await starts(world, runId);
    if (count !== 1) problems.push(`the trainer was started ${count} times`);
    const resumed = (next.startedAt - at) / 1_000;
    // No limit: a frozen worker's open polls are still handed work, unlike a dead one's, and each costs a heartbeat timeout.
    return { scenario, killedBy, resumed, ...found, problems };
  } catch (error) {
    return broken(scenario, killedBy, error);
  } finally {
    if (frozen) process.kill(frozen, 'SIGCONT');
    await second.stop();
  }
}

/** Every step host of the worker dies while one of them runs the step. */
export async function stepHost(side: Side): Promise<Row> {
  const scenario = 'step host in a step';
  const name = 'step-host';
  const { world } = side;
  const killedBy = 'readings: its first heartbeat in Temporal';
  try {
    addScene(world, name);
    const { runId, workflow } = await begin(side, name, { rounds: 400 });
    const before = await until(async () => {
      const described = await workflow.describe();
      const step = described.raw.pendingActivities?.find(({ activityId }) => activityId === 'readings');
      return step?.heartbeatDetails ? running(world, runId, 'readings') : null;
    });
    const at = Date.now();
    const killed = stepHostsOf(before.worker);
    for (const pid of killed) process.kill(pid, 'SIGKILL');
    const after = await until(async () => {
      const now = await running(world, runId, 'readings');
      return now && now.attempt > before.attempt ? now : null;
    });
    const result = await resultOf(workflow);
    const found = await examine(world, { runId, model: modelOf(side, name), result, epochs: 2 });
    const problems = killed.length > 0 ? found.problems : [...found.problems, 'no step host was found to kill'];
    return { scenario, killedBy, resumed: (after.startedAt - at) / 1_000, ...found, problems };
  } catch (error) {
    return broken(scenario, killedBy, error);
  }
}

function stepHostsOf(worker: number): number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, pid, parent, args = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return Number(parent) === worker && args.includes('step-host-') ? [Number(pid)] : [];
  });
}

/** Asks until there is an answer. */
async function until<T>(ask: () => Promise<T | null>, limit = 120_000): Promise<T> {
  for (const deadline = Date.now() + limit; ; ) {
    const answer = await ask().catch(() => null);
    if (answer !== null) return answer;
    if (Date.now() > deadline) throw new Error('what was waited for did not come about');
    await pause(100);
  }
}
