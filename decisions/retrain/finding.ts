/** What became of one condition, with figures and in words. */

import type { Reason } from '#contracts/decision.ts';
import type { Figure } from '#contracts/trigger.ts';

/** Ids that a reason names. */
export const IDS_NAMED = 20;

export interface Finding {
  holds: boolean;
  /** Why it holds; several when it combines others. */
  reasons: Reason[];
  /** What is missing, in words; empty when it holds. */
  lacking: string[];
}

export const lacks = (words: string): Finding => ({ holds: false, reasons: [], lacking: [words] });
export const holds = (reason: Pick<Reason, 'kind' | 'words'> & Partial<Reason>): Finding => ({
  holds: true,
  reasons: [{ figures: {}, threshold: {}, window: null, source: '', who: 'unknown', evidence: [], ...reason }],
  lacking: [],
});

/** NaN for a figure that is none. */
export const numberOf = (figure: Figure | null | undefined): number =>
  figure === null || figure === undefined ? Number.NaN : Number(figure);

/** `20,000`; figures below 1,000 with up to four digits that say something. */
export function plain(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return Number.isInteger(value) ? value.toLocaleString('en-US') : String(Number(value.toPrecision(4)));
}

/** `watch`, or `watch and s3`: each source once. */
export function sources(of: readonly { source: string }[]): string {
  return [...new Set(of.map(({ source }) => source))].join(' and ');
}
