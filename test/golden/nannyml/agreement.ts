/** A quantity over all chunks of a case, beside NannyML's. */
export interface Agreement {
  readonly case: string;
  readonly what: string;
  readonly compared: number;
  /** Largest difference, relative above 1; Infinity where one has a value and the other none, or decides otherwise. */
  readonly largest: number;
  readonly tolerance: number;
}

export const exact = 1e-9;

export interface Comparison {
  compare(what: string, ours: unknown, theirs: unknown, tolerance?: number): void;
  rows(): Agreement[];
}

export function comparison(name: string): Comparison {
  const found = new Map<string, Omit<Agreement, 'case' | 'what'>>();
  return {
    compare: (what, ours, theirs, tolerance = exact) => {
      const before = found.get(what) ?? { compared: 0, largest: 0, tolerance };
      const largest = Math.max(before.largest, difference(ours, theirs));
      found.set(what, { compared: before.compared + 1, largest, tolerance });
    },
    rows: () => [...found].map(([what, figures]) => ({ case: name, what, ...figures })),
  };
}

function difference(ours: unknown, theirs: unknown): number {
  if (typeof ours === 'number' && typeof theirs === 'number')
    return Math.abs(ours - theirs) / Math.max(1, Math.abs(theirs));
  return (ours ?? null) === (theirs ?? null) ? 0 : Number.POSITIVE_INFINITY;
}

export const disagreements = (rows: readonly Agreement[]): Agreement[] =>
  rows.filter(({ largest, tolerance }) => !(largest <= tolerance));
