/** What a simulation of verdicts is: figures of many drawn worlds whose truth is known. One file a study. */

export interface Table {
  /** What the rows have in common: what was drawn, and what counts as found. */
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

interface StudyOptions {
  /** The same seed and draws give the same tables on every machine. */
  readonly seed: number;
  /** Null: as many as the study's own claims need. */
  readonly draws: number | null;
  /** A line about how far it is. */
  readonly progress: (line: string) => void;
}

export interface Study {
  /** `npm run simulate -- NAME`, and the section of docs/statistics.md. */
  readonly name: string;
  /** In one sentence or two. */
  readonly shows: string;
  run(options: StudyOptions): readonly Table[] | Promise<readonly Table[]>;
}
