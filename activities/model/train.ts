/**
 * The stage `train`: a trainer as a detached job, its MLflow runs, and the model that comes out.
 *
 * Why nothing is lost or done twice: every attempt of this activity finds the same job, by the run and the node or because a
 * retry took it over in one step (job-of.ts); its MLflow runs carry its id and the job's attempt; reading the model and ending the run may be
 * repeated. A death between any two lines leaves a state from which the same lines go on.
 */
import type { z } from 'zod';
import { type DatasetRef, ModelRef, serviceTag } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import { versionTag } from '#contracts/names.ts';
import { PinnedProgram } from '#contracts/program.ts';
import type { train } from '#contracts/stages/train.ts';
import { boundedTraining, type Training, type TrainingRows, trainingOf } from '#contracts/training-rows.ts';
import { isHeldBy, type JobLog, type JobMaterial, type JobRequest, type JobSpec } from '#ports/executor.ts';
import { inputOf } from '#ports/job-document.ts';
import type { TrackedRun } from '#ports/tracking.ts';
import type { StageContext, StageWork } from '../stage.ts';
import { jobOf } from './job-of.ts';
import { chooseModel, metricsOf } from './model-output.ts';
import type { JobDependencies } from './run-job/dependencies.ts';
import { jobSpec } from './run-job/job-spec.ts';
import { failureOf, timedOut } from './trainer-job/exit.ts';
import { describeProgress, describeRun } from './trainer-job/progress.ts';
import { supervise } from './trainer-job/supervision.ts';
import { type TrainerRuns, trainerRuns, trainingAgain } from './trainer-job/trainer-job.ts';

type Input = z.output<typeof train.input>;

/** Bytes of the log that go to MLflow: the end of it. */
const LOG_BYTES = 4 * 2 ** 20;
/** MLflow is asked for progress at most this often, in ms, and only when the trainer writes none itself. */
const ASK_MLFLOW = 3_000;

export function createTrain(deps: JobDependencies): StageWork<'train'> {
  return async (input, context) => {
    const program = pinned(input);
    const { digest, service } = input.features;
    const tags = {
      'ratchet.features': digest,
      ...(service ? { [versionTag.featureService]: serviceTag(service) } : {}),
    };
    const runsOf = (job: string) =>
      trainerRuns(deps.tracking, context.run, { node: context.node, job, host: deps.host }, tags);
    const id =
      trainingAgain(context) ??
      (await jobOf(deps, context, async ({ id, state }) => {
        // Somebody may have deleted it: what cannot be gone on with in its own run is begun anew.
        return 'attempt' in state && (await (await runsOf(id)).of(state.attempt)) !== null;
      }));
    const runs = await runsOf(id);
    const taken = await deps.executor.holder(id);
    if (taken && taken.taken > 0) await runs.takeOver(taken.attempt);
    const limits = context.limits ?? { memoryMb: null, timeoutMs: null };
    const job: JobMaterial = { id, program, request: requestOf(input) };
    try {
      const ending = await supervise({
        executor: deps.executor,
        material: job,
        context,
        spec: (attempt, resumed) => begin(deps, { job, input, context, runs, attempt, resumed }),
        begun: () => runs.begun(),
        describe: progressOf(deps, id, runs),
      });
      const state = await deps.executor.attach(id);
      const run = await runs.of('attempt' in state ? state.attempt : 1);
      if (!run) throw lostRun(id);
      const log = await keepLog(deps, id, run);
      const logAt = deps.tracking.page(run);
      const ended = { log, logAt, what: 'the trainer', node: context.node, limits };
      const failure = ending === 'timed-out' ? timedOut(ended) : failureOf({ ...ended, exit: ending });
      if (failure) throw failure;
      const output = await finish(deps, input, program, context, run);
      await deps.tracking.finish(runs.parent.runId, 'FINISHED');
      await deps.executor.release(id);
      return output;
    } catch (error) {
      if (context.signal.aborted && !context.stopping()) await markEnded(deps, id, context, runs, 'KILLED');
      else if (error instanceof UserError && error.type === 'JobFailed')
        await markEnded(deps, id, context, runs, 'FAILED');
      throw error;
    }
  };
}

function pinned(input: Input): PinnedProgram {
  const program = PinnedProgram.safeParse(input.trainer);
  if (program.success) return program.data;
  throw new UserError('InvalidInput', 'the trainer of this plan is not pinned to its files: start the run again');
}

/** Tables that the trainer reads, by the names that it finds them under. */
const tablesOf = ({ inputs, features }: Input) => Object.entries({ ...inputs, features });

function requestOf(input: Input): JobRequest {
  const read = [...tablesOf(input), ...(input.init ? [['init', input.init] as const] : [])];
  return {
    inputs: Object.fromEntries(read.map(([name, ref]) => [name, inputOf(ref)])),
    // A trainer that is told nothing else still learns which column it predicts.
    params: { ...(input.target === undefined ? {} : { target: input.target }), ...input.params },
    seed: input.seed,
  };
}

