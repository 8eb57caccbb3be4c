import type { Format } from '#contracts/data.ts';
import type { ResultFormat } from '#contracts/validation.ts';
import type { ReadingFlags } from '../../kit/reading-options.ts';

export interface ValidateOptions extends ReadingFlags {
  suite: string;
  quarantine?: string;
  redact: string[];
  resultFormat: ResultFormat;
  format?: Format;
  html?: string;
  json?: boolean;
}
