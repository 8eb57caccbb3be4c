/** A run's first act: its plan. Recorded in the history, so that whatever is edited later changes nothing for this run. */

import { z } from 'zod';
import type { PlannedRun, PlanRequest } from '#contracts/activities.ts';
import { issuesInWords } from '#contracts/describe-issues.ts';
import { UserError } from '#contracts/failures.ts';
import { jsonBytes, NODE_LIMIT, PLAN_LIMIT } from '#contracts/json.ts';
import { keepable } from '#contracts/kept-outcomes.ts';
import { type Block, Plan, type StepCode } from '#contracts/plan.ts';
import type { LaterChampion, NodeRecord, PlannedRecord, RunContext } from '#contracts/run.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tracking } from '#ports/tracking.ts';
import { earlierRun, paramsOf } from '#records/earlier-run.ts';
import { ID_PART, namesRecord } from '#records/runs.ts';
import { ownTrigger } from '#records/unplanned-run.ts';
import type { StepCache } from '../dispatch/cached-step.ts';
import { stageDigest, stageSet } from '../dispatch/stage-versions.ts';
import { registeredModel } from '../release/effect-key.ts';
import { atOneMoment, pastChampion } from '../release/past-champion.ts';
import type { PipelineCode } from './pipeline-code.ts';
import { servedWithPlan } from './served-with-plan.ts';

export interface PlanDeps {
  code: PipelineCode;
  store: ObjectStore;
  tracking: Pick<Tracking, 'alias' | 'championOf' | 'versions'>;
  environment: string;
  /** This machine's id: detached jobs of the run are placed here. */
  host: string;
  /** Without one the run asks for each step when it comes to it. */
  cache?: StepCache;
}

/**
 * Compiles the pipeline for these params, today's champion and `asOf`, and pins its code.
 * @throws UserError InvalidInput, InvalidPipeline; OutsideUnreachable when the store or MLflow is away.
 */
export async function planRun(deps: PlanDeps, request: PlanRequest, signal?: AbortSignal): Promise<PlannedRun> {
  const { envelope, pipeline } = request;
  const environment = envelope.environment ?? deps.environment;
  if (environment !== deps.environment)
    throw new UserError(
      'InvalidInput',
      `This worker serves the environment "${deps.environment}", the run asks for "${environment}": start it there.`,
    );
  checkId(deps.store, request.workflowId);
  const earlier = envelope.resume ? await earlierRun(deps.store, envelope.resume, pipeline) : null;
  const before = earlier?.record ?? null;

  let later: LaterChampion | undefined;
  const registry = atOneMoment(deps.tracking);
  const asOf = envelope.asOf ?? earlier?.asOf ?? request.startedAt;
  const pinned = await deps.code.compile({
    pipeline,
    // What is given goes over those of the run that is taken up.
    params: { ...earlier?.params, ...paramsOf(request.params) },
    asOf,
    said: envelope.asOf,
    // A pipeline names its model without the environment; the registry, and so register and promote, with it.
    champion: async (model, asOf) => {
      const found = await pastChampion(registry, registeredModel({ environment, pipeline, model }), asOf);
      later = found.later?.asOf ? { version: found.later.version, asOf: found.later.asOf } : undefined;
      return found.champion;
    },
    pinned: request.rejudge ? request.previous : undefined,
    signal,
  });
  if (pinned.graph.pipeline !== pipeline)
    throw new UserError(
      'InvalidPipeline',
      `pipelines/${pipeline} defines a pipeline called "${pinned.graph.pipeline}": folder and name must be the same.`,
    );
  const plan = checkedPlan({
    ...pinned,
    steps: stagesOf(pinned.steps, request.previous ? null : before, request.restage),
  });
  const run: RunContext = {
    id: request.workflowId,
    pipeline,
    model: plan.model,
    environment,
    asOf: plan.asOf,
    trigger: envelope.trigger ?? ownTrigger(request),
    ...(later ? { laterChampion: later } : {}),
  };
  const kept = before ? keptOf(before) : [];
  const from = envelope.resume?.from ?? earlier?.from;
  // A fork does again what is downstream of its node, whatever was kept: nothing is foreseen by what it may not keep.
  const counted = { plan, run, kept: from === undefined ? kept : [] };
  // A plan that is made again belongs to a run that has most of it done.
  const served = deps.cache && !request.rejudge ? await servedWithPlan(deps.cache, counted) : [];
  return {
    ...{ plan, run, kept },
    ...(served.length > 0 ? { served } : {}),
    ...(earlier?.from === undefined ? {} : { from: earlier.from }),
    ...{ host: deps.host, stages: stageSet() },
  };
}

