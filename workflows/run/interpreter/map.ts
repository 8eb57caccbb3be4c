/** `map` and `mapSettled`: the body once for each item, so many at once, results in the order of the items. */
import { CancellationScope, CancelledFailure, workflowInfo } from '@temporalio/workflow';
import type { Json } from '#contracts/json.ts';
import { batchesOf } from './batches.ts';
import { CHUNK_ITEMS, runChunks } from './chunks.ts';
import type { Engine, Instance } from './engine.ts';
import { NodeFailed, nodeFailed } from './failure.ts';
import { inputOf } from './input.ts';
import type { Items } from './items.ts';
import { runInBatches } from './map-in-batches.ts';
import { Scope } from './scope.ts';
import type { Value } from './templates.ts';

/** Items at once unless the node says otherwise: enough to keep a worker busy, few enough for one to survive. */
const CONCURRENCY = 16;
/** A history that is this long already takes no map of its own any more: maps go to children (Temporal warns at 10,240 events). */
const HISTORY_ENOUGH = 8_000;
/** And one of so many bytes takes no more of a wide map, whose items were cheap so far. */
const HISTORY_BYTES = 8 * 1024 * 1024;
/** So many items of a wide map show whether they are cheap. */
const PROBE = 32;

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
  const map = { id, name: node.id, body, items, first: 0, concurrency, settled };
  const batches = workflowInfo().historyLength > HISTORY_ENOUGH ? null : batchesOf(engine, map);
  if (batches) {
    // The items of a wide map that are not cheap go to children as ever.
    const wide = items.length > CHUNK_ITEMS;
    const probe = Math.max(PROBE, 2 * concurrency);
    const { results, began } = await runInBatches(engine, map, scope, batches, {
      goesOn: (begun) => {
        const { historyLength, historySize } = workflowInfo();
        if (begun > 0 && (historyLength > HISTORY_ENOUGH || historySize > HISTORY_BYTES)) return false;
        return !wide || batches.worthwhile || (begun < probe && batches.small);
      },
      tell: (done) => engine.reports.set(node, scope.prefix, { progress: `${done} of ${items.length} items` }),
    });
    if (began < items.length) {
      const rest = await runChunks(instance, body, items, { concurrency, settled, from: began });
      return [...results.slice(0, began), ...rest];
    }
    if (batches.count > 0)
      engine.reports.set(node, scope.prefix, {
        reason: `${items.length} items, many of them in ${batches.count} batches`,
      });
    return results;
  }
  if (items.length > CHUNK_ITEMS || (items.length > 1 && workflowInfo().historyLength > HISTORY_ENOUGH))
    return runChunks(instance, body, items, { concurrency, settled, from: 0 });
  return runItems(engine, map, scope);
}

/** The body for each item of a chunk. */
export async function runChunkItems(engine: Engine, map: Items, scope: Scope): Promise<Json[]> {
  const batches = batchesOf(engine, map);
  if (!batches) return runItems(engine, map, scope);
  return (await runInBatches(engine, map, scope, batches)).results;
}

/** The body for each item, in this workflow, each step an activity. */
async function runItems(engine: Engine, map: Items, scope: Scope): Promise<Json[]> {
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
