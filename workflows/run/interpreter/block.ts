/**
 * One block: every node starts as soon as what it refers to has ended, so independent nodes run in parallel.
 *
 * When a node fails, what depends on it never starts, what runs in parallel is let finish (its work is kept for a retry),
 * and nothing new starts, except the always-blocks, which run whatever happened, also after a cancellation.
 */
import { CancellationScope, CancelledFailure, isCancellation } from '@temporalio/workflow';
import type { Block, PlanNode } from '#contracts/plan.ts';
import type { Engine } from './engine.ts';
import { DependencyFailed } from './failure.ts';
import { Scope, type Settled } from './scope.ts';
import { dependencies, freeNames, references, resolve, type Value } from './templates.ts';

/** Value of the block's result; null without one. Throws NodeFailed, DependencyFailed or CancelledFailure. */
export async function runBlock(engine: Engine, block: Block, parent: Scope): Promise<Value> {
  const scope = new Scope(parent, parent.prefix);
  let trouble: unknown = null;

  const end = (node: PlanNode, settled: Settled): Settled => scope.settle(node.id, settled);
  const go = async (node: PlanNode): Promise<Settled> => {
    if (CancellationScope.current().consideredCancelled) return end(node, leave(engine, node, scope, 'cancelled'));
    if (trouble !== null || !scope.allDone(dependencies(node))) return end(node, leave(engine, node, scope, 'skipped'));
    try {
      return end(node, { status: 'done', value: await engine.runNode(engine, node, scope) });
    } catch (error) {
      if (error instanceof DependencyFailed) return end(node, leave(engine, node, scope, 'skipped'));
      if (isCancellation(error)) return end(node, leave(engine, node, scope, 'cancelled'));
      trouble ??= error;
      scope.stop();
      engine.reports.set(node, scope.prefix, {
        status: 'failed',
        reason: error instanceof Error ? error.message : String(error),
      });
      return end(node, { status: 'failed' });
    }
  };

  const ends: Promise<Settled>[] = [];
  for (const node of inOrder(block)) {
    const waiting = scope.pending(dependencies(node));
    const settled = waiting.length === 0 ? go(node) : Promise.all(waiting).then(() => go(node));
    scope.announce(node.id, settled);
    ends.push(settled);
  }
  const statuses = new Set<Settled['status']>();
  for (const settled of ends) statuses.add((await settled).status);

  if (!engine.willGoAgain(trouble))
    for (const node of block.nodes) {
      if (node.kind !== 'always') continue;
      const failed = await cleanUp(engine, node, scope);
      trouble ??= failed;
    }

  if (CancellationScope.current().consideredCancelled || statuses.has('cancelled'))
    throw new CancelledFailure('the run was cancelled');
  if (trouble !== null) throw trouble;
  const named = references(block.result);
  const waiting = scope.pending(named);
  if (waiting.length > 0) await Promise.all(waiting);
  if (statuses.has('skipped') || !scope.allDone(named))
    throw new DependencyFailed('something that this block refers to did not end well');
  return block.result === undefined ? null : resolve(block.result, scope.value);
}

/** All but the always-blocks, each after those that it, or anything in it, refers to: an `otherwise` may be written last. */
function inOrder({ nodes }: Block): Set<PlanNode> {
  const own = new Map(nodes.map((node) => [node.id, node]));
  const ordered = new Set<PlanNode>();
  const add = (node: PlanNode): void => {
    if (node.kind === 'always' || ordered.has(node)) return;
    for (const name of freeNames({ nodes: [node] })) {
      const before = own.get(name);
      if (before && before !== node) add(before);
    }
    ordered.add(node);
  };
  for (const node of nodes) add(node);
  return ordered;
}

function leave(engine: Engine, node: PlanNode, scope: Scope, status: 'skipped' | 'cancelled'): Settled {
  engine.reports.set(node, scope.prefix, { status, progress: null });
  // Nothing within it will run either.
  engine.reports.list({ nodes: [node] }, scope.prefix, status);
  return { status };
}

/** Runs an always-block to its end even in a cancelled run. Answers its failure, or null. */
async function cleanUp(engine: Engine, node: PlanNode, scope: Scope): Promise<unknown> {
  try {
    await CancellationScope.nonCancellable(() => engine.runNode(engine, node, scope.shelter()));
    return null;
  } catch (error) {
    // What an always-block refers to may not exist: it has then done what it could.
    if (error instanceof DependencyFailed) {
      engine.reports.set(node, scope.prefix, {
        status: 'done',
        reason: 'what refers to nodes that did not end well was left out',
      });
      return null;
    }
    engine.reports.set(node, scope.prefix, {
      status: 'failed',
      reason: error instanceof Error ? error.message : String(error),
    });
    return error;
  }
}
