/** Predictions against labels: figures, curves, confusion matrix, residuals. */
import type { TopLevelSpec } from 'vega-lite';
import type { Performance, QualityReport } from '#contracts/quality.ts';
import { calibrationNoise } from '#measures/statistics/calibration.ts';
import { confusionMatrix } from '../evaluation/confusion-section.ts';
import { binned, curve } from '../evaluation/curves-section.ts';
import { type Html, html } from '../html.ts';
import { amount, clipped, count } from '../numbers.ts';
import { note, section } from '../page.ts';
import { plot, plots, type Series } from '../plots.ts';
import { distribution, type Shape } from '../sparkline.ts';
import { table } from '../table.ts';
import { sidesKey } from '../tiles.ts';

const series: Series = { names: ['current', 'reference'], colors: ['var(--current)', 'var(--reference)'] };
type Sides = NonNullable<QualityReport['performance']>;

export async function predictionsSections({ performance }: QualityReport): Promise<Html[]> {
  if (!performance) return [];
  const { current, reference, target, prediction } = performance;
  const key = reference ? sidesKey('current', 'reference', 'lines') : null;
  const drawn = (await curves(performance)).filter((each) => each !== null);
  const words = `${clipped(prediction, 60)} beside ${clipped(target, 60)}`;
  return [
    section(`Predictions: ${words}`, metrics(performance), dropped(performance)),
    drawn.length > 0
      ? section(current.task === 'regression' ? 'Predicted and observed' : 'Curves', key, plots(drawn))
      : null,
    current.confusion && current.classes
      ? section(
          'Confusion matrix',
          plots([
            await confusionMatrix('Current', current.confusion, current.classes),
            reference?.confusion && reference.classes
              ? await confusionMatrix('Reference', reference.confusion, reference.classes)
              : null,
          ]),
          note(
            `Rows, and their share of each true class.${current.threshold === null ? '' : ` A score from ${current.threshold} on counts as “${clipped(current.classes[1] ?? '', 40)}”.`}`,
          ),
        )
      : null,
  ].filter((each) => each !== null);
}

function metrics({ current, reference, meanings, directions }: Sides): Html {
  return table(
    'Metrics of the predictions',
    [
      {
        head: 'Metric',
        cell: (metric: string) =>
          html`${metric}<span class="why">${meanings[metric] ?? ''}${directions[metric] === false ? '; less is better' : ''}</span>`,
      },
      { head: 'Current', number: true, cell: (metric: string) => amount(current.metrics[metric]) },
      ...(reference
        ? [{ head: 'Reference', number: true, cell: (metric: string) => amount(reference.metrics[metric]) }]
        : []),
    ],
    Object.keys(current.metrics),
  );
}

const dropped = ({ current, target, prediction }: Sides): Html | null =>
  current.dropped > 0
    ? note(`${count(current.dropped)} rows without ${clipped(target, 60)} or ${clipped(prediction, 60)} are left out.`)
    : null;

function noise({ calibration, metrics }: Performance): string {
  if (!calibration || typeof metrics.ece !== 'number') return '';
  return `; ece ${amount(metrics.ece)}, of which perfectly calibrated scores would have about ${amount(calibrationNoise(calibration))} by chance`;
}

async function curves({ current, reference }: Sides): Promise<(Html | null)[]> {
  const both = <T>(of: (side: Performance) => readonly T[] | null, at: (item: T) => { x: number; y: number }) =>
    [current, reference].flatMap((side, i) =>
      (side ? (of(side) ?? []) : []).map((item) => ({ ...at(item), model: series.names[i] as string })),
    );
  const point = ([x, y]: readonly [number, number]) => ({ x, y });
  const roc = both(({ roc: points }) => points, point);
  const recall = both(({ precisionRecall }) => precisionRecall, point);
  const bins = both(
    ({ calibration }) => calibration,
    ({ predicted, observed }) => ({ x: predicted, y: observed }),
  );
  const regression = current.task === 'regression';
  return [
    roc.length > 0
      ? await plot(
          'ROC',
          `ROC curve; roc_auc ${amount(current.metrics.roc_auc)}`,
          curve(roc, 'false positive rate', 'true positive rate', true, series),
        )
      : null,
    recall.length > 0
      ? await plot(
          'Precision and recall',
          `Precision over recall; average_precision ${amount(current.metrics.average_precision)}`,
          curve(recall, 'recall', 'precision', false, series),
        )
      : null,
    bins.length > 0
      ? await plot(
          regression ? 'Predicted and observed' : 'Calibration',
          `Mean prediction against what was observed, by bins of rows${noise(current)}`,
          binned(bins, regression, series),
        )
      : null,
    residualsFigure(current, reference),
    current.residuals
      ? await plot(
          'Residual by prediction',
          'Median of prediction − label with its quartiles, by bins of rising prediction',
          byPrediction(current.residuals.byPrediction),
        )
      : null,
  ];
}

function residualsFigure({ residuals }: Performance, reference: Performance | null): Html | null {
  if (!residuals) return null;
  const same = reference?.residuals?.edges.every((edge, i) => edge === residuals.edges[i]) ?? false;
  const shape: Shape = {
    by: 'bin',
    of: 'number',
    edges: residuals.edges,
    current: residuals.counts,
    reference: same ? (reference?.residuals?.counts ?? null) : null,
  };
  const middle = `mean ${amount(residuals.mean)}, std ${amount(residuals.std)}`;
  return html`<figure><figcaption>Residuals: prediction − label</figcaption>${distribution(shape, `Distribution of prediction − label, ${middle}`)}<p class="note">${middle}</p></figure>`;
}

function byPrediction(groups: NonNullable<Performance['residuals']>['byPrediction']): TopLevelSpec {
  const x = { field: 'predicted', type: 'quantitative', title: 'predicted', scale: { zero: false } } as const;
  return {
    width: 228,
    height: 210,
    data: { values: groups },
    layer: [
      { mark: { type: 'rule', stroke: 'var(--line)' }, encoding: { y: { datum: 0 } } },
      {
        mark: { type: 'area', fill: 'var(--current)', fillOpacity: 0.2 },
        encoding: { x, y: { field: 'q25', type: 'quantitative', title: 'residual' }, y2: { field: 'q75' } },
      },
      {
        mark: {
          type: 'line',
          stroke: 'var(--current)',
          strokeWidth: 2,
          point: { filled: true, fill: 'var(--current)' },
        },
        encoding: { x, y: { field: 'q50', type: 'quantitative' } },
      },
    ],
  };
}
