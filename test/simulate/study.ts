/** What a simulation of verdicts is: figures of many drawn worlds whose truth is known. One file a study. */

export interface Table {
  /** What the rows have in common: what was drawn, and what counts as found. */
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A figure by what it is of; how it is computed is asked only when it is not known. */
export type Cell = (label: string, compute: () => string) => string;

interface StudyOptions {
  /** The same seed and draws give the same tables on every machine. */
  readonly seed: number;
  /** Null: as many as the study's own claims need. */
  readonly draws: number | null;
  /** A line about how far it is. */
  readonly progress: (line: string) => void;
  /** A figure that takes long, by what it is of: kept, and left out when there is no time any more. */
  readonly cell: Cell;
}

export interface Study {
  /** `npm run simulate -- NAME`, and the section of its page. */
  readonly name: string;
  /** Of docs/; default `statistics`. */
  readonly page?: string;
  /** In one sentence or two. */
  readonly shows: string;
  run(options: StudyOptions): readonly Table[] | Promise<readonly Table[]>;
}

/** `2.4 % ± 0.2 of 10,000`: with the standard error of so many draws (that of one found, where none is). */
export function share(found: number, draws: number): string {
  const [part, least] = [found / draws, Math.min(Math.max(found, 1), draws - 1) / draws];
  const error = Math.sqrt((least * (1 - least)) / draws);
  return `${(100 * part).toFixed(1)} % ± ${(100 * error).toFixed(1)} of ${draws.toLocaleString('en-US')}`;
}
