import type { Duration } from '#contracts/duration.ts';
import type { CompareBy } from '#contracts/stages/evaluate.ts';
import type { ReadingFlags } from '../../kit/reading-options.ts';

export interface GateOptions extends ReadingFlags {
  predictions: string;
  target: string;
  against?: string;
  id?: string;
  prediction?: string;
  /** false: `--no-score`. */
  score?: string | false;
  probability?: Record<string, string>;
  task?: 'binary' | 'multiclass' | 'regression';
  positive?: string;
  threshold?: number;
  min: Record<string, number>;
  max: Record<string, number>;
  metric?: string;
  minEffect?: number;
  notWorseThan?: number;
  slice: string[];
  maxDrop?: number;
  minSliceRows?: number;
  groupBy?: string;
  time?: string;
  block?: Duration;
  weight?: string;
  compareBy?: CompareBy;
  confidence?: number;
  resamples?: number;
  seed?: number;
  rules?: string;
  format?: 'parquet' | 'csv' | 'jsonl';
  junit?: string;
  html?: string;
  json?: boolean;
}

/** What `ratchet gate simulate` takes besides. */
export interface SimulateOptions {
  rows?: number;
  power?: number;
  repetitions?: number;
}
