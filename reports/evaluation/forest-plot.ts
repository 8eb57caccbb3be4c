import type { Evidence } from '#contracts/evidence.ts';
import { asWritten, numberOf } from '#decisions/gate/words.ts';
import type { Html } from '../html.ts';
import { ink, plot } from '../plots.ts';

/** One line of a forest: a difference in the direction of better, with its interval. */
export interface Branch {
  readonly name: string;
  readonly difference: number;
  readonly lower: number;
  readonly upper: number;
}

/** Lines that a plot shows. */
const PLOTTED = 30;

/** Slices whose difference has an interval, the worst first. */
export function branchesOf(
  { slices }: Pick<Evidence, 'slices'>,
  metric: string,
  nameOf: (slice: Evidence['slices'][number]) => string,
): Branch[] {
  return slices
    .flatMap((slice) => {
      const own = slice.difference?.[metric];
      if (!own) return [];
      const [difference, lower, upper] = [numberOf(own.difference), numberOf(own.lower), numberOf(own.upper)];
      return [difference, lower, upper].every(Number.isFinite)
        ? [{ name: nameOf(slice), difference, lower, upper }]
        : [];
    })
    .sort((a, b) => a.difference - b.difference || (a.name < b.name ? -1 : 1));
}

/**
 * Candidate minus champion by name with its interval, the worst on top, against zero and what a slice may lose. Colour and
 * shape say the same: a triangle down is worse and up is better with the whole of its interval.
 * @param maxDrop null: no limit is drawn
 */
export async function forestPlot(metric: string, all: readonly Branch[], maxDrop: number | null): Promise<Html | null> {
  if (all.length < 2) return null;
  const shown = all.slice(0, PLOTTED);
  const marks = [{ at: 0, label: 'no difference' }, ...(maxDrop === null ? [] : [{ at: -maxDrop, label: 'limit' }])];
  const worse = shown.filter(({ upper }) => upper < 0).length;
  const says = `${metric}, candidate minus champion with its interval on ${shown.length} slices, the worst first: worse with the whole interval on ${worse}${maxDrop === null ? '' : `; the limit is ${asWritten(-maxDrop)}`}; the table has the figures`;
  const x = {
    type: 'quantitative',
    scale: { zero: false, nice: true, padding: 8 },
    axis: {
      tickCount: 4,
      grid: true,
      title: 'better by',
      labelExpr: "datum.value == 0 ? '0' : format(datum.value, '+~g')",
    },
  } as const;
  const y = {
    field: 'name',
    type: 'nominal',
    sort: shown.map(({ name }) => name),
    title: null,
    axis: { domain: false, ticks: false, labelLimit: 130 },
  } as const;
  const values = shown.map((branch) => ({
    ...branch,
    is: branch.upper < 0 ? 'worse' : branch.lower > 0 ? 'better' : 'open',
  }));
  const is = ['worse', 'better', 'open'];
  const colours = { domain: is, range: ['var(--bad)', 'var(--good)', ink.soft] };
  return plot(
    all.length > shown.length ? `The ${shown.length} worst of ${all.length} slices` : 'Candidate minus champion',
    says,
    {
      width: 200,
      height: { step: 20 },
      layer: [
        {
          data: { values: marks },
          mark: { type: 'rule', stroke: ink.soft },
          encoding: {
            x: { field: 'at', ...x },
            strokeDash: {
              field: 'label',
              type: 'nominal',
              scale: {
                domain: ['no difference', 'limit'],
                range: [
                  [1, 0],
                  [5, 4],
                ],
              },
              legend: null,
            },
          },
        },
        ...(maxDrop === null
          ? []
          : [
              {
                data: { values: marks.slice(-1) },
                mark: { type: 'text', baseline: 'bottom', dy: -3, fontSize: 11, color: ink.soft },
                encoding: { x: { field: 'at', ...x }, y: { value: 0 }, text: { field: 'label' } },
              } as const,
            ]),
        {
          data: { values },
          mark: { type: 'rule', strokeWidth: 2 },
          encoding: {
            y,
            x: { field: 'lower', ...x },
            x2: { field: 'upper' },
            color: { field: 'is', type: 'nominal', scale: colours, legend: null },
          },
        },
        {
          data: { values },
          mark: { type: 'point', filled: true, size: 70, opacity: 1 },
          encoding: {
            y,
            x: { field: 'difference', ...x },
            color: { field: 'is', type: 'nominal', scale: colours, legend: null },
            shape: {
              field: 'is',
              type: 'nominal',
              scale: { domain: is, range: ['triangle-down', 'triangle-up', 'circle'] },
              legend: null,
            },
          },
        },
      ],
    },
  );
}
