/** What a project's pipelines ask to be deployed with. */

import { z } from 'zod';
import { issuesInWords } from '#contracts/describe-issues.ts';
import { UserError } from '#contracts/failures.ts';
import { LoopPolicy } from '#contracts/loop/policy.ts';
import { LoopLimits, TriggerCondition } from '#contracts/trigger-condition.ts';
import { WatchPolicy } from '#contracts/watch.ts';
import { leaves } from '#decisions/retrain/facts.ts';
import { asOfFormat } from '../code/as-of-param.ts';
import type { Loaded } from '../step-host/protocol.ts';

const Declared = z.object({
  triggers: TriggerCondition.nullable(),
  limits: LoopLimits.nullable(),
  watch: WatchPolicy.nullable(),
});

/** Policies of those that have triggers. @throws UserError InvalidPipeline for triggers that wait for what does not exist */
export function policiesOf(pipelines: readonly Loaded[], environment: string): LoopPolicy[] {
  const declared = pipelines
    .map((loaded) => ({ loaded, ...parsed(loaded) }))
    .filter(({ triggers }) => triggers !== null);
  const names = new Set(pipelines.map(({ name }) => name));
  const upstreams = new Map<string, string[]>();
  for (const { loaded, triggers } of declared)
    for (const leaf of leaves(triggers)) {
      if (leaf.kind !== 'upstream') continue;
      if (!names.has(leaf.pipeline))
        throw wrong(loaded.name, `waits for upstream("${leaf.pipeline}"), which is no pipeline of this project`);
      upstreams.set(leaf.pipeline, [...(upstreams.get(leaf.pipeline) ?? []), loaded.name]);
    }
  return declared.map(({ loaded, triggers, limits, watch }) =>
    LoopPolicy.parse({
      pipeline: loaded.name,
      environment,
      model: loaded.model,
      triggers,
      limits: limits ?? {},
      watch,
      asOf: asOfFormat(loaded.paramsSchema),
      downstream: upstreams.get(loaded.name) ?? [],
    }),
  );
}

function parsed(loaded: Loaded): z.output<typeof Declared> {
  const result = Declared.safeParse(loaded);
  if (result.success) return result.data;
  throw wrong(loaded.name, `cannot be deployed: ${issuesInWords(result.error, loaded)}`);
}

const wrong = (name: string, words: string) => new UserError('InvalidPipeline', `Pipeline "${name}" ${words}.`);
