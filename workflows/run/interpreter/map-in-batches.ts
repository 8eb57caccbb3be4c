/** A map of cheap steps: many items begin at once, so that what they ask for in one turn can go together. */
import { CancellationScope, CancelledFailure } from '@temporalio/workflow';
import type { Json } from '#contracts/json.ts';
import type { Batches } from './batches.ts';
import type { Engine } from './engine.ts';
import { NodeFailed } from './failure.ts';
import type { Items } from './items.ts';
import { Scope } from './scope.ts';

interface Course {
  /** Whether one more item is to begin here, after so many. */
  goesOn?(began: number): boolean;
  tell?(done: number): void;
}

/** @returns `began`: so many items were run, from the first on; less than all when the course did not go on. */
export async function runInBatches(
  engine: Engine,
  map: Items,
  scope: Scope,
  batches: Batches,
  { goesOn = () => true, tell = () => undefined }: Course = {},
): Promise<{ results: Json[]; began: number }> {
  const inner = { ...engine, batches };
  const shared = new Scope(scope, scope.prefix);
  const results: Json[] = new Array(map.items.length).fill(null);
  let began = 0;
  let active = 0;
  let done = 0;
  let trouble: unknown = null;

  const item = async (index: number): Promise<void> => {
    const place = map.first + index;
    const own = new Scope(shared, `${map.id}[${place}]/`, {
      [`${map.name}/item`]: map.items[index],
      [`${map.name}/index`]: place,
    });
    try {
      const value = (await engine.runBlock(inner, map.body, own)) ?? null;
      results[index] = map.settled ? { ok: true, value } : value;
    } catch (error) {
      if (map.settled && error instanceof NodeFailed && !engine.willGoAgain(error)) {
        results[index] = { ok: false, failure: error.message };
        return;
      }
      trouble ??= error;
      shared.stop();
      batches.stop();
    }
  };
  const isOver = () =>
    began >= map.items.length || trouble !== null || CancellationScope.current().consideredCancelled || !goesOn(began);
  await new Promise<void>((ended) => {
    const begin = (): void => {
      while (active < batches.window && !isOver()) {
        active++;
        void item(began++).then(() => {
          active--;
          tell(++done);
          begin();
        });
      }
      if (active === 0) ended();
    };
    begin();
  });
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('the run was cancelled');
  if (trouble !== null) throw trouble;
  return { results, began };
}
