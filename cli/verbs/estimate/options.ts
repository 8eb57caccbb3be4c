import type { EstimateOptions } from '#contracts/estimate.ts';
import type { AlarmRule } from '#decisions/estimate-alarm.ts';
import type { ReadingFlags } from '../../kit/reading-options.ts';

export interface EstimateArguments extends ReadingFlags {
  reference: string;
  analysis: string;
  targets?: string;
  problem: EstimateOptions['problem'];
  target?: string;
  prediction?: string;
  score: string[];
  id?: string;
  time?: string;
  chunkSize?: number;
  chunkNumber?: number;
  chunkPeriod?: string;
  metrics?: string[];
  limit: EstimateOptions['limits'];
  positive?: string;
  threshold?: number;
  worth?: EstimateOptions['worth'];
  features?: string[];
  format?: 'parquet' | 'csv' | 'jsonl';
  html?: string;
  failOn: AlarmRule;
  drift?: boolean;
  json?: boolean;
}
