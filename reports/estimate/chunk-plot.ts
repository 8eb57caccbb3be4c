import type { TopLevelSpec } from 'vega-lite';
import type { Estimate, EstimateChunk, EstimateMetric } from '#contracts/estimate.ts';
import type { Html } from '../html.ts';
import { amount } from '../numbers.ts';
import { ink, plot } from '../plots.ts';

/** Chunks that are drawn; the latest. */
const DRAWN = 240;

interface Point {
  readonly at: number;
  readonly label: string;
  readonly side: 'reference' | 'analysis';
  readonly estimated: number | null;
  readonly realized: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly alarm: number | null;
}

/** One metric over the chunks of the reference and the analysis, with its limits, its band and its alerts. */
export function chunkPlot(metric: EstimateMetric, { reference, chunks }: Estimate): Promise<Html> {
  const analysis = chunks.slice(-DRAWN);
  const before = reference.slice(-60);
  const points = [
    ...before.map(pointOf(metric, 'reference', 0)),
    ...analysis.map(pointOf(metric, 'analysis', before.length)),
  ];
  const alarms = points.filter(({ alarm }) => alarm !== null);
  const told = `${metric.label} over ${chunks.length} chunks; limits ${amount(metric.lower)} and ${amount(metric.upper)}; ${alarms.length === 0 ? 'no alert' : `${alarms.length} alerts`}`;
  return plot(metric.label, told, spec(points, metric, before.length));
}

const pointOf =
  (metric: EstimateMetric, side: Point['side'], offset: number) =>
  (chunk: EstimateChunk, i: number): Point => {
    const found = chunk.metrics[metric.name];
    const alarmed = side === 'analysis' && found !== undefined && (found.alert || found.realizedAlert);
    return {
      at: offset + i,
      label: (chunk.from ?? '').slice(0, 10) || String(chunk.index + 1),
      side,
      estimated: found?.estimated ?? null,
      realized: found?.realized ?? null,
      low: found?.confidence?.lower ?? null,
      high: found?.confidence?.upper ?? null,
      alarm: alarmed ? (found.alert ? (found.estimated ?? found.realized) : found.realized) : null,
    };
  };

function spec(points: readonly Point[], metric: EstimateMetric, before: number): TopLevelSpec {
  const labels = points.map(({ label }) => label);
  const every = Math.max(1, Math.ceil(points.length / 6));
  const x = {
    field: 'at',
    type: 'quantitative' as const,
    title: null,
    scale: { domain: [-0.5, points.length - 0.5], nice: false },
    axis: {
      values: points.map((_, i) => i).filter((i) => i % every === 0),
      labelExpr: `${JSON.stringify(labels)}[datum.value]`,
      labelOverlap: true,
      grid: false,
    },
  };
  const y = (field: keyof Point) => ({
    field,
    type: 'quantitative' as const,
    title: null,
    scale: { zero: false, nice: true },
    axis: { tickCount: 5 },
  });
  const limits = [metric.lower, metric.upper].filter((limit) => limit !== null).map((limit) => ({ limit }));
  const known = (field: keyof Point) => ({ filter: `isValid(datum.${field})` });
  return {
    width: 860,
    height: 200,
    data: { values: [...points] },
    layer: [
      {
        transform: [{ filter: 'isValid(datum.low) && isValid(datum.high)' }],
        mark: { type: 'area', fill: ink.candidate, fillOpacity: 0.16 },
        encoding: { x, y: y('low'), y2: { field: 'high' } },
      },
      {
        data: { values: limits },
        mark: { type: 'rule', stroke: 'var(--bad)', strokeWidth: 1.5, strokeDash: [3, 3] },
        encoding: { y: { field: 'limit', type: 'quantitative' } },
      },
      ...(before > 0 && before < points.length
        ? [
            {
              data: { values: [{ at: before - 0.5 }] },
              mark: { type: 'rule', stroke: ink.line, strokeWidth: 2 },
              encoding: { x: { field: 'at', type: 'quantitative' } },
            } as const,
            {
              data: { values: [{ at: before - 0.5, text: 'reference', align: 'right' }] },
              mark: { type: 'text', align: 'right', dx: -6, baseline: 'top', color: ink.soft, fontSize: 11 },
              encoding: { x: { field: 'at', type: 'quantitative' }, y: { value: 0 }, text: { field: 'text' } },
            } as const,
          ]
        : []),
      {
        transform: [known('realized')],
        mark: {
          type: 'line',
          stroke: ink.champion,
          strokeWidth: 2,
          strokeDash: [6, 4],
          point: { shape: 'diamond', filled: true, fill: ink.champion, size: 36 },
        },
        encoding: { x, y: y('realized') },
      },
      {
        transform: [known('estimated')],
        mark: {
          type: 'line',
          stroke: ink.candidate,
          strokeWidth: 2.25,
          point: { filled: true, fill: ink.candidate, size: 30 },
        },
        encoding: { x, y: y('estimated') },
      },
      {
        transform: [known('alarm')],
        mark: {
          type: 'point',
          shape: 'triangle-up',
          filled: true,
          fill: 'var(--bad)',
          size: 110,
          opacity: 1,
          yOffset: -10,
        },
        encoding: { x, y: y('alarm') },
      },
    ],
  };
}
