/** How often forty slices refuse a good model by noise, and how often one that is truly worse is caught. */
import type { Evidence } from '#contracts/evidence.ts';
import type { Figures } from '#decisions/gate/directions.ts';
import { slices as sliceRule } from '#decisions/gate/rules/slices.ts';
import { differencesOf } from '#measures/evaluation/own-errors.ts';
import { figuresOf } from '#measures/evaluation/slices.ts';
import type { Metric } from '#measures/statistics/metric.ts';
import type { Rows } from '#measures/statistics/rows.ts';
import { CONFIDENCE, drawn, metricOf } from './gate.ts';
import type { PairOf } from './gate-world.ts';
import { type Study, share } from './study.ts';
import { normals } from './watch-world.ts';

type Name = 'roc_auc' | 'accuracy' | 'mae';
/** In each metric's own unit; a tenth of the champion's absolute error, which is 0.8. */
const MAX_DROP: Record<Name, number> = { roc_auc: 0.05, accuracy: 0.05, mae: 0.08 };
const LEVEL = 0.05;
const SLICES = 40;
/** Of the slice that is truly worse. */
const BAD_ROWS = 1_000;

export interface SlicesWorld {
  readonly metric: Name;
  /** Of each of the forty slices. */
  readonly rows: number;
  /** How much better the candidate truly is on each of them. */
  readonly gain: number;
  /** One more slice, of a thousand rows, on which it is truly worse by so many times what is allowed; 0: there is none. */
  readonly bad: number;
}

function sliceOf(metric: Metric, value: string, { candidate, champion }: PairOf<Rows>): Evidence['slices'][number] {
  const counting = { weights: null, units: null, confidence: CONFIDENCE, seed: 1 };
  return {
    ...{ column: 'slice', value, rows: candidate.y.length },
    candidate: figuresOf([metric], candidate),
    champion: figuresOf([metric], champion),
    difference: differencesOf([metric], candidate, champion, counting),
  };
}

/** Of so many draws, how often the slice rule refuses; with a bad slice, how often it names that one. */
export function refusals(world: SlicesWorld, { draws, seed }: { draws: number; seed: number }): number {
  const normal = normals(seed);
  const metric = metricOf(world.metric);
  const rules = { metric: world.metric, maxDrop: MAX_DROP[world.metric], level: LEVEL };
  let refused = 0;
  for (let draw = 0; draw < draws; draw++) {
    const slices = Array.from({ length: SLICES }, (_, at) =>
      sliceOf(metric, `${at}`, drawn(normal, world, world.rows, world.gain)),
    );
    const harm = world.bad * MAX_DROP[world.metric];
    if (harm > 0) slices.push(sliceOf(metric, 'bad', drawn(normal, world, BAD_ROWS, -harm)));
    const found = sliceRule
      .judge(rules, evidenceOf(world.metric, metric.higherIsBetter, slices))
      .filter(({ outcome, reason }) => outcome === 'refused' && (harm === 0 || reason.includes('slice=bad')));
    if (found.length > 0) refused++;
  }
  return refused;
}

/** What the rules read; the figures of all rows decide nothing here. */
function evidenceOf(metric: string, higherIsBetter: boolean, slices: Evidence['slices']) {
  const model = { metrics: { [metric]: 0.5 } };
  const champion = { ...model, version: '1' };
  return {
    ...{ task: metric === 'mae' ? 'regression' : 'binary', rows: 0, slices, directions: { [metric]: higherIsBetter } },
    ...{ candidate: model, champion, comparisons: [] },
  } as unknown as Figures; // The other parts are of other rules.
}

export const gateSlices: Study = {
  name: 'gate-slices',
  page: 'gate-simulations',
  shows:
    'Forty slices, judged by `slices: { maxDrop }` at its level of 5 %: 0.05 of roc_auc and accuracy, 0.08 of mae. A good model is as good as the champion on each of them, or better by 0.02. One more slice of 1,000 rows, on which the candidate is truly worse, is caught when the verdict names it.',
  run({ seed, draws, cell }) {
    const many = draws ?? 2_000;
    const shown = (label: string, world: SlicesWorld) =>
      cell(`${world.metric}, ${world.rows} rows, ${label}`, () => share(refusals(world, { draws: many, seed }), many));
    const rows = (['roc_auc', 'accuracy', 'mae'] as const).flatMap((metric) =>
      [100, 500].map((of) => [
        `${metric}, forty slices of ${of} rows`,
        shown('as good', { metric, rows: of, gain: 0, bad: 0 }),
        shown('better', { metric, rows: of, gain: 0.02, bad: 0 }),
        ...[0.5, 2].map((bad) => shown(`one is bad ${bad}`, { metric, rows: of, gain: 0, bad })),
      ]),
    );
    const columns = [
      ...['world', 'refused: as good everywhere', 'refused: better everywhere'],
      ...['caught: one worse by half of what is allowed', 'caught: one worse by twice what is allowed'],
    ];
    return [{ title: 'Refused by the slice rule.', columns, rows }];
  },
};
