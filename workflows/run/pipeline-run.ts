/**
 * Any pipeline's run: the dynamic workflow that is started under the pipeline's own name.
 *
 * Plans first (recorded, so that editing the pipeline never touches this run), executes the plan, starts over when the
 * champion moved meanwhile (keeping what that leaves unchanged), and writes the run's record however it ended.
 */
import {
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  log,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { PlannedRun, PlanRequest, RunActivities } from '#contracts/activities.ts';
import { RunEnvelope } from '#contracts/envelope.ts';
import { type Json, jsonBytes, mentions, PAYLOAD_LIMIT } from '#contracts/json.ts';
import { approveUpdate, nodeProgressSignal, progressQuery } from '#contracts/messages.ts';
import type { NodeRecord, RunResult } from '#contracts/run.ts';
import { runBlock } from './interpreter/block.ts';
import { planProblem } from './interpreter/check.ts';
import { CommandRoom } from './interpreter/command-room.ts';
import type { Engine } from './interpreter/engine.ts';
import { DependencyFailed, describe, type Failure, NodeFailed } from './interpreter/failure.ts';
import { downstream, without } from './interpreter/fork.ts';
import { Kept } from './interpreter/kept.ts';
import { askWorker, PLANNING } from './interpreter/local.ts';
import { runNode } from './interpreter/node.ts';
import { Repairs } from './interpreter/repairs.ts';
import { hear } from './interpreter/reports.ts';
import { Restages } from './interpreter/restages.ts';
import { Scope } from './interpreter/scope.ts';
import { RunView } from './view.ts';

/** How often a run judges again because the champion moved under it. */
const REJUDGES = 3;

type Ending =
  | { how: 'ended'; output: Json }
  | { how: 'failed'; failure: Failure; cause: unknown }
  | { how: 'cancelled'; cause: unknown };

/** `params`: the pipeline's, as plain JSON; `envelope`: see RunEnvelope. Both may be left out. */
export async function pipelineRun(params?: unknown, envelope?: unknown): Promise<RunResult> {
  const view = new RunView();
  setHandler(progressQuery, () => view.progress());
  setHandler(nodeProgressSignal, (said: unknown) => hear(view.reports, said));
  setHandler(approveUpdate, view.approvals.give, { validator: view.approvals.validate });

  const parsed = RunEnvelope.safeParse(envelope ?? {});
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'envelope'}: ${issue.message}`);
    return end(view, null, [], {
      how: 'failed',
      cause: undefined,
      failure: {
        type: 'InvalidInput',
        node: null,
        message: `the run's second argument is wrong: ${issues.join('; ')}`,
      },
    });
  }
  const { planned, outcomes, ending } = await planAndExecute(view, (params ?? {}) as Json, parsed.data);
  return end(view, planned, outcomes, ending, parsed.data.resume?.runId ?? null);
}

async function planAndExecute(view: RunView, params: Json, envelope: RunEnvelope) {
  const info = workflowInfo();
  const request = {
    workflowId: info.workflowId,
    pipeline: info.workflowType,
    params,
    envelope,
    startedAt: info.startTime.toISOString(),
  };
  let planned: PlannedRun | null = null;
  /** Of all tries so far. */
  const before: NodeRecord[] = [];
  const repairs = new Repairs();
  const restages = new Restages();
  let restage: string[] = [];
  /** Of the run that this one takes up. */
  let kept: NodeRecord[] | null = null;
  for (let rejudges = 0, repairing = false; ; ) {
    const outcomes: NodeRecord[] = [];
    try {
      // A run stays on its code whatever is edited meanwhile: the plan so far goes along.
      const rejudge: Pick<PlanRequest, 'rejudge' | 'previous' | 'restage'> =
        planned === null ? {} : { rejudge: true, previous: planned.plan, ...(restage.length > 0 ? { restage } : {}) };
      if (planned === null || !repairing) {
        planned = await askWorker<RunActivities>(PLANNING).planRun({ ...request, ...rejudge });
        restage = [];
      }
      // Those of the first plan, by which is remembered what was found of no use.
      kept ??= planned.kept;
      const from = resumed({ ...planned, kept }, envelope);
      const output = await execute(view, planned, {
        kept: restages.sound(repairs.sound([...from, ...before])),
        outcomes,
        damaged: repairs.damaged,
        willGoAgain: (error) =>
          (rejudges < REJUDGES && championMoved(error)) ||
          restages.mends(error) ||
          repairs.mends(error, [...(kept ?? []), ...before, ...outcomes]),
      });
      return { planned, outcomes, ending: { how: 'ended', output } satisfies Ending };
    } catch (error) {
      before.push(...outcomes.filter((outcome) => !before.includes(outcome)));
      const known = [...(kept ?? []), ...before];
      repairing = repairs.mends(error, known);
      // Also when it is not made again here: a retry must not keep it.
      repairs.note(error, known);
      if (repairing) {
        log.info('an artifact is damaged: whatever made it makes it again', { artifact: repairs.damaged.at(-1) });
        continue;
      }
      if (planned !== null && restages.mends(error)) {
        restage = restages.note(error, planned.plan, known);
        log.info('no worker has the pinned version of a stage: going on with the present one', { restage });
        continue;
      }
      // Work that the last try did not come to again is part of a failed run's record: a retry may keep it.
      if (rejudges === REJUDGES || !championMoved(error))
        return { planned, outcomes: restages.sound(repairs.sound(before)), ending: endingOf(error) };
      rejudges++;
      log.info('the champion moved: judging again', { rejudges });
    }
  }
}

