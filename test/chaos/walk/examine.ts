/** What must hold after each run of the walk, read from MLflow, Temporal, the store and the table of processes. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { experimentName } from '#activities/model/trainer-job/trainer-job.ts';
import { readLedger } from '#adapters/temporal/models.ts';
import { RunEnded } from '#adapters/temporal/start-run.ts';
import type { RunResult } from '#contracts/run.ts';
import type { World } from '../../world/world.ts';
import { leftOf } from './processes.ts';

export interface Ended {
  runId: string;
  epochs: number;
  end: RunResult | RunEnded;
}

/** MLflow's clients give up a request after 30 s; 40 s after one that nobody knows the end of, the model's workflow looks again. */
const AGREE_MS = 90_000;
/** Runs are looked after a second time a minute after the first. */
const LATE_MS = 100_000;
/** Also what a killed keeper leaves is ended within two looks of the worker. */
const LEAVE_MS = 30_000;

/** Problems in words; none when all of it holds. @param runs of one model, in their order; all but the last undisturbed */
export async function examineRuns(world: World, name: string, runs: readonly Ended[]): Promise<string[]> {
  const problems: string[] = [];
  const promoted: string[] = [];
  for (const { runId, epochs, end } of runs) {
    if (end instanceof RunEnded) {
      problems.push(`${runId} ${end.status}: ${end.message}`);
      continue;
    }
    const passed = end.verdict === 'passed';
    if (passed && end.modelVersion) promoted.push(end.modelVersion);
    if (passed !== (end.status === 'promoted') || (runs.length === 1 && !passed))
      problems.push(`${runId} is ${end.status}, its verdict ${end.verdict}`);
    problems.push(...(await ofRun(world, name, runId, epochs, end)));
  }
  problems.push(...(await ofModel(world, name, promoted)));
  problems.push(...(await nobodyLeft(world)));
  return problems;
}

async function ofRun(world: World, name: string, runId: string, epochs: number, end: RunResult): Promise<string[]> {
  const problems: string[] = [];
  const record = await world.record(runId);
  if (!record) return [`${runId} has no record`];
  if (record.result.status !== end.status || record.result.modelVersion !== end.modelVersion)
    problems.push(`${runId} is ${end.status} and its record says ${record.result.status}`);
  const training = record.outcomes.find(({ id }) => id === 'train')?.output as
    | { model?: { runId: string } }
    | undefined;
  const candidate = training?.model?.runId;
  if (!candidate) return [...problems, `the record of ${runId} tells of no training`];
  const steps = (await world.tracking.metricHistory(candidate, 'auc')).map(({ step }) => step);
  if (steps.join() !== Array.from({ length: epochs }, (_, index) => index + 1).join())
    problems.push(`metric steps are ${steps.join(' ')}, not 1 to ${epochs} once each`);
  const experiment = await world.tracking.ensureExperiment(experimentName({ environment: 'dev', pipeline: name }));
  // A request that made a second one late is none of the run's; that one is ended some time after it.
  const tracked = await settled(
    () => world.tracking.runsTagged(experiment, 'ratchet.run', runId),
    (now) => now.every(({ status }) => status !== 'RUNNING'),
    LATE_MS,
  );
  const ofJob = tracked.filter(({ tags }) => tags['ratchet.node']);
  const parents = tracked.filter(({ tags }) => !tags['ratchet.node']).map(({ status }) => status);
  if (parents.filter((status) => status !== 'KILLED').join() !== 'FINISHED')
    problems.push(`the run's own MLflow runs are ${parents.join(', ') || 'none'}`);
  const wrong = ofJob.filter(({ runId: id, status }) =>
    id === candidate ? status !== 'FINISHED' : status !== 'KILLED',
  );
  if (!ofJob.some(({ runId: id }) => id === candidate)) problems.push(`the candidate's run ${candidate} is not there`);
  for (const { name: which, status, tags } of wrong)
    problems.push(`the MLflow run "${which}" of attempt ${tags['ratchet.attempt']} is ${status}`);
  return problems;
}

/** One version a verdict that passed; ledger, alias and the last promotion agree. */
async function ofModel(world: World, name: string, promoted: readonly string[]): Promise<string[]> {
  // What a late request made is removed some time after it.
  const versions = await settled(
    async () => (await world.tracking.versions(name)).map(({ version }) => version),
    (now) => now.length === promoted.length,
    LATE_MS,
  );
  const problems =
    versions.join() === promoted.join()
      ? []
      : [`versions are ${versions.join(', ') || 'none'}, promoted were ${promoted.join(', ') || 'none'}`];
  const wanted = promoted.at(-1) ?? null;
  const { ledger, alias } = await settled(
    async () => ({
      ledger: await readLedger(world.client, { model: name }),
      alias: await world.tracking.alias(name, 'champion'),
    }),
    (now) => !now.ledger?.busy && (now.alias?.version ?? null) === wanted,
    AGREE_MS,
  );
  if ((alias?.version ?? null) !== wanted)
    problems.push(`the alias is at ${alias?.version ?? 'nobody'}, not ${wanted}`);
  if ((ledger?.champion ?? null) !== wanted)
    problems.push(`the ledger says ${ledger?.champion ?? 'nobody'}, not ${wanted}`);
  if ((ledger?.moves.length ?? 0) !== promoted.length)
    problems.push(`the ledger tells of ${ledger?.moves.length} moves, not ${promoted.length}`);
  return problems;
}

async function nobodyLeft(world: World): Promise<string[]> {
  const left = await settled(
    () => leftOf(join(world.root, '.ratchet', 'jobs')),
    (now) => now.length === 0,
    LEAVE_MS,
  );
  return left.map((process) => `still there: ${process}`);
}

/** The run that had to fail: it says why, changed nothing, and left a record. */
export async function examineHopeless(
  world: World,
  name: string,
  { runId, end }: Ended,
  before: readonly Ended[],
): Promise<string[]> {
  const promoted = before.flatMap((run) => (run.end instanceof RunEnded ? [] : (run.end.modelVersion ?? [])));
  const problems: string[] = [];
  if (!(end instanceof RunEnded)) problems.push(`${runId} is ${end.status}, though its planner was killed each time`);
  else if (!/its process was killed 3 times in a row/.test(end.message))
    problems.push(`${runId} failed with: ${end.message}`);
  // A worker writes it that looks after runs.
  const record = await settled(
    () => world.record(runId),
    (now) => now !== null,
    LEAVE_MS,
  );
  if (!record) problems.push(`${runId} has no record`);
  else if (record.plan !== null || record.result.status !== 'failed' || record.failure?.type !== 'StepHostDied')
    problems.push(`the record of ${runId} says ${record.result.status}: ${record.failure?.message}`);
  problems.push(...(await ofModel(world, name, promoted)), ...(await nobodyLeft(world)));
  return problems;
}

/** What is so in the end, or after `limit` ms. A server may be on its way back. */
export async function settled<T>(ask: () => Promise<T>, good: (now: T) => boolean, limit: number): Promise<T> {
  for (let waited = 0; ; waited += 250) {
    const now = await ask().catch((error: unknown) => {
      if (waited >= limit) throw error;
      return undefined;
    });
    if (now !== undefined && (good(now) || waited >= limit)) return now;
    await pause(250);
  }
}
