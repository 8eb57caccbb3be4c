/** The body that is being built, and who may see what is made in it. */
import type { PlanNode } from '#contracts/plan.ts';

export interface Scope {
  /** The body around this one; null for the graph itself. */
  readonly parent: Scope | null;
  readonly nodes: PlanNode[];
  /** The node whose body this is; null for the graph itself. */
  readonly owner: PlanNode | null;
  /** One object per compilation: references of another graph are told apart by it. */
  readonly graph: object;
}

/** true when what was made in `made` may be used in `used`: the same body or one within it. */
export function visible(made: Scope, used: Scope): boolean {
  for (let scope: Scope | null = used; scope; scope = scope.parent) if (scope === made) return true;
  return false;
}

/** `the body of map fit (pipelines/x/pipeline.ts:12)`, as messages name a scope. */
export function scopeName(scope: Scope): string {
  if (!scope.owner) return 'the graph';
  const { kind, id, at } = scope.owner;
  return `the body of ${id === kind ? kind : `${kind} ${id}`}${at ? ` (${at})` : ''}`;
}
