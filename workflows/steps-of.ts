/**
 * `ratchet-ml/workflow`: a pipeline's steps as functions in a plain Temporal workflow, types only.
 *
 *     const { validateData, train, gate } = stepsOf<typeof steps>({ pipeline: 'flight-delays' });
 *     const data = await validateData({ source: 'flights.csv' });
 *
 * Each call is the same activity that a run's node is: pinned code, cache, retries, detached jobs. The code is pinned by
 * the first call and recorded, so a workflow finishes on the code that it started with. No plan, no record, no progress:
 * those are what a pipeline adds.
 */
import { ActivityFailure, ApplicationFailure, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { PinActivities, PinnedSteps, RunActivities } from '#contracts/activities.ts';
import type { Duration } from '#contracts/duration.ts';
import { canonicalJson, type Json, jsonBytes, PAYLOAD_LIMIT } from '#contracts/json.ts';
import { taskQueue } from '#contracts/names.ts';
import type { PinnedProgram } from '#contracts/program.ts';
import type { Step } from '#contracts/step.ts';
import { callStep, effective } from './run/interpreter/dispatch.ts';
import { describe } from './run/interpreter/failure.ts';

/**
 * What one call of a step may be told.
 * @example
 * ```ts
 * const again: CallOptions = { id: 'fit-west', retry: { attempts: 5 }, cache: false };
 * ```
 */
export interface CallOptions {
  /** The activity's id; default: the step's name, `name-2` for its second call … */
  id?: string;
  retry?: { attempts: number };
  timeout?: Duration;
  queue?: string;
  cache?: boolean;
}
/**
 * Every step of `S` as a function from its input to a promise of its output.
 * @example
 * ```ts
 * const learn = (proxied: Proxied<typeof steps>, rows: DatasetRef) => proxied.fit({ rows });
 * ```
 */
export type Proxied<S> = {
  readonly [K in keyof S as S[K] extends Step<infer _I, infer _O> ? K : never]: S[K] extends Step<infer I, infer O>
    ? (input: I, options?: CallOptions) => Promise<O>
    : never;
};
/**
 * Whose steps a workflow calls, and where.
 * @example
 * ```ts
 * const options: StepsOfOptions = { pipeline: 'churn', params: { asOf: '2026-06-01' }, timeout: '1h' };
 * ```
 */
export interface StepsOfOptions {
  /** Whose steps; default: the pipeline called like this workflow. */
  pipeline?: string;
  /** Params that the pipeline is planned with, where its steps depend on them. */
  params?: Json;
  /** Task queue of Ratchet's worker; default that of the environment `dev`. */
  queue?: string;
  /** For steps that are not told otherwise; default: each step's own. */
  timeout?: Duration;
}
/**
 * What was pinned, for those who need it: the champion to judge against, `asOf`, the run as steps are told of it.
 * @example
 * ```ts
 * const versionOf = async ({ pinned }: Pinned) => (await pinned()).champion?.version ?? null;
 * ```
 */
export interface Pinned {
  pinned(): Promise<Pick<PinnedSteps, 'champion' | 'run'>>;
  /** Reads the champion again and calls the steps with it from now on, after a ChampionMoved. Code stays as it was. */
  again(): Promise<Pick<PinnedSteps, 'champion' | 'run'>>;
}

/**
 * The steps; nothing is asked of a worker before the first call.
 * @example
 * ```ts
 * const { load: read, fit: learn } = stepsOf<typeof steps>({ pipeline: 'churn' });
 * export async function churnWorkflow(path: string): Promise<number> {
 *   const data = await read({ path });
 *   return (await learn({ rows: data.rows })).score;
 * }
 * ```
 */
export function stepsOf<S>(options: StepsOfOptions = {}): Proxied<S> & { readonly $: Pinned } {
  const calls = new Calls(options);
  const functions = new Map<string, unknown>();
  // A proxy has no type of its own; its keys are the steps' names, which is what Proxied says.
  return new Proxy({} as Proxied<S> & { readonly $: Pinned }, {
    get: (_target, name) => {
      if (name === '$') return calls;
      if (typeof name !== 'string' || name === 'then') return undefined;
      const known = functions.get(name) ?? ((input: Json, how?: CallOptions) => calls.call(name, input, how));
      functions.set(name, known);
      return known;
    },
  });
}

class Calls implements Pinned {
  readonly #options: StepsOfOptions;
  readonly #queue: string;
  readonly #counts = new Map<string, number>();
  #steps: Promise<PinnedSteps> | null = null;

  constructor(options: StepsOfOptions) {
    this.#options = options;
    this.#queue = options.queue ?? taskQueue.control('dev');
  }

  pinned(): Promise<PinnedSteps> {
    this.#steps ??= this.#ask();
    return this.#steps;
  }

  async again(): Promise<PinnedSteps> {
    const before = await this.pinned();
    const { champion } = await this.#ask();
    this.#steps = Promise.resolve({ ...before, champion });
    return this.#steps;
  }

  async call(step: string, input: Json, { id, cache, ...options }: CallOptions = {}): Promise<Json> {
    const count = (this.#counts.get(step) ?? 0) + 1;
    this.#counts.set(step, count);
    const node = id ?? (count === 1 ? step : `${step}-${count}`);
    for (;;) {
      try {
        return await this.#call(step, node, input, cache, options);
      } catch (error) {
        // A workflow is its author's: it goes on with the present version of the stage, and what it called before stays.
        if (!(error instanceof ActivityFailure) || describe(error).type !== 'StageElsewhere') throw error;
        const [before, anew] = [await this.pinned(), await this.#ask()];
        const code = anew.steps[step];
        if (!code || code.digest === before.steps[step]?.digest) throw error;
        this.#steps = Promise.resolve({ ...before, steps: { ...before.steps, [step]: code } });
      }
    }
  }

  async #call(
    step: string,
    node: string,
    input: Json,
    cache: boolean | undefined,
    options: Omit<CallOptions, 'id' | 'cache'>,
  ): Promise<Json> {
    const { run, bundle, steps, programs, host, stages } = await this.pinned();
    const code = Object.hasOwn(steps, step) ? steps[step] : undefined;
    if (!code) refuse(`no step ${step} is pinned: the pipeline ${run.pipeline} uses ${Object.keys(steps).join(', ')}`);
    const { timeout } = this.#options;
    const call = {
      run,
      node,
      step,
      bundle,
      code: effective(code, { ...(timeout ? { timeout } : {}), ...options }),
      input: withPrograms(input, programs),
      cache: code.cache && cache !== false,
    };
    const bytes = jsonBytes(call.input);
    if (bytes > PAYLOAD_LIMIT)
      refuse(`the input of ${node} is ${bytes} bytes of JSON, the limit is ${PAYLOAD_LIMIT}: pass a reference instead`);
    const outcome = await callStep(call, this.#queue, { host, stages }, (request) =>
      this.#worker<RunActivities>().placeJob(request),
    );
    return outcome.output;
  }

  #ask(): Promise<PinnedSteps> {
    const { workflowId, workflowType, startTime } = workflowInfo();
    const { pipeline = workflowType, params = {} } = this.#options;
    return this.#worker<PinActivities>().pinSteps({ workflowId, pipeline, params, startedAt: startTime.toISOString() });
  }

  /** Ordinary activities: this workflow's own worker is the user's, and knows none of them. */
  #worker<A>() {
    return proxyActivities<A>({
      taskQueue: this.#queue,
      // Enough to bundle a pipeline and to start a step host.
      startToCloseTimeout: '2m',
      retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' },
    });
  }
}

/** The input with every program replaced by the pinned one of the same command. */
function withPrograms(input: Json, programs: readonly PinnedProgram[]): Json {
  if (input === null || typeof input !== 'object') return input;
  if (Array.isArray(input)) return input.map((item: Json) => withPrograms(item, programs));
  const { kind, command } = input as { kind?: Json; command?: Json };
  if (kind === 'program' && command) {
    const pinned = programs.find((program) => canonicalJson(program.command) === canonicalJson(command));
    if (pinned) return pinned as unknown as Json; // A program is JSON; its schema's type has no index signature.
  }
  const entries = Object.entries(input).map(([key, item]) => [
    key,
    item === undefined ? item : withPrograms(item, programs),
  ]);
  return Object.fromEntries(entries) as Json;
}

function refuse(message: string): never {
  throw ApplicationFailure.nonRetryable(message, 'InvalidInput');
}
