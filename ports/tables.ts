/**
 * Tables in files, as the data stages need them. The work happens in a process of its own (the data host): the
 * worker's event loop never waits for it. Every operation can be cancelled; a cancelled one rejects with the signal's
 * reason and leaves no file behind. Mistakes in the data or the request reject with UserError DataInvalid or
 * InvalidInput, a request that needs more memory than it may have with OutsideRefused (the same again would, too), a host that
 * died with StepHostDied (worth a retry).
 */
import type { Column, Format } from '#contracts/data.ts';
import type { SkippedRows } from '#contracts/materialize.ts';
import type { Reading } from '#contracts/reading.ts';
import type { Answer, Measure, TestMeasure } from './measures.ts';
import type { NewestRows, NewestRowsRequest, WindowEvents, WindowEventsRequest } from './newest-rows.ts';
import type { Summary, SummaryRequest } from './summary.ts';

/** A Parquet file that was written, or read. */
export interface TableFacts {
  readonly rows: number;
  readonly bytes: number;
  /** 32 hex digits. */
  readonly md5: string;
  readonly columns: readonly Column[];
  /** Of reading: what should be looked at, each with the option that reads it otherwise. */
  readonly notes?: readonly string[] | undefined;
}

export type TableShape = Pick<TableFacts, 'rows' | 'columns'>;

/** See {@link Reading}; what is not said is undefined or left out. */
export type ReadingOptions = { readonly [K in keyof Reading]?: Readonly<Reading[K]> | undefined };

/** Files of one table, and how they are read. */
export interface SourceRequest extends ReadingOptions {
  /** Absolute paths of one table's files, in the order of their rows. */
  readonly files: readonly string[];
  /** What messages call them; default their names. */
  readonly labels?: readonly string[] | undefined;
  readonly format: Format;
  /** `types` and `dates` may name columns that this table has not: they are told of several tables at once. */
  readonly absent?: boolean | undefined;
}

export interface SnapshotRequest extends SourceRequest {
  /** Keep rows whose `column` is before `time` (milliseconds since 1970, UTC); rows without a time are left out. */
  readonly before?: { readonly column: string; readonly time: number } | undefined;
  /** Parquet to write. */
  readonly to: string;
}

export interface CountRequest extends SourceRequest {
  /** Column of the rows' times; null or absent: none. */
  readonly time?: string | null | undefined;
}

/** What one file of a table holds. */
export interface FileCount {
  readonly rows: number;
  /** Latest time in milliseconds; null: none. */
  readonly last: number | null;
  /** `rows:` and 32 hex digits: the same for the same rows under the same names, in whatever order and however written. */
  readonly digest: string;
}

export interface HeaderRequest extends SourceRequest {
  /** Of CSV and JSON lines the files are beginnings of others, cut off anywhere. */
  readonly beginnings?: boolean | undefined;
}

/** A column as far as it is known before all rows are read. */
export interface HeaderColumn {
  readonly name: string;
  /** null: what other rows hold would decide. */
  readonly type: string | null;
}

export interface TableHeader {
  readonly columns: readonly HeaderColumn[];
  /** false: rows that were not looked at may have more columns, as JSON lines can. */
  readonly complete: boolean;
}

export interface MeasureRequest {
  /** Parquet files of one table, in the order of their rows. */
  readonly files: readonly string[];
  readonly measures: readonly Measure[];
  /** Failing rows told of each test, at most; default 20. */
  readonly examples?: number | undefined;
}

export interface QuarantineRequest {
  /** Parquet files of one table, in the order of their rows. */
  readonly files: readonly string[];
  /** A row that fails any of them is bad; `reason` says which. */
  readonly tests: readonly { readonly measure: TestMeasure; readonly reason: string }[];
  /** Parquet to write of the rest; null: none. */
  readonly good: string | null;
  /** File to write of the bad rows, with `__ratchet_reason` besides; null: none. */
  readonly bad: { readonly path: string; readonly format: Format } | null;
}

export interface Quarantined {
  /** Bad ones. */
  readonly rows: number;
  /** In the order of the tests; a row may fail several. */
  readonly reasons: readonly { readonly reason: string; readonly rows: number }[];
  readonly good: TableFacts | null;
  /** Of Parquet only. */
  readonly bad: TableFacts | null;
}

/** One side of a pair. */
export interface PairedSide {
  /** What messages call it. */
  readonly label: string;
  /** Parquet files of one table, in the order of their rows. */
  readonly files: readonly string[];
  /** [column of this side, name in the result]. */
  readonly own: readonly (readonly [string, string])[];
}

