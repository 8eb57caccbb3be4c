/** False alarms of `performance` and `dropFromChampion` over a year without change, and what one look finds. */

import { championInterval } from '#activities/watch/champion-error.ts';
import { tooFewEvents } from '#activities/watch/counted-events.ts';
import { lookRule, sureConfidence } from '#activities/watch/look-rule.ts';
import { metricsWithError } from '#activities/watch/observe-metrics.ts';
import { MetricObserved } from '#contracts/loop/evidence.ts';
import { figure } from '#contracts/trigger.ts';
import { conditionShapes } from '#contracts/trigger-condition.ts';
import { WatchPolicy } from '#contracts/watch.ts';
import { beyond } from '#decisions/retrain/performance-limit.ts';
import { averagePrecision } from '#measures/statistics/average-precision.ts';
import { normalQuantile } from '#measures/statistics/normal-quantile.ts';
import { recall } from '#measures/statistics/recall.ts';
import { rocAuc } from '#measures/statistics/roc-auc.ts';
import type { BinaryRows } from '#measures/statistics/rows.ts';
import { addScored, aucOf, noScores, type Scored, TRUE_AUC } from './performance-world.ts';
import type { Study } from './study.ts';
import { normals } from './watch-world.ts';

const everies = { '1h': 1, '1d': 24, '7d': 168 } as const;
type Every = keyof typeof everies;
const names = Object.keys(everies) as Every[];
const YEAR_HOURS = 365 * 24;
const WINDOW_HOURS = 28 * 24;
const ruleOf = (every: Every) => lookRule(WatchPolicy.parse({ source: 'rows', every }));
const confidences = Object.fromEntries(names.map((every) => [every, sureConfidence(ruleOf(every), 1)])) as Record<
  Every,
  number
>;

/** Any drop at all, and the truth itself as the limit: the hardest that can be asked. */
const conditions = (metric: string, truth: number) =>
  [
    conditionShapes.performance.parse({ kind: 'performance', metric, dropFromChampion: 1e-9 }),
    conditionShapes.performance.parse({ kind: 'performance', metric, below: truth }),
  ] as const;
const [anyDrop, belowTruth] = conditions('roc_auc', TRUE_AUC);

interface Interval {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}
function observed(metric: string, seen: Interval, champion: number, confidence: number, ratio: number): MetricObserved {
  return MetricObserved.parse({
    ...{ id: 's', at: '2026-01-01T00:00:00Z', metric, value: figure(seen.value), confidence },
    ...{ lower: figure(seen.lower), upper: figure(seen.upper), champion: figure(champion) },
    ...championInterval(champion, seen, ratio),
  });
}

/** The interval as a bootstrap's so far out, by the normal law, with DeLong's (1988) error in place of the resamples'. */
export function intervalOf(scores: Scored, confidence: number): Interval {
  const { value, error } = aucOf(scores);
  const half = normalQuantile(1 - (1 - confidence) / 2) * error;
  return { value, lower: value - half, upper: value + half };
}

type Told = Record<'drop' | 'below', boolean>;
/** Does any look of a year without change tell of a drop? @param candidates equally good ones, of which the best on the holdout became champion */
export function yearOf(seed: number, rows: number, candidates: number): Record<Every, Told> {
  const normal = normals(seed);
  const drawn = (count: number) => addScored(normal, count, 1, noScores());
  const champion = Math.max(...Array.from({ length: candidates }, () => aucOf(drawn(rows)).value));
  const told = Object.fromEntries(names.map((every) => [every, { drop: false, below: false }])) as Record<Every, Told>;
  const hours: Scored[] = [];
  const window = noScores();
  for (let hour = 0; hour < WINDOW_HOURS + YEAR_HOURS; hour++) {
    const until = (hours: number) => Math.floor((hours * rows) / WINDOW_HOURS);
    const fresh = drawn(until(hour + 1) - until(hour));
    const gone = hours[hour % WINDOW_HOURS];
    hours[hour % WINDOW_HOURS] = fresh;
    for (let cell = 0; cell < window.length; cell++)
      window[cell] = (window[cell] as number) + (fresh[cell] as number) - ((gone?.[cell] as number) ?? 0);
    if (hour < WINDOW_HOURS) continue;
    for (const every of names) {
      if (hour % everies[every] !== 0) continue;
      const seen = intervalOf(window, confidences[every]);
      // What lies above both can be neither a drop nor below.
      if (seen.value > champion && seen.value > TRUE_AUC) continue;
      const evidence = observed('roc_auc', seen, champion, confidences[every], 1);
      if (beyond(anyDrop, evidence)) told[every].drop = true;
      if (beyond(belowTruth, evidence)) told[every].below = true;
    }
  }
  return told;
}

/** Does one look, with a holdout of as many rows, tell of a drop to scores whose positives lie `apart`? */
export function lookAt(seed: number, rows: number, apart: number): Record<Every, boolean> {
  const normal = normals(seed);
  const champion = aucOf(addScored(normal, rows, 1, noScores())).value;
  const window = addScored(normal, rows, apart, noScores());
  return Object.fromEntries(
    names.map((every) => {
      const seen = intervalOf(window, confidences[every]);
      return [every, beyond(anyDrop, observed('roc_auc', seen, champion, confidences[every], 1))];
    }),
  ) as Record<Every, boolean>;
}

