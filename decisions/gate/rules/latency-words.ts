/** Times and memory as a person reads them. */
import type { LatencyFigure } from '#contracts/latency.ts';
import { plain } from '../words.ts';

/** `99 of 100 requests of 1 row are answered within 33.2 ms`. */
export function requestsTake(figure: LatencyFigure, rows: number, milliseconds: number): string {
  const of = `of ${rows.toLocaleString('en-US')} ${rows === 1 ? 'row' : 'rows'}`;
  const time = duration(milliseconds);
  if (figure === 'mean') return `a request ${of} takes ${time} on average`;
  return `${figure === 'p50' ? 'half of the requests' : '99 of 100 requests'} ${of} are answered within ${time}`;
}

/** `0.42 ms`, `33.2 ms`, `1.50 s`; `unknown` without a bound. */
export function duration(milliseconds: number): string {
  if (milliseconds === Number.POSITIVE_INFINITY) return 'unknown';
  if (milliseconds >= 1_000) return `${short(milliseconds / 1_000)} s`;
  return `${short(milliseconds)} ms`;
}

/** `210 MiB`, `1.5 GiB`. */
export const amount = (bytes: number): string =>
  bytes >= 2 ** 30 ? `${short(bytes / 2 ** 30)} GiB` : `${short(bytes / 2 ** 20)} MiB`;

export const timesAsLong = (ratio: number): string => `${plain(ratio, 2)} times as long`;

/** Three digits that count, without zeros at the end. */
const short = (value: number): string => plain(Number(value.toPrecision(3)), 2).replace(/\.?0+$/, '') || '0';
