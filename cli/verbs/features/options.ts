import type { Format } from '#contracts/data.ts';
import type { ReadingFlags } from '../../kit/reading-options.ts';

export interface HistoryOptions extends ReadingFlags {
  entities: string;
  features?: string[];
  service?: string;
  out: string;
  time: string;
  fullNames?: boolean;
  definitions: string;
  format?: Format;
  json?: boolean;
}
