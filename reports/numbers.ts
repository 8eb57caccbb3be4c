/** Figures and texts of data as a reader wants them: short, bounded, never undefined. */
import type { Figure } from '#contracts/trigger.ts';
import { type Html, html } from './html.ts';

const grouped = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4 });
const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** Four significant digits; very large and very small ones with an exponent; a dash for what is not known. */
export function amount(value: Figure | null | undefined): string {
  if (value === null || value === undefined || value === 'NaN') return '–';
  if (value === 'Infinity' || value === '-Infinity') return value === 'Infinity' ? '∞' : '−∞';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e9 || size < 1e-4)) return minus(value.toExponential(2).replace('e+', 'e'));
  return minus(size >= 10_000 || Number.isInteger(value) ? whole.format(value) : grouped.format(value));
}

/** `1 column`, `12 columns`. */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

export const count = (value: number): string => whole.format(value);

/** `11.3 %`; a share that is not quite none or all never reads as that. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return '–';
  const of = share * 100;
  if (of > 0 && of < 0.01) return '< 0.01 %';
  if (of < 100 && of > 99.9) return `${(Math.floor(of * 100) / 100).toFixed(2)} %`;
  return `${of === 0 || of === 100 ? of : of.toFixed(of < 1 ? 2 : 1)} %`;
}

/** A time as `2013-01-31 10:00`, UTC; a date for a midnight. */
export function moment(iso: string | null | undefined): string {
  if (!iso) return '–';
  const [, day = iso, clock = ''] = /^([\d+-]+)T(\d\d:\d\d(?::\d\d)?)/.exec(iso) ?? [];
  if (clock === '' || clock === '00:00:00' || clock === '00:00') return day;
  return `${day} ${clock.replace(/:00$/, '')}`;
}

export function span(seconds: number): string {
  const units = [
    [86_400, 'day'],
    [3_600, 'hour'],
    [60, 'minute'],
  ] as const;
  for (const [size, unit] of units)
    if (seconds >= size) {
      const many = grouped.format(Math.round((seconds / size) * 10) / 10);
      return `${many} ${unit}${many === '1' ? '' : 's'}`;
    }
  return `${amount(seconds)} s`;
}

/** Controls that turn or embed a direction of writing: a text that holds one would rearrange what stands around it. */
const turning = /[\u202a-\u202e\u2066-\u2069]/g;

/** At most so many letters; longer ones end in an ellipsis. */
export function clipped(whole: string, most = 80): string {
  const text = whole.slice(0, most + 1).replace(turning, '\ufffd');
  // No text is cut inside of a letter that takes two units.
  return text.length <= most ? text : `${[...text.slice(0, most)].slice(0, -1).join('')}…`;
}

/** A name or value of the data: it may break anywhere, turns no direction of writing around it, and shows that it is empty. */
export const name = (text: string, most = 80): Html =>
  text.trim() === ''
    ? html`<bdi class="name faint">(blank)</bdi>`
    : html`<bdi class="name">${clipped(text, most)}</bdi>`;

const minus = (text: string): string => text.replace(/^-/, '−').replace('e-', 'e−');
