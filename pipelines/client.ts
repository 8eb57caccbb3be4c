/** `ratchet-ml/client`: starts pipelines from any program that reaches Temporal, and follows them. */
import type { Client } from '@temporalio/client';
import type { z } from 'zod';
import { askRetrain, loopStatus, pauseLoop, resumeLoop, tellLoop } from '#adapters/temporal/loops.ts';
import { approveRun, cancelRun } from '#adapters/temporal/runs.ts';
import { followRun, runResult, type StartRun, startRun } from '#adapters/temporal/start-run.ts';
import type { ApproveRequest } from '#contracts/approve-request.ts';
import type { Json } from '#contracts/json.ts';
import type { LoopStatus, RetrainAnswer, RetrainRequest } from '#contracts/loop/answers.ts';
import type { EvidenceInput, EvidenceKind } from '#contracts/loop/evidence.ts';
import type { RunProgress, RunResult } from '#contracts/run.ts';
import type { Pipeline } from './define-pipeline.ts';

export { connectTemporal, type TemporalSettings } from '#adapters/temporal/connection.ts';
export { RunEnded } from '#adapters/temporal/start-run.ts';
export type { Decision } from '#contracts/decision.ts';
export type { LoopStatus, RetrainAnswer, RetrainRequest } from '#contracts/loop/answers.ts';
export type { EvidenceInput, EvidenceKind } from '#contracts/loop/evidence.ts';
export type { RunProgress, RunResult } from '#contracts/run.ts';

/**
 * Why a run starts, and what time it is made for.
 * @example
 * ```ts
 * const options: StartOptions = { trigger: { id: 'release-7' }, asOf: '2026-06-01T00:00:00Z' };
 * const { already } = await startPipeline(client, churn, {}, options);
 * ```
 */
export type StartOptions = Pick<StartRun, 'trigger' | 'asOf' | 'environment'>;

/**
 * A run that was started, or was there already.
 * @example
 * ```ts
 * const verdict = async (run: PipelineRun<unknown>) => (await run.report()).verdict;
 * ```
 */
export interface PipelineRun<R> {
  readonly runId: string;
  /** true: the same trigger had started this run before; its handle is this one. */
  readonly already: boolean;
  /** What the graph returned. Throws RunEnded when the run failed or was cancelled; a refused candidate is no failure. */
  result(): Promise<R>;
  /** Status, verdict, reasons, nodes, and what the graph returned. Throws as `result`. */
  report(): Promise<RunResult & { output: R }>;
  /** Each change until the run is over. */
  progress(): AsyncGenerator<RunProgress, void, void>;
  /** Throws when the word does not count, and says why: nobody asked, other evidence, not one of those who may. */
  approve(request: z.input<typeof ApproveRequest>): Promise<{ node: string; given: string[]; quorum: number }>;
  cancel(): Promise<void>;
}

/**
 * Starts a run, once for a trigger's id. Throws ZodError when the params do not fit the pipeline's schema, before anything
 * is started.
 * @example
 * ```ts
 * const run = await startPipeline(client, churn, { asOf: '2026-06-01' });
 * for await (const progress of run.progress()) console.log(progress.status);
 * console.log(await run.result());
 * ```
 */
export async function startPipeline<P extends z.ZodObject, R>(
  client: Client,
  pipeline: Pick<Pipeline<P, R>, 'name' | 'params' | 'result'>,
  params: z.input<P>,
  options: StartOptions = {},
): Promise<PipelineRun<R>> {
  pipeline.params.parse(params);
  // What is sent is what was given: the planner fills in the defaults, of the code that the run is pinned to.
  const { runId, already, workflow } = await startRun(client, {
    ...options,
    pipeline: pipeline.name,
    params: params as Json,
  });
  // The graph's return type is what the run's output was resolved from.
  const report = async () => (await runResult(workflow)) as RunResult & { output: R };
  return {
    runId,
    already,
    report,
    result: async () => (await report()).output,
    progress: () => followRun(workflow),
    approve: (request) => approveRun(client, runId, { note: '', ...request }),
    cancel: async () => {
      await cancelRun(client, runId, 'a client');
    },
  };
}

/**
 * A pipeline's loop, as another program talks to it.
 * @example
 * ```ts
 * const pauseFor = (loop: Loop, reason: string) => loop.pause({ by: 'anna', reason });
 * ```
 */
export interface Loop {
  /** Asks for a run; the same `id` again gets the same answer. */
  retrain(request: RetrainRequest): Promise<RetrainAnswer>;
  /** Hands over evidence by its signal's name: `tell('dataArrived', { id, at, rows: 20_000 })`. The same `id` counts once. */
  tell<K extends EvidenceKind>(kind: K, evidence: EvidenceInput<K>): Promise<void>;
  pause(request: { by: string; reason: string }): Promise<LoopStatus>;
  resume(request: { by: string; reason: string }): Promise<LoopStatus>;
  /** Null when nothing was ever deployed or told. */
  status(): Promise<LoopStatus | null>;
}

/**
 * The loop of a pipeline, by its name. Nothing is started before something is asked or told.
 * @example
 * ```ts
 * const loop = pipelineLoop(client, 'churn');
 * const answer = await loop.retrain({ id: 'ticket-1201', by: 'anna', reason: 'new prices' });
 * console.log(answer.outcome);
 * ```
 */
export function pipelineLoop(client: Client, pipeline: string, options: { environment?: string } = {}): Loop {
  const target = { pipeline, ...options };
  return {
    retrain: (request) => askRetrain(client, target, request),
    tell: (kind, evidence) => tellLoop(client, target, kind, evidence),
    pause: (request) => pauseLoop(client, target, request),
    resume: (request) => resumeLoop(client, target, request),
    status: () => loopStatus(client, target),
  };
}
