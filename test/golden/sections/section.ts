/** A section of `npm run golden`: one comparison of ours with what a peer recorded. */

export interface GoldenRow {
  /** What was compared: a method, a table, a metric. */
  readonly name: string;
  readonly cases: number;
  /** Largest difference found, as `tolerance` counts it; null for what has to be equal. */
  readonly largest: number | null;
  /** In words: `rel 1e-8`, `exact`. */
  readonly tolerance: string;
  /** Values outside of the tolerance, and decisions that differ: none may. */
  readonly beyond: readonly string[];
  /** Known differences where the peer is wrong: how many, and where the proof is. */
  readonly excused?: { readonly cases: number; readonly why: string } | undefined;
}

export interface GoldenSection {
  readonly title: string;
  rows(): Promise<readonly GoldenRow[]>;
}
