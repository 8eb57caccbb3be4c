/** `map` and `mapSettled`: the body once for each item, so many at once, results in the order of the items. */
import { CancellationScope, CancelledFailure, workflowInfo } from '@temporalio/workflow';
import type { Json } from '#contracts/json.ts';
import type { Block } from '#contracts/plan.ts';
import { CHUNK_ITEMS, runChunks } from './chunks.ts';
import type { Engine, Instance } from './engine.ts';
import { NodeFailed, nodeFailed } from './failure.ts';
import { inputOf } from './input.ts';
import { Scope } from './scope.ts';
import type { Value } from './templates.ts';

/** Items at once unless the node says otherwise: enough to keep a worker busy, few enough for one to survive. */
const CONCURRENCY = 16;
/** A history that is this long already takes no map of its own any more: maps go to children (Temporal warns at 10,240 events). */
const HISTORY_ENOUGH = 8_000;

/** Array of results; the first failure of an item fails it, after the items in flight have ended. */
export function runMap(instance: Instance): Promise<Value> {
  return overItems(instance, false);
}

/** Array of `{ ok: true, value }` and `{ ok: false, failure }`. */
export function runMapSettled(instance: Instance): Promise<Value> {
  return overItems(instance, true);
}

async function overItems(instance: Instance, settled: boolean): Promise<Value> {
  const { engine, node, scope, id } = instance;
  const [body] = node.blocks ?? [];
  const items = inputOf(instance);
  if (!body || !Array.isArray(items))
    throw nodeFailed(
      'InvalidPipeline',
      id,
      `node ${id}: a map goes over a list, not over ${JSON.stringify(items).slice(0, 80)}`,
    );
  const concurrency = node.options?.concurrency ?? CONCURRENCY;
  if (items.length > CHUNK_ITEMS || (items.length > 1 && workflowInfo().historyLength > HISTORY_ENOUGH))
    return runChunks(instance, body, items, { concurrency, settled });
  return runItems(engine, { id, name: node.id, body, items, first: 0, concurrency, settled }, scope);
}

export interface Items {
  /** Instance id of the map. */
  id: string;
  /** The map's id in the plan: what its body calls `<name>/item`. */
  name: string;
  body: Block;
  items: readonly Json[];
  /** Place of the first item in the whole list: a chunk starts in the middle. */
  first: number;
  concurrency: number;
  settled: boolean;
}

/** The body for each item, in this workflow. */
export async function runItems(engine: Engine, map: Items, scope: Scope): Promise<Json[]> {
  const results: Json[] = new Array(map.items.length).fill(null);
  const shared = new Scope(scope, scope.prefix);
  let next = 0;
  let trouble: unknown = null;

  const worker = async (): Promise<void> => {
    while (next < map.items.length && trouble === null && !CancellationScope.current().consideredCancelled) {
      const index = next++;
      const place = map.first + index;
      const inner = new Scope(shared, `${map.id}[${place}]/`, {
        [`${map.name}/item`]: map.items[index],
        [`${map.name}/index`]: place,
      });
      try {
        const value = (await engine.runBlock(engine, map.body, inner)) ?? null;
        results[index] = map.settled ? { ok: true, value } : value;
      } catch (error) {
        if (map.settled && error instanceof NodeFailed && !engine.willGoAgain(error)) {
          results[index] = { ok: false, failure: error.message };
          continue;
        }
        trouble ??= error;
        shared.stop();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(map.concurrency, map.items.length) }, worker));
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('the run was cancelled');
  if (trouble !== null) throw trouble;
  return results;
}
