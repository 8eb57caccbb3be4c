import type { TopLevelSpec } from 'vega-lite';
import type { Evidence } from '#contracts/evidence.ts';
import { numberOf, plain, versionName } from '#decisions/gate/words.ts';
import { calibrationNoise } from '#measures/statistics/calibration.ts';
import type { Html } from '../html.ts';
import { section } from '../page.ts';
import { bySeries, ink, key, models, plot, plots, type Series } from '../plots.ts';

interface At {
  readonly x: number;
  readonly y: number;
  readonly model: string;
}
interface Both<T> {
  readonly candidate: T;
  readonly champion: T | null;
}
const unit = { domain: [0, 1] as [number, number] };
const axis = { tickCount: 5 };

/** ROC, precision against recall, and calibration; for a regression prediction against truth. Null without any. */
export async function curvesSection(evidence: Evidence): Promise<Html | null> {
  const drawn: Html[] = [];
  const roc = points(evidence.roc, ([x, y]) => ({ x, y }));
  if (roc.length > 0)
    drawn.push(
      await plot(
        'ROC',
        curveSays(evidence, 'roc_auc', 'ROC curve'),
        curve(roc, 'false positive rate', 'true positive rate', true),
      ),
    );
  const recall = points(evidence.precisionRecall, ([x, y]) => ({ x, y }));
  if (recall.length > 0)
    drawn.push(
      await plot(
        'Precision and recall',
        curveSays(evidence, 'average_precision', 'Precision over recall'),
        curve(recall, 'recall', 'precision', false),
      ),
    );
  const bins = points(evidence.calibration, ({ predicted, observed }) => ({ x: predicted, y: observed }));
  if (bins.length > 0) {
    const regression = evidence.task === 'regression';
    const title = regression ? 'Predicted and observed' : 'Calibration';
    drawn.push(
      await plot(
        title,
        `${title}: mean prediction against what was observed, in ten bins of equal counts${noise(evidence)}`,
        binned(bins, regression),
      ),
    );
  }
  if (drawn.length === 0) return null;
  const champion = evidence.champion && versionName(evidence.champion.version);
  return section(evidence.task === 'regression' ? 'Predictions' : 'Curves', key(champion), plots(drawn));
}

/** What part of the calibration error is chance. */
function noise({ calibration, candidate }: Evidence): string {
  const ece = candidate.metrics.ece;
  if (!calibration || typeof ece !== 'number') return '';
  return `; ece ${plain(ece, 3)}, of which perfectly calibrated scores would have about ${plain(calibrationNoise(calibration.candidate), 3)} by chance`;
}

function points<T>(of: Both<readonly T[]> | null, place: (item: T) => { x: number; y: number }): At[] {
  return (['candidate', 'champion'] as const).flatMap((model) =>
    (of?.[model] ?? []).map((item) => ({ ...place(item), model })),
  );
}

const diagonal = (low: number, high: number) =>
  ({
    data: {
      values: [
        { x: low, y: low },
        { x: high, y: high },
      ],
    },
    mark: { type: 'line', stroke: ink.line, strokeWidth: 1.5 },
    encoding: { x: { field: 'x', type: 'quantitative' }, y: { field: 'y', type: 'quantitative' } },
  }) as const;

/** A line a series in the unit square. */
export function curve(values: At[], x: string, y: string, chance: boolean, series: Series = models): TopLevelSpec {
  return {
    width: 228,
    height: 210,
    layer: [
      ...(chance ? [diagonal(0, 1)] : []),
      {
        data: { values },
        mark: { type: 'line', strokeWidth: 2, clip: true },
        encoding: {
          x: { field: 'x', type: 'quantitative', title: x, scale: unit, axis },
          y: { field: 'y', type: 'quantitative', title: y, scale: unit, axis },
          order: { field: 'x', type: 'quantitative' },
          ...bySeries(series),
        },
      },
    ],
  };
}

/** Predicted against observed by bins of rows; the diagonal is where they agree. */
export function binned(values: At[], regression: boolean, series: Series = models): TopLevelSpec {
  const all = values.flatMap(({ x, y }) => [x, y]);
  const [low, high] = regression ? [Math.min(...all), Math.max(...all)] : [0, 1];
  const scale = { domain: [low, high] as [number, number], nice: regression };
  return {
    width: 228,
    height: 210,
    layer: [
      diagonal(low, high),
      {
        data: { values },
        mark: { type: 'line', strokeWidth: 2, point: { filled: true, size: 45, opacity: 1 } },
        encoding: {
          x: { field: 'x', type: 'quantitative', title: 'predicted', scale, axis },
          y: { field: 'y', type: 'quantitative', title: 'observed', scale, axis },
          ...bySeries(series),
        },
      },
    ],
  };
}

function curveSays(evidence: Evidence, metric: string, name: string): string {
  if (!(metric in evidence.candidate.metrics)) return name;
  const figure = (figures: Evidence['candidate']['metrics']) => plain(numberOf(figures[metric]), 3);
  const champion = evidence.champion ? `, champion ${figure(evidence.champion.metrics)}` : '';
  return `${name}; ${metric}: candidate ${figure(evidence.candidate.metrics)}${champion}`;
}
