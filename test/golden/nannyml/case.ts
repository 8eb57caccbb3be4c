/** One run of NannyML's, as it was stored: header and rows of its result's data frame. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface GoldenCase {
  readonly config: Record<string, unknown>;
  readonly needsCalibration: boolean | undefined;
  /** Reference first, then analysis; the columns' keys as NannyML's, joined by `|`. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

export const goldenFile = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export function goldenCase(name: string): GoldenCase {
  const { config, needs_calibration, columns, rows } = JSON.parse(readFileSync(goldenFile(name), 'utf8'));
  return {
    config,
    needsCalibration: needs_calibration,
    rows: rows.map((row: unknown[]) => Object.fromEntries(row.map((value, at) => [columns[at], value]))),
  };
}
