import type { Instance } from './engine.ts';
import { nodeFailed } from './failure.ts';
import { resolve, type Value } from './templates.ts';

/** `when … otherwise`: the chosen block's result; undefined when there is no block to choose. */
export async function runWhen({ engine, node, scope, id }: Instance): Promise<Value> {
  const condition = resolve(node.condition, scope.value);
  if (typeof condition !== 'boolean')
    throw nodeFailed(
      'InvalidPipeline',
      id,
      `node ${id}: its condition is ${JSON.stringify(condition) ?? 'missing'}, not true or false`,
    );
  const [then, otherwise] = node.blocks ?? [];
  const [taken, left] = condition ? [then, otherwise] : [otherwise, then];
  if (left) engine.reports.list(left, scope.prefix, 'skipped');
  return taken ? engine.runBlock(engine, taken, scope) : undefined;
}
