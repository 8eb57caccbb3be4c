/** How often the gate's comparison promotes models that are no better, and finds those that are, on independent rows. */

import { type CompareOptions, compareModels } from '#measures/statistics/compare/compare.ts';
import type { Metric } from '#measures/statistics/metric.ts';
import { metrics } from '#measures/statistics/registry.ts';
import type { Rows } from '#measures/statistics/rows.ts';
import { classified, distanceFor, type PairOf, regressed, UNIT_MAE } from './gate-world.ts';
import { type Study, share } from './study.ts';
import { normals } from './watch-world.ts';

export interface Judged {
  readonly label: string;
  readonly metric: string;
  readonly by: CompareOptions['by'];
  /** The least gain that a promotion asks for, in the metric's unit. */
  readonly effect: number;
}
/** Each method with a metric that it is for. */
export const judged: readonly Judged[] = [
  { label: 'bootstrap, roc_auc', metric: 'roc_auc', by: 'bootstrap', effect: 0.01 },
  { label: 'DeLong, roc_auc', metric: 'roc_auc', by: 'delong', effect: 0.01 },
  { label: 'bootstrap, accuracy', metric: 'accuracy', by: 'bootstrap', effect: 0.01 },
  { label: 'McNemar, accuracy', metric: 'accuracy', by: 'mcnemar', effect: 0.01 },
  { label: 'bootstrap, mae', metric: 'mae', by: 'bootstrap', effect: 0.02 },
  { label: 't, mae', metric: 'mae', by: 't', effect: 0.02 },
  { label: 'Wilcoxon, mae', metric: 'mae', by: 'wilcoxon', effect: 0.02 },
];
const SIZES = [500, 2_000, 20_000];

export const CONFIDENCE = 0.95;
export const metricOf = (name: string): Metric =>
  [...metrics.binary, ...metrics.regression].find((metric) => metric.name === name) as Metric;

/** Rows of two models; the candidate is truly better by `gain`. */
export function drawn(
  normal: () => number,
  { metric }: Pick<Judged, 'metric'>,
  rows: number,
  gain: number,
): PairOf<Rows> {
  return metric === 'mae'
    ? regressed(normal, rows, 1 - gain / UNIT_MAE)
    : classified(normal, rows, distanceFor(metric as 'roc_auc' | 'accuracy', gain));
}

/** Of so many draws, how often the interval lies above `effect`. */
export function promotions(
  judge: Judged,
  world: { readonly rows: number; readonly gain: number; readonly effect: number },
  { draws, seed, resamples }: { draws: number; seed: number; resamples: number },
): number {
  const normal = normals(seed);
  const metric = metricOf(judge.metric);
  let promoted = 0;
  for (let draw = 0; draw < draws; draw++) {
    const { candidate, champion } = drawn(normal, judge, world.rows, world.gain);
    const options = { by: judge.by, resamples, confidence: CONFIDENCE, seed: draw, kind: null };
    const [pair] = compareModels([metric], candidate, champion, options);
    if ((pair?.lower as number) > world.effect) promoted++;
  }
  return promoted;
}

const count = (rows: number): string => `${rows.toLocaleString('en-US')} rows`;

export const gate: Study = {
  name: 'gate',
  page: 'gate-simulations',
  shows:
    'Two models on the same independent rows, half of a row’s noise shared by both; a candidate is promoted when its 95 % interval lies above the limit. No true difference and a limit of 0: 2.5 % is what is stated. With 1, 2 and 4 times a minimum effect (0.01 of roc_auc and accuracy, 0.02 of mae) as the true gain, the limit is that effect: at 1 times, what is promoted is wrongly promoted.',
  run({ seed, draws, cell }) {
    const made = (judge: Judged, times: number, rows: number, many: number) => {
      const [gain, effect] = [times * judge.effect, times === 0 ? 0 : judge.effect];
      const resamples = rows > 10_000 ? 200 : 400;
      return cell(`${judge.label}, ${times} × ${judge.effect}, ${count(rows)}`, () =>
        share(promotions(judge, { rows, gain, effect }, { draws: many, seed, resamples }), many),
      );
    };
    const lines = [0, 1, 2, 4].flatMap((times) => judged.map((judge) => ({ judge, times, cells: [] as string[] })));
    // Few rows first: what there is no time for is the dear rest.
    for (const size of SIZES)
      for (const { judge, times, cells } of lines) {
        const cheap = judge.by !== 'bootstrap' && size <= 10_000 && times === 0;
        cells.push(made(judge, times, size, draws ?? (cheap ? 10_000 : 2_000)));
      }
    const nothing = lines.filter(({ times }) => times === 0).map(({ judge, cells }) => [judge.label, ...cells]);
    const power = judged.flatMap((of) =>
      lines
        .filter(({ judge, times }) => judge === of && times > 0)
        .map(({ judge: { label, effect }, times, cells }) => [`${label}: ${times} × ${effect}`, ...cells]),
    );
    const columns = SIZES.map(count);
    return [
      { title: 'Promoted without a true difference.', columns: ['method', ...columns], rows: nothing },
      { title: 'Promoted with a true gain.', columns: ['method and gain', ...columns], rows: power },
    ];
  },
};