/**
 * A run that takes up another one stays on the versions of the stages that gave it something, so that none is mixed; of
 * those in `restage`, and of all others, it has this worker's.
 */
function stagesOf(steps: Plan['steps'], before: PlannedRecord | null, restage: readonly string[] = []): Plan['steps'] {
  const used = new Set(before?.outcomes.map(({ step }) => step));
  const pinned = Object.entries(steps).map(([name, code]): [string, StepCode] => {
    const earlier = before?.plan.steps[name];
    if (code.kind !== 'stage') return [name, code];
    if (restage.includes(name)) return [name, { ...code, digest: stageDigest(name) ?? code.digest }];
    return [name, earlier?.kind === 'stage' && used.has(name) ? { ...code, digest: earlier.digest } : code];
  });
  return Object.fromEntries(pinned);
}

/** Anybody may start a run under any id; one that cannot name a record is told so at the beginning, not at the end. */
function checkId(store: Pick<ObjectStore, 'uri'>, id: string): void {
  if (namesRecord(store, id)) return;
  throw new UserError(
    'InvalidInput',
    `The run's id ${JSON.stringify(id.slice(0, 200))} cannot name its record: start it under one without empty, "." or ".." parts, backslashes or control characters, each part at most ${ID_PART} bytes.`,
  );
}

/** Temporal takes 2 MB as one result; the plan is in it, too. */
const KEPT_LIMIT = 1024 * 1024;
const EFFECTS_LIMIT = 1.5 * KEPT_LIMIT;

/** What the run may keep. When it is too much for one result, what the cache holds is left out: it is found there again. */
function keptOf({ run, plan, outcomes }: PlannedRecord): NodeRecord[] {
  const { kept, repeated } = keepable(outcomes, { all: KEPT_LIMIT, effects: EFFECTS_LIMIT, steps: plan.steps });
  if (repeated > 0)
    throw new UserError(
      'InvalidInput',
      `${run.id} did effects whose outcomes are larger together than the ${EFFECTS_LIMIT.toLocaleString('en')} bytes that a run can keep: taken up, ${repeated} of them would be done again. Start a new run, and let effects return references.`,
    );
  return kept;
}

function checkedPlan({ graph, champion, bundle, steps }: Awaited<ReturnType<PipelineCode['compile']>>): Plan {
  const { pipeline, model, params, asOf, nodes, result } = graph;
  const given = { format: 1, pipeline, model, params, asOf, champion, bundle, steps, nodes, result };
  const parsed = Plan.safeParse(given);
  if (!parsed.success)
    throw new UserError(
      'InvalidPipeline',
      `The plan of "${pipeline}" cannot be used: ${issuesInWords(parsed.error, given)}`,
    );
  const count = countNodes({ nodes });
  if (count > NODE_LIMIT)
    throw new UserError(
      'InvalidPipeline',
      `The plan of "${pipeline}" has ${count} nodes, the limit is ${NODE_LIMIT}: let a map do what a loop in the graph does.`,
    );
  const bytes = jsonBytes(parsed.data);
  if (bytes > PLAN_LIMIT)
    throw new UserError(
      'InvalidPipeline',
      `The plan of "${pipeline}" is ${bytes.toLocaleString('en')} bytes of JSON, the limit is ${PLAN_LIMIT.toLocaleString('en')}: pass large inputs as files or datasets.`,
    );
  return parsed.data;
}

function countNodes({ nodes }: Block): number {
  return nodes.reduce(
    (sum, node) => sum + 1 + (node.blocks ?? []).reduce((inner, block) => inner + countNodes(block), 0),
    0,
  );
}
