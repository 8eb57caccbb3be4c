/** The year at a glance: a lane for each kind of trigger and one for labels, a mark for each decision. */

import type { Decision } from '#contracts/decision.ts';
import type { TriggerKind } from '#contracts/trigger.ts';
import type { Html } from '#reports/html.ts';
import { ink, plot } from '#reports/plots.ts';

const kinds = ['newRows', 'drift', 'performance', 'schedule', 'codeChange'] as const satisfies readonly TriggerKind[];
const LABELS = 'labels';

interface Look {
  readonly word: string;
  readonly colour: string;
  readonly shape: string;
  readonly filled: boolean;
}
/** Shape and filling tell them apart, not colour alone. */
const looks: Partial<Record<Decision['outcome'], Look>> = {
  run: { word: 'starts a run', colour: ink.candidate, shape: 'circle', filled: true },
  held: { word: 'is held back', colour: ink.soft, shape: 'circle', filled: false },
  confirmed: { word: 'confirmed', colour: 'var(--good)', shape: 'triangle-up', filled: true },
  rolledBack: { word: 'rolled back', colour: 'var(--bad)', shape: 'triangle-down', filled: true },
};

interface Point {
  readonly at: string;
  readonly lane: string;
  readonly outcome: string;
}

export function yearPlot(decisions: readonly Decision[]): Promise<Html> {
  const points = decisions.flatMap(({ at, outcome, reasons }): Point[] => {
    if (outcome === 'confirmed' || outcome === 'rolledBack') return [{ at, lane: LABELS, outcome }];
    if (outcome !== 'run' && outcome !== 'held') return [];
    return [...new Set(reasons.map(({ kind }) => kind))].map((kind) => ({ at, lane: kind, outcome }));
  });
  const count = (outcome: Decision['outcome']) => decisions.filter((each) => each.outcome === outcome).length;
  return plot(
    'What asked for a run, and what labels said of promotions',
    `${count('run')} runs, ${count('held')} times held back, ${count('confirmed')} promotions confirmed, ${count('rolledBack')} rolled back`,
    {
      width: 860,
      height: 200,
      layer: Object.entries(looks).map(([outcome, { word, colour, shape, filled }]) => ({
        data: { values: points.filter((point) => point.outcome === outcome) },
        mark: {
          ...{ type: 'point', shape, size: 120, opacity: 1, strokeWidth: 2, stroke: colour },
          ...{ filled: true, fill: filled ? colour : 'var(--card)' },
        },
        encoding: {
          x: {
            field: 'at',
            type: 'temporal',
            title: null,
            scale: { padding: 12 },
            axis: { format: '%b', tickCount: 'month' },
          },
          y: {
            ...{ field: 'lane', type: 'nominal', title: null },
            scale: { domain: [...kinds, LABELS] },
            axis: { grid: true, domain: false, ticks: false },
          },
          description: { value: word },
        },
      })),
    },
  );
}

/** What the marks mean, in words. */
export const yearKey = '● starts a run · ○ is held back · ▲ confirmed by its labels · ▼ rolled back by its labels';
