/**
 * Script steps: the trainer's contract for any step. The program finds its input in RATCHET_JOB, with local files for
 * references, and writes output.json; files that it names there are stored. A death at any line is taken up as in train.ts.
 */
import { DatasetRef } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import type { Json } from '#contracts/json.ts';
import type { StepCall } from '#contracts/run.ts';
import type { JobInput, JobMaterial } from '#ports/executor.ts';
import { inputOf } from '#ports/job-document.ts';
import { seedOf } from '../../seed.ts';
import type { StageContext } from '../../stage.ts';
import { jobOf } from '../job-of.ts';
import { endedWell, failureOf, timedOut } from '../trainer-job/exit.ts';
import { describeProgress } from '../trainer-job/progress.ts';
import { supervise } from '../trainer-job/supervision.ts';
import { experimentName } from '../trainer-job/trainer-job.ts';
import type { JobDependencies } from './dependencies.ts';
import { jobSpec } from './job-spec.ts';
import { storedOutput } from './outputs.ts';
import { tested } from './tested.ts';

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
    const job: JobMaterial = {
      id,
      program,
      request: { inputs: tablesOf(input), params: paramsOf(input), input, seed: seedOf(call.step, call.input) },
    };
    const ending = await supervise({
      executor: deps.executor,
      material: job,
      context,
      spec: async (attempt, resumed) => {
        const experimentId = await deps.tracking.ensureExperiment(experimentName(context.run));
        context.progress(resumed ? 'goes on from its last checkpoint' : 'starting');
        return jobSpec(deps, context, job, { attempt, resumed, experimentId });
      },
      describe: async () => describeProgress(await deps.executor.progress(id)),
    });
    const ended = {
      log: await deps.executor.log(id, LOG_BYTES),
      logAt: `ratchet logs ${context.run.id} ${context.node}`,
      what: 'the script',
      node: context.node,
      limits: context.limits ?? { memoryMb: null, timeoutMs: null },
    };
    const tests = program.report === 'junit' && ending !== 'timed-out' && ending.reason === 'exited';
    const failure = ending === 'timed-out' ? timedOut(ended) : failureOf({ ...ended, exit: ending });
    if (failure && !tests) throw failure;
    const output = tests
      ? await tested(deps, id, context, { name: call.step, code: ending.code, log: ended.log })
      : await storedOutput(deps, id, context);
    await deps.executor.release(id);
    return output;
  };
}

/** Tables at the top of the input, under the name that they have there: where a trainer looks for them. */
function tablesOf(input: Json): Record<string, JobInput> {
  const found: Record<string, JobInput> = {};
  for (const [name, value] of Object.entries(fieldsOf(input))) {
    const table = DatasetRef.safeParse(value);
    if (table.success) found[name] = inputOf(table.data);
  }
  return found;
}

/** The input's own `params`, where it has such an object: where a trainer looks for them. */
const paramsOf = (input: Json): Record<string, Json> => fieldsOf(fieldsOf(input).params);

/** Of an object; none of anything else. */
function fieldsOf(value: Json | undefined): Record<string, Json> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, item ?? null]));
}
