import type { Instance } from './engine.ts';
import { nodeFailed } from './failure.ts';
import { inputOf } from './input.ts';
import { Scope } from './scope.ts';
import type { Value } from './templates.ts';

/** Feeds `state` back until the body says `until`, or `max` rounds are over; at least one round. The last state. */
export async function runRepeat(instance: Instance): Promise<Value> {
  const { engine, node, scope, id } = instance;
  const [body] = node.blocks ?? [];
  const max = node.options?.max ?? 1;
  if (!body) throw nodeFailed('InvalidPipeline', id, `node ${id}: a repeat needs a body`);
  let state: Value = inputOf(instance);
  for (let round = 0; round < max; round++) {
    const inner = new Scope(scope, `${id}[${round}]/`, { [`${node.id}/state`]: state, [`${node.id}/round`]: round });
    engine.reports.set(node, scope.prefix, { progress: `round ${round + 1} of at most ${max}` });
    const end = (await engine.runBlock(engine, body, inner)) as { state?: Value; until?: Value } | null;
    state = end?.state ?? null;
    if (end?.until === true) break;
  }
  return state;
}
