/** Of figures of windows, in words: which window it is, whether the newest look was judged, who told it. */
import type { DriftMeasured } from '#contracts/loop/evidence.ts';
import { IDS_NAMED, plain, sources } from './finding.ts';

/** A window's figure is not of now: which rows it is of, or when it was told. */
export const lastWindow = ({ window, at }: Pick<DriftMeasured, 'window' | 'at'>) =>
  window ? `the last window, from ${window.from} to ${window.to}` : `the last window, told ${at}`;

export const rowInWords = (windows: number) => (windows > 1 ? `, ${windows} windows in a row` : '');

/** Null when the newest look was judged. */
export function tooFewInWords(items: readonly Pick<DriftMeasured, 'tooFew'>[]): string | null {
  const tooFew = items.at(-1)?.tooFew;
  return tooFew ? `too few ${tooFew.what ?? 'rows'} to judge (${plain(tooFew.rows)} of ${plain(tooFew.least)})` : null;
}
export function newestInWords(items: readonly Pick<DriftMeasured, 'tooFew'>[]): string {
  const words = tooFewInWords(items);
  return words === null ? '' : `; since then ${words}`;
}

export function traced(found: readonly { id: string; source: string; who: string }[]) {
  return {
    source: sources(found),
    who: found.at(-1)?.who ?? 'unknown',
    evidence: found.map(({ id }) => id).slice(-IDS_NAMED),
  };
}
