/** One step of a plan. */
import { workflowInfo } from '@temporalio/workflow';
import type { RunActivities } from '#contracts/activities.ts';
import { jsonBytes } from '#contracts/json.ts';
import type { StepCall, StepOutcome } from '#contracts/run.ts';
import { callStep, effective } from './dispatch.ts';
import { type Instance, keep, record, serve } from './engine.ts';
import { nodeFailed } from './failure.ts';
import { inputOf } from './input.ts';
import { askWorker } from './local.ts';
import type { Value } from './templates.ts';

export async function runStep(instance: Instance): Promise<Value> {
  const { engine, node, scope, id } = instance;
  const step = node.step ?? '';
  const pinned = engine.steps[step];
  if (!pinned)
    throw nodeFailed('InvalidPipeline', id, `node ${id}: the plan pins no code for step ${step}: plan the run again`);
  const code = effective(pinned, node.options);
  const input = inputOf(instance);

  const before = keep(instance, step, input) ?? serve(instance, step, input);
  if (before) return before.output;

  engine.attributes.enter(step);
  const cache = code.cache && node.options?.cache !== false;
  const { run, bundle, damaged } = engine;
  const large = engine.room.isTooLarge(jsonBytes(input));
  const call: StepCall = {
    ...{ run, node: id, step, code, bundle, cache },
    ...(large ? { input: null, inputAt: await askWorker<RunActivities>().keepInput(input) } : { input }),
    ...(damaged.length > 0 ? { damaged: [...damaged] } : {}),
  };
  if (engine.batches) return took(await engine.batches.ask(node.id, call));
  const room = engine.room.enter(jsonBytes(call));
  if (room) await room;
  // Steps run where their run's workflow does unless they say otherwise.
  return took(
    await callStep(call, workflowInfo().taskQueue, engine, (request) => askWorker<RunActivities>().placeJob(request)),
  );

  function took(outcome: StepOutcome): Value {
    record(instance, { step, input, ...outcome });
    engine.attributes.learn(step, outcome.output);
    engine.reports.set(node, scope.prefix, { cached: outcome.cached, reason: outcome.reason, ms: outcome.ms });
    return outcome.output;
  }
}