/** Two tables that speak of the same rows, put side by side. */
export interface PairRequest {
  readonly left: PairedSide;
  /** Null: the left alone, its ids looked at. */
  readonly right: PairedSide | null;
  /** The column that names a row, in both; null: row by row in the order of the files, as many in each. */
  readonly id: string | null;
  /** Columns that mean the same in both: a row that has a value on both sides has the same. Those of neither are an error. */
  readonly shared: readonly string[];
  /** Parquet to write: the left's rows in their order, then those that only the right has. */
  readonly to: string;
}

export interface Paired {
  readonly rows: number;
  readonly columns: readonly Column[];
  /** Rows that the other side has not. */
  readonly leftOnly: number;
  readonly rightOnly: number;
}

/** An expression of a pipeline's author. */
export interface Expression {
  /** What error messages call it: `derive.late`. */
  readonly name: string;
  readonly text: string;
}

/** What an expression reads. */
export interface ExpressionFacts {
  /** Columns it names, each once; the name as the expression writes it. */
  readonly columns: readonly string[];
  /** It looks at other rows through a window. */
  readonly windows: boolean;
  /** Columns that its windows are partitioned by, each once. */
  readonly partitions: readonly string[];
}

export interface JoinedView {
  readonly name: string;
  readonly file: string;
  /** The view's time; null: a lookup by key alone, where a key may occur once only. */
  readonly time: string | null;
  /** Among rows of one key and time the greatest of this column counts, then the last in the file. */
  readonly created: string | null;
  /** [column of the data, column of the view]. */
  readonly on: readonly (readonly [string, string])[];
  /** [column of the view, name in the result]. */
  readonly bring: readonly (readonly [string, string])[];
  /** Milliseconds, inclusive; null: any age. */
  readonly maxAge: number | null;
  /** Milliseconds from the row's time on; `created`: from when it was written, which `created` then says as a time. */
  readonly availableAfter: number | 'created';
}

/** Times are milliseconds since 1970, UTC; `from` is inclusive, `to` is not. */
export type RowSplit =
  | {
      readonly by: 'time';
      readonly train: { from: number; to: number };
      readonly holdout: { from: number; to: number };
    }
  | { readonly by: 'share'; readonly holdout: number };

export interface FeaturizeRequest {
  /** Parquet. */
  readonly file: string;
  readonly columns: readonly Column[];
  readonly time: string | null;
  readonly views: readonly JoinedView[];
  readonly derive: readonly { readonly column: string; readonly text: string }[];
  readonly where: string | null;
  readonly select: readonly string[];
  /** The column of `select` whose values are counted, as labels; null: none. */
  readonly target?: string | null | undefined;
  readonly split: RowSplit;
  /** Parquet files to write. */
  readonly train: string;
  readonly holdout: string;
  /** Parquet file to write of the times of the holdout's rows, in their order, as the column `time`; needs `time`. */
  readonly times?: string | undefined;
}

export interface TimeSpan {
  readonly first: number;
  readonly last: number;
}

export interface Featurized {
  readonly train: TableFacts;
  readonly holdout: TableFacts;
  /** Share of the rows of both parts that found a row, by view; 0 without rows. */
  readonly matched: Readonly<Record<string, number>>;
  /** Rows kept by `where` that have no time; with any, neither file is written. */
  readonly withoutTime: number;
  /** Rows of each part whose target is there, and the time of the last of all rows that has one, in milliseconds; null without a target. */
  readonly labelled?:
    | { readonly train: number; readonly holdout: number; readonly last: number | null }
    | null
    | undefined;
  /** First and last time of each part in milliseconds; null without a time column. */
  readonly spans?: { readonly train: TimeSpan; readonly holdout: TimeSpan } | null | undefined;
  /** Of the file of times; null where none was asked for. */
  readonly times?: TableFacts | null | undefined;
  /** First and last time of the data in milliseconds; null without a time column or rows. Read only when a part is empty. */
  readonly range: { readonly first: number; readonly last: number } | null;
}

/** `number`: Float64Array, null as NaN, true as 1, times as milliseconds. `text`: codes into `values`, −1 for null. */
export type ColumnKind = 'number' | 'text';
export interface TextColumn {
  readonly codes: Int32Array;
  readonly values: readonly string[];
}
type ColumnOf<T extends ColumnKind> = T extends 'text' ? TextColumn : Float64Array;
export interface ColumnsRead<K extends Readonly<Record<string, ColumnKind>>> {
  readonly rows: number;
  readonly columns: { readonly [C in keyof K]: ColumnOf<K[C]> };
}
/** Reads whole columns of a Parquet file, or of several after each other, in the files' row order. */
export type ReadColumns = <const K extends Readonly<Record<string, ColumnKind>>>(
  file: string | readonly string[],
  columns: K,
) => Promise<ColumnsRead<K>>;

