/** Figures as a model owner reads them. */
import type { Figure } from '#contracts/data.ts';

/** The number that a figure stands for; NaN and infinities travel as strings. */
export const numberOf = (figure: Figure | undefined): number => (figure === undefined ? Number.NaN : Number(figure));

/**
 * Decimals that show a difference of size `grain`: three at least (metrics between 0 and 1), six at
 * most, none for figures in the thousands.
 */
export function decimalsFor(grain: number, largest: number): number {
  if (largest >= 10_000) return 0;
  const wanted = grain > 0 ? Math.ceil(-Math.log10(grain) - 1e-9) : 3;
  return Math.max(largest >= 100 ? 1 : 3, Math.min(6, wanted));
}

/** `0.717`; `not a number` for NaN. Minus is the real sign, so that it never reads as a dash. */
export function plain(value: number, decimals: number): string {
  if (Number.isNaN(value)) return 'not a number';
  if (!Number.isFinite(value)) return value > 0 ? 'infinity' : '−infinity';
  if (value !== 0 && (Math.abs(value) >= 1e9 || Math.abs(value) < 10 ** -decimals / 2))
    return minus(value.toPrecision(3));
  return minus(value.toFixed(decimals));
}

/** `+0.011`, `−0.004`, `0.000`. */
export function signed(value: number, decimals: number): string {
  const text = plain(value, decimals);
  return value > 0 ? `+${text}` : text;
}

/** A rule's own number as its author wrote it: 0.002 stays 0.002. */
export const asWritten = (value: number): string => minus(String(value));

/** `95 %`, `99.5 %`. */
export const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`;

/** `v3` for the version `3`. */
export const versionName = (version: string): string => (/^\d/.test(version) ? `v${version}` : version);

const minus = (text: string): string => text.replace(/^-/, '−').replace('e-', 'e−');
