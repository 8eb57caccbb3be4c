import type { ReadingFlags } from '../../kit/reading-options.ts';

export interface QualityOptions extends ReadingFlags {
  reference?: string;
  target?: string;
  prediction?: string;
  task?: 'binary' | 'multiclass' | 'regression';
  positive?: string;
  threshold?: number;
  time?: string;
  test: string[];
  maxMissing?: number;
  maxDuplicates?: number;
  minRows?: number;
  format?: 'parquet' | 'csv' | 'jsonl';
  html?: string;
  json?: boolean;
}