/** The distinct texts of a column, in no order. */
export interface TextCounts {
  readonly values: readonly string[];
  readonly counts: Float64Array;
}
/** One table in Parquet files, read a few columns at a time: what is held does not grow with the rows. */
export interface TableScan {
  readonly rows: number;
  readonly columns: readonly Column[];
  /**
   * Hands over chunk by chunk, in the order of the rows: an array a column, null as NaN, times as milliseconds. The
   * arrays are used again: copy what is to stay.
   */
  numbers(columns: readonly string[], take: (chunk: readonly Float64Array[], rows: number) => void): Promise<void>;
  /** Non-null values, and about how many of them are distinct (± 5 %), by column. */
  known(columns: readonly string[]): Promise<readonly { readonly values: number; readonly distinct: number }[]>;
  /** Texts longer than 256 characters are cut, with their MD5 behind; null for a column with more than `most` of them. */
  texts(columns: readonly string[], most: number): Promise<readonly (TextCounts | null)[]>;
  /** Rows by the MD5 of the text, lowest two bytes: 65,536 buckets; null is left out. */
  textBuckets(column: string): Promise<Float64Array>;
  /**
   * The newest row of each key, as values that an online store takes, in no order; `take` is waited for before more is read. Columns
   * and their types are the caller's to check.
   */
  newestRows(
    request: NewestRowsRequest,
    take: (batch: NewestRows) => Promise<void>,
  ): Promise<SkippedRows & { rows: number }>;
  /** As {@link newestRows}, every event; answers how many there were. */
  windowEvents(request: WindowEventsRequest, take: (batch: WindowEvents) => Promise<void>): Promise<number>;
  /** Of each row the place of its text in `values`, −1 where it is not there; in the order of the rows. */
  codes(column: string, values: readonly string[]): Promise<Int32Array>;
}
/** Opens tables that lie in the files of the computation. */
export type OpenTable = (files: readonly string[]) => Promise<TableScan>;

/**
 * A function to run in the data host, away from the worker's event loop: numeric work over columns (an AUC, a
 * bootstrap) that would otherwise ship them. It may block; a cancel ends its process.
 */
export interface Computation<A = unknown> {
  /** `file:` URL of the module: `new URL('../measures/judge.ts', import.meta.url).href`. */
  readonly module: string;
  /** The exported function: `(args, read: ReadColumns, open: OpenTable) => result or promise`. */
  readonly name: string;
  /** Structured-clonable. */
  readonly args: A;
  /** Parquet files that it may read. */
  readonly files: readonly string[];
}

export interface Tables {
  /** Writes one table's files as one Parquet file. The same rows give the same bytes, whatever the machine. */
  snapshot(request: SnapshotRequest, signal?: AbortSignal): Promise<TableFacts>;
  /** What each of a table's files holds, in their order; all are read at once, with types that hold for all of them. */
  count(request: CountRequest, signal?: AbortSignal): Promise<readonly FileCount[]>;
  /** Names of a table's columns, and types where they are certain, from footers and the beginnings of files. */
  header(request: HeaderRequest, signal?: AbortSignal): Promise<TableHeader>;
  /** Rows, columns and MD5 of a Parquet file. */
  inspect(file: string, signal?: AbortSignal): Promise<TableFacts>;
  /** Rows and columns of Parquet files of one table, from their footers. */
  shape(files: readonly string[], signal?: AbortSignal): Promise<TableShape>;
  /** All measures in few scans; answers in their order. */
  measure(request: MeasureRequest, signal?: AbortSignal): Promise<readonly Answer[]>;
  /** Writes the rows that fail any test apart from the rest. A failed call leaves neither file. */
  quarantine(request: QuarantineRequest, signal?: AbortSignal): Promise<Quarantined>;
  /** Throws UserError DataInvalid for ids that are missing or come twice, and where the sides contradict each other. */
  pair(request: PairRequest, signal?: AbortSignal): Promise<Paired>;
  /** Throws UserError InvalidInput for the first text that is not one expression over the rows, naming it. */
  parse(
    expressions: readonly Expression[],
    time: string | null,
    signal?: AbortSignal,
  ): Promise<readonly ExpressionFacts[]>;
  /** Joins, derives, filters, splits. The caller has checked the names; see activities/features. */
  featurize(request: FeaturizeRequest, signal?: AbortSignal): Promise<Featurized>;
  /** Of one file, or of several of one table, in their order. */
  columns<const K extends Readonly<Record<string, ColumnKind>>>(
    file: string | readonly string[],
    columns: K,
    signal?: AbortSignal,
  ): Promise<ColumnsRead<K>>;
  compute<R>(work: Computation, signal?: AbortSignal): Promise<R>;
  /** The figures of a quality report. */
  summarize(request: SummaryRequest, signal?: AbortSignal): Promise<Summary>;
  /** MD5 of files, in order: 32 hex digits each. */
  md5(files: readonly string[], signal?: AbortSignal): Promise<readonly string[]>;
  /** Ends the host's processes and removes what they left. */
  close(): Promise<void>;
}
