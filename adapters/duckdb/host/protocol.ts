/** What the data host and its parent say to each other. Structured clones over the IPC channel, so typed arrays pass. */

import type { FailureType } from '#contracts/failures.ts';
import type { EntitySample, EntitySampling, History, HistoryRequest, Vectors } from '#ports/history.ts';
import type { Answer } from '#ports/measures.ts';
import type { QueryTables } from '#ports/queries.ts';
import type { NewestRequest, SampledRequest, SkewOfFeature, SkewRequest } from '#ports/skew.ts';
import type { Summary, SummaryRequest } from '#ports/summary.ts';
import type {
  ColumnKind,
  ColumnsRead,
  Computation,
  CountRequest,
  Expression,
  ExpressionFacts,
  Featurized,
  FeaturizeRequest,
  FileCount,
  HeaderColumn,
  HeaderRequest,
  MeasureRequest,
  Paired,
  PairRequest,
  Quarantined,
  QuarantineRequest,
  SnapshotRequest,
  TableFacts,
  TableHeader,
  TableShape,
} from '#ports/tables.ts';

/** Operation → [request, answer]. */
export interface Operations {
  snapshot: [SnapshotRequest, TableFacts];
  count: [CountRequest, readonly FileCount[]];
  header: [HeaderRequest, TableHeader];
  inspect: [{ file: string }, TableFacts];
  shape: [{ files: readonly string[] }, TableShape];
  measure: [MeasureRequest, readonly Answer[]];
  quarantine: [QuarantineRequest, Quarantined];
  pair: [PairRequest, Paired];
  parse: [{ expressions: readonly Expression[]; time: string | null }, readonly ExpressionFacts[]];
  featurize: [FeaturizeRequest, Featurized];
  copied: [Parameters<QueryTables['copied']>[0], TableFacts];
  selected: [Parameters<QueryTables['selected']>[0], TableFacts];
  outlined: [Parameters<QueryTables['outlined']>[0], readonly HeaderColumn[]];
  sampleEntities: [Parameters<EntitySampling['sampleEntities']>[0], EntitySample];
  history: [HistoryRequest, History];
  vectors: [Parameters<Vectors['vectors']>[0], number];
  extended: [Parameters<Vectors['extended']>[0], TableFacts];
  sampled: [SampledRequest, TableFacts];
  newest: [NewestRequest, readonly (number | null)[]];
  skew: [SkewRequest, readonly SkewOfFeature[]];
  columns: [
    { file: string | readonly string[]; columns: Readonly<Record<string, ColumnKind>> },
    ColumnsRead<Record<string, ColumnKind>>,
  ];
  compute: [Computation, unknown];
  summarize: [SummaryRequest, Summary];
  md5: [{ files: readonly string[] }, readonly string[]];
}
export type OperationName = keyof Operations;

export interface HostSettings {
  readonly threads: number;
  readonly memory: string;
  /** The host's own folder; its parent removes it. */
  readonly folder: string;
}

export type ToHost =
  | { readonly kind: 'settings'; readonly settings: HostSettings }
  | { readonly kind: 'request'; readonly id: number; readonly operation: OperationName; readonly request: unknown }
  | { readonly kind: 'cancel'; readonly id: number };

export type FromHost =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly type: FailureType | null; readonly message: string };
