/** What the quality report wants of a table, alone or beside a reference. */
import type { Correlations, DatasetSummary, QualityColumn, QualityReport } from '#contracts/quality.ts';

export interface SummaryRequest {
  /** Parquet files of one table. */
  readonly current: readonly string[];
  readonly reference: readonly string[] | null;
  /** The column that is the data's clock; null: the only column of times, when there is just one. */
  readonly time: string | null;
  /** In front of the others where only some columns are correlated. */
  readonly first: readonly string[];
  /** A module's function (current: Sample, reference: Sample | null) → Promise<Correlations[]>: it runs where the samples are. */
  readonly correlate: { readonly module: string; readonly name: string };
}

/** Columns of equally chosen rows for what needs rows beside each other. Missing and not finite: NaN. */
export interface Sample {
  readonly rows: number;
  /** Rows of the table; all of them when equal to `rows`. */
  readonly of: number;
  /** `mean` is that of all rows, where it is known. */
  readonly numbers: readonly { readonly name: string; readonly values: Float64Array; readonly mean?: number }[];
  /** All rows of `numbers`, a piece after the other, where the sample has some of them only. The arrays are the receiver's. */
  readonly scanNumbers?: (take: (columns: readonly Float64Array[], rows: number) => void) => Promise<void>;
  /** Codes from 0 as numbers. */
  readonly categories: readonly { readonly name: string; readonly values: Float64Array; readonly classes: number }[];
  /** Columns that would fit but are too many. */
  readonly leftOut: { readonly numbers: readonly string[]; readonly categories: readonly string[] };
}

type Side = Omit<DatasetSummary, 'name'>;
export interface Summary {
  readonly current: Side;
  readonly reference: Side | null;
  readonly columns: QualityColumn[];
  readonly time: QualityReport['time'];
  readonly correlations: Correlations[];
  /** Correlations are of some of the rows. */
  readonly thinned: boolean;
  readonly exact: boolean;
  readonly notes: string[];
}
