/** False alarms of `dropFromChampion` over a year without change, and what one look finds. */
import { metricIntervals } from '#activities/statistics/bootstrap.ts';
import { rocAuc } from '#activities/statistics/roc-auc.ts';
import { championInterval } from '#activities/watch/champion-error.ts';
import { sureConfidence } from '#activities/watch/look-rule.ts';
import { MetricObserved } from '#contracts/loop-evidence.ts';
import { conditionShapes } from '#contracts/trigger-condition.ts';
import { beyond } from '#decisions/retrain/performance-limit.ts';
import type { Study } from './study.ts';
import { normals } from './watch-world.ts';

const WEEKS = 52;
const confidence = sureConfidence({ falseAlarms: 0.05, looksPerYear: WEEKS, leastRows: 200 }, 1);
/** Any drop at all: the hardest that can be asked. */
const condition = conditionShapes.performance.parse({ kind: 'performance', metric: 'roc_auc', dropFromChampion: 1e-9 });

/** Scores of a model whose positive rows lie `apart` standard deviations above the others; a fifth of all rows are positive. */
function rowsOf(normal: () => number, rows: number, apart: number) {
  const y = Uint8Array.from({ length: rows }, () => (normal() > 0.8416 ? 1 : 0));
  const score = Float64Array.from(y, (label) => 1 / (1 + Math.exp(-(normal() + label * apart))));
  return { task: 'binary' as const, y, score, threshold: 0.5 };
}

/** One look at so many rows, a holdout of as many: is a drop told? */
export function drops(seed: number, rows: number, apart: number, resamples: number): boolean {
  const normal = normals(seed);
  const options = { resamples, confidence, seed };
  const [holdout] = metricIntervals([rocAuc], rowsOf(normal, rows, 1), { ...options, resamples: 1 });
  const [seen] = metricIntervals([rocAuc], rowsOf(normal, rows, apart), options);
  if (!holdout || !seen) return false;
  const observed = MetricObserved.parse({
    ...{ id: 's', at: '2026-01-01T00:00:00Z', metric: 'roc_auc', value: seen.value, confidence },
    ...{ lower: seen.lower, upper: seen.upper, champion: holdout.value },
    ...championInterval(holdout.value, seen, 1),
  });
  return beyond(condition, observed);
}

export const performance: Study = {
  name: 'performance',
  shows:
    'A drop of ROC AUC from the champion’s holdout (0.76), any drop at all, told at the confidence of weekly looks: a look may be wrong with a chance of 0.00096, a year with one of 5 %. Windows of 100 rows are not judged.',
  run({ seed, draws, progress }) {
    const looks = draws ?? 400;
    const rows: string[][] = [];
    for (const size of [200, 1_000, 10_000]) {
      const some = size === 10_000 ? Math.max(1, Math.floor(looks / 8)) : looks;
      const share = (apart: number) => {
        let told = 0;
        for (let n = 0; n < some; n++) if (drops(seed * 100_000 + size + n, size, apart, 100)) told++;
        return `${told} of ${some}`;
      };
      rows.push([size.toLocaleString('en-US'), share(1), share(0.8), share(0.5)]);
      progress(`${size} rows`);
    }
    return [
      {
        title: 'Single looks that tell of a drop',
        columns: ['rows of window and of holdout', 'no change', '0.76 → 0.71', '0.76 → 0.64'],
        rows,
      },
    ];
  },
};
