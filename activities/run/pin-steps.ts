/** Steps for a plain workflow: what a plan pins, without its graph. */
import type { PinnedSteps, PinRequest } from '#contracts/activities.ts';
import { canonicalJson } from '#contracts/json.ts';
import type { StepCode } from '#contracts/plan.ts';
import { PinnedProgram } from '#contracts/program.ts';
import { stages } from '#contracts/stages/index.ts';
import { stageDigest } from '../dispatch/stage-versions.ts';
import { type PlanDeps, planRun } from './plan-run.ts';

/** @throws UserError as {@link planRun}: the pipeline is planned with these params, and the graph left out. */
export async function pinSteps(deps: PlanDeps, request: PinRequest, signal?: AbortSignal): Promise<PinnedSteps> {
  const {
    plan,
    run,
    host,
    stages: set,
  } = await planRun({ ...deps, cache: undefined }, { ...request, envelope: {} }, signal);
  const programs = new Map<string, PinnedProgram>();
  collect(plan.nodes, programs);
  const { champion, bundle } = plan;
  return {
    run,
    champion,
    bundle,
    steps: { ...stageCodes(), ...plan.steps },
    programs: [...programs.values()],
    host,
    ...(set ? { stages: set } : {}),
  };
}

function collect(part: unknown, found: Map<string, PinnedProgram>): void {
  if (part === null || typeof part !== 'object') return;
  const program = PinnedProgram.safeParse(part);
  if (program.success) found.set(canonicalJson(program.data.command), program.data);
  else for (const item of Object.values(part)) collect(item, found);
}

/** Stages need no bundle: their contract version stands for their code, counted as the planner counts it. */
function stageCodes(): Record<string, StepCode> {
  return Object.fromEntries(
    Object.values(stages).map(({ name, kind, settings }) => {
      const { effect, cache, timeout, attempts, queue, place, memoryMb } = settings;
      return [
        name,
        {
          kind,
          digest: stageDigest(name) ?? '',
          effect,
          cache,
          timeout,
          attempts,
          queue,
          place,
          memoryMb,
          program: null,
        },
      ];
    }),
  );
}
