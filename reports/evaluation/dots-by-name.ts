/** A metric of both models, a line a name: a slice, a group. */
import type { Html } from '../html.ts';
import { byModel, ink, plot } from '../plots.ts';

export interface Dot {
  readonly name: string;
  readonly model: 'candidate' | 'champion';
  readonly x: number;
}

/**
 * @param says for who cannot see it
 * @param figures `names` in the order of the lines; `zero`: the axis begins there
 */
export function dotsByName(
  title: string,
  says: string,
  { metric, names, dots, zero }: { metric: string; names: readonly string[]; dots: readonly Dot[]; zero: boolean },
): Promise<Html> {
  return plot(title, says, {
    width: 190,
    height: { step: 20 },
    data: { values: [...dots] },
    encoding: {
      y: {
        field: 'name',
        type: 'nominal',
        sort: [...names],
        title: null,
        axis: { domain: false, ticks: false, labelLimit: 130 },
      },
      x: {
        field: 'x',
        type: 'quantitative',
        title: metric,
        scale: { zero, nice: true },
        axis: { tickCount: 4, grid: true },
      },
    },
    layer: [
      {
        mark: { type: 'line', stroke: ink.line, strokeWidth: 2 },
        encoding: { detail: { field: 'name', type: 'nominal' } },
      },
      {
        mark: { type: 'point', filled: true, size: 75, opacity: 1 },
        encoding: {
          color: byModel.color,
          shape: {
            field: 'model',
            type: 'nominal',
            scale: { domain: ['candidate', 'champion'], range: ['circle', 'diamond'] },
            legend: null,
          },
        },
      },
    ],
  });
}
