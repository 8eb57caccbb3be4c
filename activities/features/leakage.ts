/** Columns that would tell a model what it is asked: those named, and all that is computed from them. */

export interface Derived {
  readonly column: string;
  /** Columns that its expression reads. */
  readonly reads: readonly string[];
}

/**
 * What must not be selected: lower-case name → why, in words. The target itself may be computed from what is known only
 * afterwards; what is computed from the target may not be a feature.
 */
export function leakyColumns(
  leakage: readonly string[],
  target: string | null,
  derived: readonly Derived[],
): ReadonlyMap<string, string> {
  const goal = target?.toLowerCase() ?? null;
  const why = new Map(leakage.map((name) => [name.toLowerCase(), 'leakage lists it: it is known only after the fact']));
  const tainted = new Set([...why.keys(), ...(goal === null ? [] : [goal])]);
  for (const { column, reads } of derived) {
    const source = reads.find((name) => tainted.has(name.toLowerCase()));
    if (source === undefined) continue;
    tainted.add(column.toLowerCase());
    why.set(
      column.toLowerCase(),
      source.toLowerCase() === goal
        ? `it is computed from the target ${source}`
        : `it is computed from ${source}, which is known only after the fact`,
    );
  }
  if (goal !== null) why.delete(goal);
  return why;
}