/** Scores of a model whose positive rows lie `apart` standard deviations above the others; `share` of all rows are positive. */
function rowsOf(normal: () => number, rows: number, apart: number, share: number): BinaryRows {
  const cut = normalQuantile(1 - share);
  const y = Uint8Array.from({ length: rows }, () => (normal() > cut ? 1 : 0));
  const score = Float64Array.from(y, (label) => 1 / (1 + Math.exp(-(normal() + label * apart))));
  return { task: 'binary', y, score, threshold: 0.5 };
}

/** The whole way, rows and resamples: one look of the weekly ones against a holdout of ten times the rows. Null: too few to judge. */
export function drops(seed: number, rows: number, apart: number, resamples: number, share = 0.2, before = 1) {
  const normal = normals(seed);
  const confidence = confidences['7d'];
  const metrics = [rocAuc, averagePrecision, recall];
  const holdout = metricsWithError(metrics, rowsOf(normal, rows * 10, before, share), { resamples: 1, confidence });
  const seen = metricsWithError(metrics, rowsOf(normal, rows, apart, share), { resamples, confidence });
  return Object.fromEntries(
    seen.map((each) => {
      const champion = holdout.find(({ metric }) => metric === each.metric)?.value ?? Number.NaN;
      const [drop] = conditions(each.metric, champion);
      const few = tooFewEvents(each.events) !== null;
      return [each.metric, few ? null : beyond(drop, observed(each.metric, each, champion, confidence, 0.1))];
    }),
  ) as Record<string, boolean | null>;
}

const plain = (rows: number) => rows.toLocaleString('en-US');

export const performance: Study = {
  name: 'performance',
  shows:
    'ROC AUC of 0.76 with a fifth of the rows positive, a window of 28 days and a holdout of as many rows. Stated: at most 5 % of the years have a false alarm of a condition, however often is looked. Asked is the hardest: any drop from the champion’s figure at all, and a limit at the truth itself. Windows of 100 rows are below `leastRows` and never judged.',
  run({ seed, draws, progress }) {
    const quiet: string[][] = [];
    for (const rows of [1_000, 10_000, 100_000])
      for (const candidates of [1, 5]) {
        const years = Math.min(draws ?? 100, 100);
        const counts = Object.fromEntries(names.map((every) => [every, { drop: 0, below: 0 }])) as Record<
          Every,
          Record<keyof Told, number>
        >;
        for (let year = 0; year < years; year++) {
          const told = yearOf(seed * 3_000_000 + rows * 10 + candidates * 1_000 + year, rows, candidates);
          for (const every of names)
            for (const which of ['drop', 'below'] as const) if (told[every][which]) counts[every][which]++;
        }
        const cells = names.map((every) => `${counts[every].drop}, ${counts[every].below} of ${years}`);
        quiet.push([plain(rows), candidates === 1 ? 'one' : `best of ${candidates} alike`, ...cells]);
        progress(quiet.at(-1)?.join(', ') ?? '');
      }
    const power = [200, 1_000, 10_000, 100_000].map((rows) => {
      const looks = Math.min(draws ?? 200, 200);
      const found = [0.8, 0.5].flatMap((apart) => {
        const told = Array.from({ length: looks }, (_, look) => lookAt(seed * 4_000_000 + rows + look, rows, apart));
        return names.map((every) => `${told.filter((each) => each[every]).length}`);
      });
      return [plain(rows), ...found.map((count) => `${count} of ${looks}`)];
    });
    progress('power');
    const rare = (
      [
        [200, 0.02],
        [1_000, 0.02],
        [1_000, 0.05],
        [2_000, 0.05],
      ] as const
    ).map(([rows, share]) => {
      const looks = Math.min(draws ?? 200, 200);
      const told = Array.from({ length: looks }, (_, look) =>
        drops(seed * 5_000_000 + rows + look, rows, 1.5, 200, share, 1.5),
      );
      progress(`rare events, ${rows} rows`);
      const cells = ['roc_auc', 'average_precision', 'recall'].map((metric) => {
        const judged = told.filter((each) => each[metric] !== null);
        return `${judged.filter((each) => each[metric]).length} of ${judged.length} judged`;
      });
      return [plain(rows), `${share * 100} %`, ...cells];
    });
    return [
      {
        title: 'Years without change in which any look told of a drop, of a figure below the limit',
        columns: ['rows', 'champion', 'hourly looks', 'daily looks', 'weekly looks'],
        rows: quiet,
      },
      {
        title: 'Single looks that tell of a drop',
        columns: [
          'rows',
          ...['0.71', '0.64'].flatMap((to) => ['hourly', 'daily', 'weekly'].map((every) => `0.76 → ${to}, ${every}`)),
        ],
        rows: power,
      },
      {
        title:
          'Single weekly looks without change, of rare events, by the whole way with resamples, a holdout of ten times the rows (stated: 0.1 %; fewer than 30 events are not judged)',
        columns: ['rows', 'positive', 'ROC AUC', 'average precision', 'recall'],
        rows: rare,
      },
    ];
  },
};
