/** The activity behind every step: looks the result up, has the step's work done, stores the result; one outcome. */

import { appendFile, mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { z } from 'zod';
import { issuesInWords } from '#contracts/describe-issues.ts';
import { milliseconds } from '#contracts/duration.ts';
import { UserError } from '#contracts/failures.ts';
import { type Json, jsonBytes, jsonProblem, PAYLOAD_LIMIT } from '#contracts/json.ts';
import { StepCall, type StepOutcome } from '#contracts/run.ts';
import { stages } from '#contracts/stages/index.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { RunScript } from '../model/run-job/run-job.ts';
import { withInput } from '../run/step-inputs.ts';
import type { StageContext, StageWorks } from '../stage.ts';
import { cachedStep, type StepCache } from './cached-step.ts';
import { cancelled } from './cancelled.ts';
import { failedAttempt, interrupted } from './failure.ts';
import { nodeLog } from './node-log.ts';
import { Pulse } from './pulse.ts';
import { cacheKey } from './result-cache.ts';
import { PinnedStages, StageElsewhere } from './stage-versions.ts';
import type { Performed, TypeScriptSteps } from './step-work.ts';
import { newWorkdir, performTypeScript } from './typescript-step.ts';

export interface DispatchDeps {
  /** Project folder: logs and work folders lie below its `.ratchet`. */
  root: string;
  stages: StageWorks;
  steps: TypeScriptSteps;
  runScript: RunScript;
  cache: StepCache;
  /** Holds inputs that are too large for a history. */
  store: Pick<ObjectStore, 'get' | 'key'>;
  /** Longest outage of a server that a step waits out; 24 hours by default. */
  patienceMs?: number | undefined;
  /** What this worker has of each stage; default: the contract versions that it was built with. */
  pinnedStages?: PinnedStages | undefined;
  /** Tells the workflow that asked (for an item of a wide map not the run itself) the last word of a node. */
  tellRun(workflowId: string, node: string, text: string): Promise<void>;
}

/** Made once a worker: what does one call of a step. */
export function createDispatch(deps: DispatchDeps): (raw: unknown) => Promise<StepOutcome> {
  const own = new OwnFailures();
  const pinned = deps.pinnedStages ?? new PinnedStages();
  return async (raw) => {
    const parsed = StepCall.safeParse(raw);
    if (!parsed.success)
      throw ApplicationFailure.nonRetryable(
        `This is not a call of a step: ${issuesInWords(parsed.error, raw)}`,
        'InvalidInput',
      );
    const call = parsed.data;
    const activity = Context.current();
    const signal = activity.cancellationSignal;
    const { workflowId = call.run.id, runId = '' } = activity.info.workflowExecution ?? {};
    const pulse = new Pulse(activity, (text) => deps.tellRun(workflowId, call.node, text));
    const id = `${runId}/${activity.info.activityId}`;
    const startedAt = Date.now();
    own.take(id, pulse);
    try {
      pinned.check(call, id);
      const whole = await withInput(deps.store, call);
      const outcome = await cachedStep(deps.cache, whole, () => performStep(deps, whole, activity, pulse));
      own.forget(id);
      return outcome;
    } catch (error) {
      if (signal.aborted) throw cancelled(signal) ? new CancelledFailure('the step was cancelled') : interrupted();
      const tries = {
        allowed: call.code.attempts,
        own: pulse.own,
        deaths: pulse.deaths,
        awaySince: pulse.awaySince,
        startedAt,
        now: Date.now(),
      };
      const failure = failedAttempt(error, call.step, tries, deps.patienceMs);
      Object.assign(pulse, { own: tries.own, deaths: tries.deaths, awaySince: tries.awaySince });
      if (tries.awaySince !== null) pulse.progress(waiting(tries.awaySince, failure.message));
      else if (error instanceof StageElsewhere && !error.final) pulse.progress(error.message);
      // The count travels to the next attempt, on whichever worker it is.
      pulse.beat();
      own.keep(id, pulse);
      throw failure;
    } finally {
      pulse.stop();
    }
  };
}

/** Stages end their jobs in time by themselves; this is for one that does not. */
const BACKSTOP_MS = 15_000;

async function performStep(deps: DispatchDeps, call: StepCall, activity: Context, pulse: Pulse): Promise<Performed> {
  const signal = activity.cancellationSignal;
  if (call.code.kind === 'typescript') {
    return performTypeScript(deps, call, deps.steps.run, { signal, progress: (text) => pulse.progress(text) });
  }
  const workdir = newWorkdir(deps.root);
  const log = nodeLog(deps.root, call.run.id, call.node);
  const lines = new ProgressLog(log);
  const limit = new AbortController();
  const timeoutMs = milliseconds(call.code.timeout);
  const timer = setTimeout(() => limit.abort(new Error('out of time')), timeoutMs + BACKSTOP_MS);
  const context: StageContext = {
    run: call.run,
    node: call.node,
    work: workOf(call),
    attempt: activity.info.attempt,
    signal: AbortSignal.any([signal, limit.signal]),
    stopping: () => signal.aborted && !cancelled(signal),
    limits: { memoryMb: call.code.memoryMb, timeoutMs },
    damaged: call.damaged ?? [],
    progress: (text) => {
      pulse.progress(text);
      lines.add(text);
    },
    onVectors: (job, stop) => deps.steps.vectors(call, log, job, stop),
    workdir,
  };
  await mkdir(workdir, { recursive: true });
  try {
    if (call.code.kind === 'stage') return { output: await performStage(deps.stages, call, context), readAsOf: false };
    const input = await deps.steps.check(call, 'input', call.input, signal);
    const output = await deps.runScript(call, input, context);
    return { output: await deps.steps.check(call, 'output', output, signal), readAsOf: false };
  } catch (error) {
    throw limit.signal.aborted && !signal.aborted ? overtime(call) : error;
  } finally {
    clearTimeout(timer);
    await rm(workdir, { recursive: true, force: true });
  }
}

/** The same as the cache would know it by. */
const workOf = ({ code, step, input, run }: StepCall) =>
  cacheKey({ code: code.digest, step, input, environment: run.environment });

/** A job that hangs would hang again; a stage of our own may only have met a slow server. */
function overtime({ step, code }: StepCall): UserError {
  const message = `"${step}" took longer than its timeout of ${code.timeout} and was stopped: its log tells how far it came; raise the step's timeout if it needs longer.`;
  return new UserError(code.place === 'host' ? 'JobFailed' : 'StepFailed', message);
}

async function performStage(works: StageWorks, call: StepCall, context: StageContext): Promise<Json> {
  const name = call.step as keyof StageWorks;
  const spec = stages[name];
  const input = spec.input.safeParse(call.input);
  if (!input.success)
    throw new UserError(
      'InvalidInput',
      `The input of ${call.node} does not fit the stage ${name}: ${issuesInWords(input.error, call.input)}`,
    );
  // The table gives each stage the work that takes its own input; the compiler cannot follow it through a name.
  const work = works[name] as (input: unknown, context: StageContext) => Promise<unknown>;
  const given = await work(input.data, context);
  const output = spec.output.safeParse(given);
  if (!output.success)
    throw new UserError(
      'InvalidOutput',
      `The output of ${call.node} does not fit the stage ${name}: ${issuesInWords(output.error, given)}`,
    );
  const problem = jsonProblem(output.data, 'output');
  const bytes = problem ? 0 : jsonBytes(output.data);
  if (problem || bytes > PAYLOAD_LIMIT)
    throw new UserError(
      'InvalidOutput',
      `The output of ${call.node} cannot be kept: ${problem ?? `${bytes} bytes of JSON, the limit is ${PAYLOAD_LIMIT}`}.`,
    );
  return output.data as Json;
}

/** What a stage says of itself, in its node's log: a line when it changes. */
class ProgressLog {
  readonly #path: string;
  #last = '';
  #done: Promise<unknown> = Promise.resolve();
  constructor(path: string) {
    this.#path = path;
  }
  add(text: string): void {
    if (text === this.#last) return;
    this.#last = text;
    const line = `${new Date().toISOString()} ${text}\n`;
    this.#done = this.#done
      .then(() => mkdir(dirname(this.#path), { recursive: true }))
      .then(() => appendFile(this.#path, line))
      .catch(() => {});
  }
}

/** What a run says of a step that waits for a server. */
const waiting = (since: number, message: string) =>
  `waits since ${new Date(since).toISOString().slice(0, 16).replace('T', ' ')} UTC: ${message}`;

/** Failures counted by this worker: heartbeat details reach the next attempt only when the server got them in time. */
class OwnFailures {
  readonly #counts = new Map<string, Pick<Pulse, 'own' | 'deaths' | 'awaySince'>>();
  take(id: string, pulse: Pulse): void {
    const known = this.#counts.get(id);
    pulse.own = Math.max(pulse.own, known?.own ?? 0);
    pulse.deaths = Math.max(pulse.deaths, known?.deaths ?? 0);
    pulse.awaySince = known ? known.awaySince : pulse.awaySince;
  }
  keep(id: string, { own, deaths, awaySince }: Pulse): void {
    if (this.#counts.size > 10_000) this.#counts.clear();
    this.#counts.set(id, { own, deaths, awaySince });
  }
  forget(id: string): void {
    this.#counts.delete(id);
  }
}