interface Attempt {
  job: JobMaterial;
  input: Input;
  context: StageContext;
  runs: TrainerRuns;
  attempt: number;
  resumed: boolean;
}

/** The MLflow run that an attempt logs to, with what it reads, and what is asked of the executor. */
async function begin(
  deps: JobDependencies,
  { job, input, context, runs, attempt, resumed }: Attempt,
): Promise<JobSpec> {
  const before = resumed ? await runs.of(attempt - 1) : null;
  const { runId } = before ?? (await runs.fresh(attempt));
  await deps.tracking.logInputs(
    runId,
    tablesOf(input).map(([name, { digest, uri }]) => ({
      name,
      digest,
      uri,
      context: name === 'features' ? 'training' : name,
    })),
  );
  context.progress(before ? 'goes on from its last checkpoint' : 'starting');
  return jobSpec(deps, context, job, { attempt, resumed: before !== null, experimentId: runs.experimentId, runId });
}

/** The trainer's own progress lines, else what it logged last. */
function progressOf(deps: JobDependencies, id: string, runs: TrainerRuns): () => Promise<string | null> {
  let asked = Number.NEGATIVE_INFINITY;
  let run: TrackedRun | null = null;
  return async () => {
    const own = describeProgress(await deps.executor.progress(id));
    if (own) return own;
    if (performance.now() - asked < ASK_MLFLOW) return null;
    asked = performance.now();
    const state = await deps.executor.attach(id);
    run ??= 'attempt' in state ? await runs.of(state.attempt) : null;
    return run ? describeRun(await deps.tracking.run(run.runId)) : null;
  };
}

/** The model and metrics of a trainer that ended well. */
async function finish(
  deps: JobDependencies,
  input: Input,
  program: PinnedProgram,
  context: StageContext,
  { runId }: TrackedRun,
): Promise<z.input<typeof train.output>> {
  const { tracking } = deps;
  // Read again: it has logged since it was made.
  const run = await tracking.run(runId);
  const chosen = await chooseModel(tracking, run, context.node);
  if (chosen.note) context.progress(chosen.note);
  const model = ModelRef.parse({
    kind: 'model',
    runId: chosen.runId,
    uri: chosen.uri,
    digest: await tracking.modelDigest(chosen.uri, context.signal),
    environment: program.pinned.lock?.digest ?? null,
    trainedOn: input.features.digest,
    training: trainingRows(input),
    ...(input.features.service ? { service: input.features.service } : {}),
    code: program.pinned.digest,
  });
  await tracking.log(runId, {
    timestamp: Date.parse(context.run.trigger.at) || 0,
    tags: {
      'ratchet.model': model.uri,
      'ratchet.model.digest': model.digest,
      ...(chosen.note ? { 'ratchet.model.note': chosen.note } : {}),
    },
  });
  await tracking.finish(runId, 'FINISHED');
  return { model, metrics: metricsOf(run) };
}

/**
 * The features; each further input that is part of a split; and what the model that it begins from has seen.
 * @internal
 */
export function trainingRows({ features, inputs, init }: Pick<Input, 'features' | 'inputs' | 'init'>): Training {
  const parts = [features, ...Object.values(inputs).filter(({ origin }) => origin)];
  return boundedTraining([...parts.map(seen), ...(init ? trainingOf(init.training) : [])]);
}

function seen({ digest, rows, origin }: DatasetRef): TrainingRows {
  const { window, places } = origin ?? {};
  return { digest, rows, ...(window ? { window } : {}), ...(places ? { places } : {}) };
}

async function keepLog(deps: JobDependencies, id: string, run: TrackedRun): Promise<JobLog> {
  const log = await deps.executor.log(id, LOG_BYTES);
  await deps.tracking.uploadArtifact(run.runId, 'ratchet/trainer.log', log.text || '(it printed nothing)\n');
  return log;
}

/** The job is over by now. What cannot be said to MLflow must not turn a cancel or the trainer's failure into another one. */
async function markEnded(
  deps: JobDependencies,
  id: string,
  { run: pipelineRun, node }: StageContext,
  runs: TrainerRuns,
  status: 'KILLED' | 'FAILED',
): Promise<void> {
  const mark = async () => {
    if (!isHeldBy(await deps.executor.holder(id), { run: pipelineRun.id, node })) return;
    const state = await deps.executor.attach(id);
    const run = 'attempt' in state ? await runs.of(state.attempt) : null;
    if (run && status === 'KILLED') await keepLog(deps, id, run);
    await runs.end(status);
    if (run) await deps.tracking.finish(run.runId, status);
    await deps.tracking.finish(runs.parent.runId, status);
  };
  await mark().catch(() => undefined);
}

function lostRun(id: string): UserError {
  return new UserError(
    'OutsideRefused',
    `the MLflow run of job ${id} is gone: somebody deleted it while it trained; restore it in MLflow's UI or run \`ratchet retry\``,
  );
}
