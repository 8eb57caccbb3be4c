import type { Instance } from './engine.ts';
import { NodeFailed } from './failure.ts';
import { Scope } from './scope.ts';
import type { Value } from './templates.ts';

/** Result of the body, or of `onFailure` when a node of the body failed. A cancellation is not caught, nor what has the run go again. */
export async function runAttempt({ engine, node, scope }: Instance): Promise<Value> {
  const [body, onFailure] = node.blocks ?? [];
  if (!body) return null;
  try {
    const value = await engine.runBlock(engine, body, scope);
    if (onFailure) engine.reports.list(onFailure, scope.prefix, 'skipped');
    return value;
  } catch (error) {
    if (!(error instanceof NodeFailed) || engine.willGoAgain(error) || !onFailure) throw error;
    engine.reports.set(node, scope.prefix, { reason: `${error.failure.node ?? 'a node'} failed: ${error.message}` });
    return engine.runBlock(
      engine,
      onFailure,
      new Scope(scope, scope.prefix, { [`${node.id}/failure`]: { ...error.failure } }),
    );
  }
}
