import type { TopLevelSpec } from 'vega-lite';
import type { Evidence } from '#contracts/evidence.ts';
import { versionName } from '#decisions/gate/words.ts';
import type { Html } from '../html.ts';
import { note, section } from '../page.ts';
import { ink, plot, plots, svg } from '../plots.ts';
import { themes } from '../style.ts';

/** Rows of truth against columns of prediction, for both models. Null where there are no classes (or too many). */
export async function confusionSection(evidence: Evidence): Promise<Html | null> {
  const { confusion, classes } = evidence;
  if (!confusion || !classes) return null;
  const candidate = await plot(
    'Candidate',
    says('Candidate', confusion.candidate, classes),
    matrix(confusion.candidate, classes),
  );
  const version = evidence.champion && versionName(evidence.champion.version);
  const champion = confusion.champion
    ? await plot(
        `Champion ${version}`,
        says('Champion', confusion.champion, classes),
        matrix(confusion.champion, classes),
      )
    : null;
  const threshold =
    evidence.threshold === null ? '' : ` A score from ${evidence.threshold} on counts as “${classes[1]}”.`;
  return section(
    'Confusion matrix',
    plots([candidate, champion]),
    note(`Rows of the holdout, and their share of each truth.${threshold}`),
  );
}

/** The candidate's matrix as an SVG file of its own, which follows the viewer's theme. Null where there is none. */
export async function confusionPicture(evidence: Evidence): Promise<string | null> {
  const { confusion, classes } = evidence;
  if (!confusion || !classes) return null;
  const drawn = await svg({
    title: { text: 'Candidate: truth and prediction', color: ink.text },
    ...matrix(confusion.candidate, classes),
  });
  return drawn.replace(/>/, `><style>${themes}svg{background:var(--paper)}</style>`);
}

/** A matrix with its title: truth by row, prediction by column. */
export const confusionMatrix = (whose: string, counts: readonly (readonly number[])[], classes: readonly string[]) =>
  plot(whose, says(whose, counts, classes), matrix(counts, classes));

function matrix(counts: readonly (readonly number[])[], classes: readonly string[]): TopLevelSpec {
  const values = counts.flatMap((row, y) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, p) => {
      const share = total > 0 ? count / total : 0;
      return {
        truth: classes[y],
        predicted: classes[p],
        share,
        label: count.toLocaleString('en-US'),
        of: `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`,
      };
    });
  });
  const cell = Math.max(34, Math.min(104, 300 / classes.length));
  const order = [...classes];
  const words = classes.length <= 6;
  const shape = {
    x: {
      field: 'predicted',
      type: 'nominal',
      sort: order,
      title: 'predicted',
      axis: { orient: 'top', labelAngle: words ? 0 : -45, domain: false, ticks: false, labelLimit: 110 },
    },
    y: {
      field: 'truth',
      type: 'nominal',
      sort: order,
      title: 'truth',
      axis: { domain: false, ticks: false, labelLimit: 110 },
    },
  } as const;
  return {
    width: { step: cell },
    height: { step: Math.min(cell, 64) },
    data: { values },
    encoding: shape,
    layer: [
      {
        mark: { type: 'rect', fill: 'var(--heat)', stroke: ink.line },
        encoding: {
          fillOpacity: {
            field: 'share',
            type: 'quantitative',
            scale: { domain: [0, 1], range: [0.03, 0.5] },
            legend: null,
          },
        },
      },
      {
        mark: { type: 'text', dy: words ? -7 : 0, fontSize: words ? 14 : 10, fontWeight: 'bold' },
        encoding: { text: { field: 'label' } },
      },
      ...(words
        ? [
            {
              mark: { type: 'text', dy: 10, fontSize: 11, color: ink.soft },
              encoding: { text: { field: 'of' } },
            } as const,
          ]
        : []),
    ],
  };
}

function says(whose: string, counts: readonly (readonly number[])[], classes: readonly string[]): string {
  const right = counts.reduce((sum, row, i) => sum + (row[i] as number), 0);
  const all = counts.flat().reduce((sum, count) => sum + count, 0);
  return `${whose}: ${right} of ${all} rows predicted right over ${classes.length} classes`;
}
