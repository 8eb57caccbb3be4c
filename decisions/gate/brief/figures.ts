/** Figures and lists as the brief has them. */
import { decimalsFor, numberOf, plain } from '../words.ts';

/** Named one by one; the rest is counted. */
export const NAMED = 5;

export const names = (of: readonly { readonly name: string }[]): string =>
  `${of
    .slice(0, NAMED)
    .map(({ name }) => name)
    .join(', ')}${of.length > NAMED ? ` and ${of.length - NAMED} more` : ''}`;
export const count = (rows: number): string => rows.toLocaleString('en-US');
export const places = (grain: number, largest: number): number =>
  decimalsFor(Number.isFinite(grain) ? Math.abs(grain) / 2 : 0, Math.abs(largest));
export const figureOf = (value: Parameters<typeof numberOf>[0]): string => {
  const number = numberOf(value);
  return plain(number, decimalsFor(0, Math.abs(number)));
};