async function execute(
  view: RunView,
  planned: PlannedRun,
  {
    kept,
    outcomes,
    damaged,
    willGoAgain,
  }: Pick<Engine, 'outcomes' | 'damaged' | 'willGoAgain'> & { kept: NodeRecord[] },
): Promise<Json> {
  const { plan, run } = planned;
  const problem = planProblem(plan);
  if (problem)
    throw ApplicationFailure.nonRetryable(
      `the plan of ${plan.pipeline} cannot be executed: ${problem}`,
      'InvalidPipeline',
    );
  const root = { nodes: plan.nodes, result: plan.result };
  view.begin(plan, run, outcomes);
  const output = await runBlock(
    {
      run,
      bundle: plan.bundle,
      steps: plan.steps,
      reports: view.reports,
      kept: new Kept(kept),
      served: new Kept(planned.served?.filter(({ output }) => !damaged.some((uri) => mentions(output, uri))) ?? []),
      approvals: view.approvals,
      attributes: view.attributes,
      outcomes,
      room: new CommandRoom(),
      host: planned.host,
      stages: planned.stages,
      damaged,
      willGoAgain,
      runBlock,
      runNode,
    },
    root,
    new Scope(null, ''),
  );
  const bytes = jsonBytes(output ?? null);
  if (bytes > PAYLOAD_LIMIT)
    throw ApplicationFailure.nonRetryable(
      `the graph returns ${bytes} bytes of JSON, the limit is ${PAYLOAD_LIMIT}: return references`,
      'InvalidOutput',
    );
  return output ?? null;
}

/** Outcomes of the run that this one takes up; a fork leaves out what it is to run again. */
function resumed({ plan, kept, from: before }: PlannedRun, { resume }: RunEnvelope): NodeRecord[] {
  const from = resume?.from ?? before;
  return from === undefined ? kept : without(kept, downstream({ nodes: plan.nodes, result: plan.result }, from));
}

function championMoved(error: unknown): boolean {
  return error instanceof NodeFailed && error.failure.type === 'ChampionMoved';
}

function endingOf(error: unknown): Ending {
  if (isCancellation(error)) return { how: 'cancelled', cause: error };
  if (error instanceof NodeFailed) return { how: 'failed', failure: error.failure, cause: error.cause };
  if (error instanceof DependencyFailed)
    return { how: 'failed', failure: { type: 'StepFailed', message: error.message, node: null }, cause: error };
  return { how: 'failed', failure: { ...describe(error), node: null }, cause: error };
}

/** Writes the record and ends the workflow as the run ended: completed, failed or cancelled. */
async function end(
  view: RunView,
  planned: PlannedRun | null,
  outcomes: NodeRecord[],
  ending: Ending,
  resumedFrom: string | null = null,
): Promise<RunResult> {
  const failure = ending.how === 'failed' ? ending.failure : null;
  const result = view.finish(outcomes, ending.how, failure, ending.how === 'ended' ? ending.output : null);
  // Without a plan a worker writes it, from the history: see workers/missing-records.ts.
  if (planned) {
    const record = {
      format: 1 as const,
      run: planned.run,
      plan: planned.plan,
      startedAt: workflowInfo().startTime.toISOString(),
      endedAt: new Date().toISOString(),
      result,
      failure,
      outcomes,
      approvals: view.approvals.log(),
      ...(view.approvals.escalations().length > 0 ? { escalations: view.approvals.escalations() } : {}),
      resumedFrom,
    };
    try {
      await CancellationScope.nonCancellable(() => askWorker<RunActivities>().writeRecord(record));
    } catch (error) {
      // Likewise: the history tells all of it until Temporal drops it.
      log.error('the record could not be written', { error: describe(error).message });
    }
  }
  if (ending.how === 'cancelled') throw ending.cause;
  if (ending.how === 'failed')
    throw ApplicationFailure.create({
      message: inWords(ending.failure),
      type: 'RunFailed',
      nonRetryable: true,
      details: [result, ending.failure],
      ...(ending.cause instanceof Error ? { cause: ending.cause } : {}),
    });
  return result;
}

function inWords({ node, message }: Failure): string {
  return node === null || message.startsWith(`node ${node}`) ? message : `node ${node}: ${message}`;
}
