import type { ReadingFlags } from '../../kit/reading-options.ts';

export interface DriftOptions extends ReadingFlags {
  reference: string[];
  current: string[];
  method: string[];
  column: string[];
  as: string[];
  numerical?: string;
  categorical?: string;
  share?: number;
  preset?: string;
  target?: string;
  prediction?: string;
  tests?: string;
  format?: 'parquet' | 'csv' | 'jsonl';
  html?: string;
  json?: boolean;
}
