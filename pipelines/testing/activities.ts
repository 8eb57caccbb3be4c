/** What a simulated worker does: the real planner's and loop's decisions, over stand-in stages and a store in memory. */
import { ApplicationFailure } from '@temporalio/common';
import type { PlannedRun, PlanRequest, RunActivities } from '#contracts/activities.ts';
import { type BatchAnswer, type BatchCall, callOf } from '#contracts/batch.ts';
import type { CompiledGraph } from '#contracts/compiled.ts';
import type { ChampionRef } from '#contracts/data.ts';
import type { Decision } from '#contracts/decision.ts';
import { each } from '#contracts/each.ts';
import { UserError } from '#contracts/failures.ts';
import { canonicalJson, type Json } from '#contracts/json.ts';
import type { Judgement, LoopActivities, WatchActivities } from '#contracts/loop/activities.ts';
import type { Provisional } from '#contracts/loop/answers.ts';
import type { LoopPolicy } from '#contracts/loop/policy.ts';
import type { Plan, StepCode } from '#contracts/plan.ts';
import type { RunRecord, StepCall, StepOutcome } from '#contracts/run.ts';
import { promote } from '#contracts/stages/promote.ts';
import { higherIsBetter } from '#decisions/retrain/performance-limit.ts';
import { decideLoop } from '#decisions/retrain.ts';
import type { Metrics, SimulatedStages } from './stages.ts';

interface SimulatedStore {
  readonly records: Map<string, RunRecord>;
  readonly decisions: Decision[];
}

interface Parts {
  name: string;
  model: string | null;
  compile(params: Json, values: { champion: ChampionRef | null; asOf: string }): CompiledGraph;
  policy: LoopPolicy;
  stages: SimulatedStages;
  store: SimulatedStore;
  steps: Record<string, (input: Json, call: StepCall) => unknown>;
  cohort(provisional: Provisional): { champion: Metrics; previous: Metrics } | null;
  isRunning(runId: string): Promise<boolean>;
}

export type SimulatedActivities = RunActivities &
  LoopActivities &
  Pick<WatchActivities, 'judgeCohort' | 'rollBack'> & {
    default: (call: StepCall | BatchCall) => Promise<StepOutcome | BatchAnswer>;
  };

export function simulatedActivities(parts: Parts): SimulatedActivities {
  const { stages, store, policy } = parts;
  const inputs = new Map<string, Json>();
  const perform = async (asked: StepCall): Promise<StepOutcome> => {
    const call = asked.inputAt ? { ...asked, input: inputs.get(asked.inputAt.digest) ?? null } : asked;
    const own = parts.steps[call.step];
    const output = own ? ((await own(call.input, call)) as Json) : await told(() => stages.answer(call));
    if (output === null && !own)
      throw new Error(
        `the simulation does not know the step ${call.step}: give it one, steps: { ${call.step}: () => … }`,
      );
    return { output: output ?? null, cached: false, reason: 'simulated', key: null, ms: 0 };
  };
  return {
    keepInput: async (input) => {
      const digest = canonicalJson(input);
      inputs.set(digest, input);
      return { uri: 'memory:input', digest };
    },
    planRun: async (request) => told(() => planned(parts, request)),
    placeJob: async ({ not }) => ({ host: not }),
    digestEvidence: async (evidence) => ({ digest: canonicalJson(evidence).slice(0, 200) }),
    writeRecord: async (record) => {
      store.records.set(record.run.id, record);
      return { uri: `memory:${record.run.id}` };
    },
    decide: async (request) => decideLoop(request),
    loopPolicy: async () => policy,
    writeDecisions: async ({ decisions }) => {
      store.decisions.push(...decisions);
    },
    runEnd: async ({ runId }) => {
      const record = store.records.get(runId);
      const none = { runId, verdict: null, modelVersion: null, previous: null };
      if (!record) return (await parts.isRunning(runId)) ? null : { ...none, status: 'terminated', reasons: [] };
      const { result, failure, outcomes } = record;
      const output = outcomes.find(({ step }) => step === promote.name)?.output;
      const previous = promote.output.safeParse(output).data?.previous ?? null;
      const { status, verdict, modelVersion, reasons } = result;
      return { runId, status, verdict, modelVersion, previous, reasons: failure ? [failure.message] : reasons };
    },
    judgeCohort: async ({ provisional }): Promise<Judgement> => {
      const metric = policy.watch?.provisional?.metric ?? '';
      const found = parts.cohort(provisional);
      return {
        ...{ runId: provisional.runId, version: provisional.version, metric, rows: found ? 1_000 : 0 },
        champion: found?.champion[metric] ?? null,
        previous: found?.previous[metric] ?? null,
        higherIsBetter: higherIsBetter(metric),
      };
    },
    rollBack: async ({ provisional }) => {
      if (stages.champion?.version !== provisional.version)
        return { done: false, words: 'another version took its place' };
      return { done: true, words: `version ${stages.rollBack()?.version} is champion again` };
    },
    default: async (asked) => {
      if (!('items' in asked)) return perform(asked);
      // One that fails has its attempts alone.
      const items = await each(1, asked.items, (item) =>
        perform(callOf(asked, item)).then(
          (outcome) => ({ outcome }),
          () => ({ alone: 0 }),
        ),
      );
      return { items, pace: { size: items.length, least: 1 }, slow: false };
    },
  };
}

/** A mistake of the author's ends the run; it is not tried again. */
async function told<T>(work: () => T): Promise<T> {
  try {
    return work();
  } catch (error) {
    const type = error instanceof UserError ? error.type : 'StepFailed';
    throw ApplicationFailure.nonRetryable(error instanceof Error ? error.message : String(error), type);
  }
}

function planned({ name, model, compile, stages }: Parts, request: PlanRequest): PlannedRun {
  const asOf = request.envelope.asOf ?? request.startedAt;
  const champion: ChampionRef | null = stages.champion && {
    kind: 'champion',
    model: model ?? name,
    version: stages.champion.version,
    runId: stages.champion.asOf,
    uri: `runs:/${stages.champion.asOf}/model`,
    digest: stages.champion.digest,
  };
  const graph = compile(request.params, { champion, asOf });
  const steps = Object.values(graph.steps).map(({ name, kind, settings }): [string, StepCode] => {
    const { effect, cache, timeout, attempts, memoryMb } = settings;
    const rest = { digest: name, effect, cache, timeout, attempts, memoryMb, program: null };
    // Everything runs in the simulated worker.
    return [name, { kind, ...rest, queue: null, place: 'any' }];
  });
  const plan: Plan = {
    format: 1,
    pipeline: name,
    model,
    params: graph.params,
    asOf: graph.asOf,
    champion,
    bundle: 'simulated',
    steps: Object.fromEntries(steps),
    nodes: graph.nodes,
    result: graph.result,
  };
  const trigger = request.envelope.trigger ?? {
    ...{ kind: 'manual' as const, id: request.workflowId, reason: 'by hand', figures: {}, who: 'simulation' },
    at: request.startedAt,
  };
  const run = { id: request.workflowId, pipeline: name, model, environment: 'dev', asOf: plan.asOf, trigger };
  return { plan, run, kept: [], host: 'simulated' };
}
