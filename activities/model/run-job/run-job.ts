/**
 * Script steps: the trainer's contract for any step. The program finds its input in RATCHET_JOB, with local files for
 * references, and writes output.json; files that it names there are stored. A death at any line is taken up as in train.ts.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatasetRef } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import type { Json } from '#contracts/json.ts';
import type { StepCall } from '#contracts/run.ts';
import type { JobInput, JobSpec } from '#ports/executor.ts';
import { seedOf } from '../../seed.ts';
import type { StageContext } from '../../stage.ts';
import { jobOf, labelsOf } from '../job-of.ts';
import { endedWell, failureOf, timedOut } from '../trainer-job/exit.ts';
import { describeProgress } from '../trainer-job/progress.ts';
import { supervise, unlessAborted } from '../trainer-job/supervision.ts';
import { experimentName } from '../trainer-job/trainer-job.ts';
import { type JobDependencies, serverOf } from './dependencies.ts';
import { withLocalFiles } from './inputs.ts';
import { storedOutput } from './outputs.ts';

/**
 * Runs a script step's program to its end. `input`: as its schema gave it out.
 * @returns its output, references in place of files; the caller checks it against the step's schema.
 * @throws UserError JobFailed, InvalidOutput, DataInvalid, Outside…; the signal's reason when it is aborted.
 */
export type RunScript = (
  call: Pick<StepCall, 'code' | 'step' | 'input'>,
  input: Json,
  context: StageContext,
) => Promise<Json>;

/** Bytes of the log that a failure is told from. */
const LOG_BYTES = 64 * 1024;

export function createRunScript(deps: JobDependencies): RunScript {
  return async ({ code: { program }, ...call }, input, context) => {
    if (!program)
      throw new UserError('InvalidInput', `the plan holds no program for ${context.node}: start the run again`);
    // An output that nobody took is not offered again: it is written anew.
    const id = await jobOf(deps, context, async ({ state }) => state.kind !== 'done' || !endedWell(state.exit));
    const files = join(deps.folder, 'programs', id);
    const spec = async (attempt: number, resumed: boolean): Promise<JobSpec> => {
      context.progress('fetching inputs');
      const [local, place, experimentId] = await Promise.all([
        withLocalFiles(deps, input, context.signal),
        unlessAborted(
          context.signal,
          deps.materialize(program, files, (line) => context.progress(line)),
        ),
        deps.tracking.ensureExperiment(experimentName(context.run)),
      ]);
      context.progress(resumed ? 'goes on from its last checkpoint' : 'starting');
      const { memoryMb = null } = context.limits ?? {};
      return {
        id,
        attempt,
        ...place,
        secrets: deps.tracking.credentials,
        request: {
          inputs: tablesOf(local),
          params: paramsOf(local),
          input: local,
          seed: seedOf(call.step, call.input),
          resumed,
        },
        tracking: { ...serverOf(deps), experimentId },
        limits: { memoryBytes: memoryMb === null ? null : memoryMb * 2 ** 20 },
        labels: labelsOf(context),
      };
    };
    const ending = await supervise({
      executor: deps.executor,
      id,
      context,
      spec,
      describe: async () => describeProgress(await deps.executor.progress(id)),
    });
    const ended = {
      log: await deps.executor.log(id, LOG_BYTES),
      logAt: `ratchet logs ${context.run.id} ${context.node}`,
      what: 'the script',
      node: context.node,
      limits: context.limits ?? { memoryMb: null, timeoutMs: null },
    };
    const failure = ending === 'timed-out' ? timedOut(ended) : failureOf({ ...ended, exit: ending });
    if (failure) throw failure;
    const written = await deps.executor.output(id);
    const output = await storedOutput(deps, written, context.workdir, context.node, context.signal);
    await rm(files, { recursive: true, force: true });
    return output;
  };
}

/** Tables at the top of the input, under the name that they have there: where a trainer looks for them. */
function tablesOf(input: Json): Record<string, JobInput> {
  if (input === null || typeof input !== 'object' || Array.isArray(input)) return {};
  const found: Record<string, JobInput> = {};
  for (const [name, value] of Object.entries(input)) {
    const table = DatasetRef.safeParse(value);
    const path = (value as { path?: unknown } | null | undefined)?.path;
    if (table.success && typeof path === 'string')
      found[name] = { path, uri: table.data.uri, digest: table.data.digest, format: table.data.format };
  }
  return found;
}

/** The input's own `params`, where it has such an object: where a trainer looks for them. */
function paramsOf(input: Json): Record<string, unknown> {
  if (input === null || typeof input !== 'object' || Array.isArray(input) || !('params' in input)) return {};
  const { params } = input;
  return params !== null && typeof params === 'object' && !Array.isArray(params) ? { ...params } : {};
}
