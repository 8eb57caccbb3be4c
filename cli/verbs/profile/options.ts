import type { Format } from '#contracts/data.ts';
import type { ReadingFlags } from '../../kit/reading-options.ts';

export interface ProfileOptions extends ReadingFlags {
  suggest?: boolean;
  out?: string;
  format?: Format;
  json?: boolean;
}
