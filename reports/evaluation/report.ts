/** The report of an evaluation, and of the gate once it has judged: figures in, one HTML file out. */

import { createHash } from 'node:crypto';
import type { Lineage } from '#contracts/data.ts';
import type { Evidence } from '#contracts/evidence.ts';
import type { Training } from '#contracts/training-rows.ts';
import { briefOf } from '#decisions/gate/brief/brief.ts';
import { usedInWords } from '#decisions/gate/fresh.ts';
import { windowText } from '#decisions/gate/overlap.ts';
import { versionName } from '#decisions/gate/words.ts';
import { html } from '../html.ts';
import { code, facts, page, section } from '../page.ts';
import { banner } from './banner.ts';
import { confusionPicture, confusionSection } from './confusion-section.ts';
import { curvesSection } from './curves-section.ts';
import { examplesSection } from './examples-section.ts';
import { fairnessSection } from './fairness-section.ts';
import { intervalPlot } from './interval-plot.ts';
import { metricsSection } from './metrics-section.ts';
import { reportData } from './report-data.ts';
import type { ReportRequest } from './report-request.ts';
import { rulesSection } from './rules-section.ts';
import { slicesSection } from './slices-section.ts';
import { worstSlicesSection } from './worst-slices-section.ts';

export interface Report {
  readonly html: string;
  /** What the page says, for programs: verdict, answers, figures, lineage. The evidence has all that was measured. */
  readonly json: string;
  /** The candidate's confusion matrix as an SVG file; null without classes. */
  readonly confusion: string | null;
}

/** Takes 0.5 s of one core, most of it Vega: run it in the data host. Equal requests give equal bytes. */
export async function render(request: ReportRequest): Promise<Report> {
  const { evidence, verdict } = request;
  const asked = verdict?.rules ?? null;
  const { champion } = evidence;
  const against = champion
    ? `candidate against champion ${versionName(champion.version)}`
    : 'candidate, no champion yet';
  const metric = asked?.slices?.metric ?? asked?.metric ?? Object.keys(evidence.candidate.metrics)[0] ?? '';
  const brief = verdict && briefOf({ evidence, ...verdict });
  const json = `${JSON.stringify(reportData(request, brief, metric), null, 2)}\n`;
  const sections = [
    banner(verdict?.decision ?? null, await intervalPlot(evidence, asked), brief),
    rulesSection(verdict?.decision ?? null),
    metricsSection(evidence, asked),
    await curvesSection(evidence),
    await slicesSection(evidence, metric, asked?.slices?.maxDrop ?? null),
    worstSlicesSection(evidence),
    await fairnessSection(evidence),
    await confusionSection(evidence),
    examplesSection(evidence),
    provenance(request, json),
  ];
  const text = page({
    title: verdict ? `${verdict.pipeline}: ${against}` : `Evaluation: ${against}`,
    lead: `${evidence.rows.toLocaleString('en-US')} holdout rows, target ${evidence.target}, ${evidence.task}`,
    sections: sections.filter((each) => each !== null),
  });
  return { html: text, json, confusion: await confusionPicture(evidence) };
}

/** Windows of time where they are known. */
function trainedOn(training: Training): string {
  if (training.length === 0) return 'unknown training rows';
  return training
    .map(({ rows, window }) => {
      const counted = rows === null ? 'unknown training rows' : `${rows.toLocaleString('en-US')} rows`;
      return window ? `${counted} from ${windowText(window)}` : counted;
    })
    .join('; ');
}

const scoredFiles = ({ candidate, champion }: NonNullable<ReportRequest['files']>) => [
  ['Candidate', code(candidate)] as const,
  ...(champion === null ? [] : [['In production', code(champion)] as const]),
];

const models = ({ candidate, champion, data }: Evidence) => [
  ['Candidate', html`MLflow run ${code(candidate.runId)}, model ${code(candidate.digest)}`] as const,
  ...(champion
    ? [
        [
          'Champion',
          html`${champion.model} ${versionName(champion.version)}, MLflow run ${code(champion.runId)}, model ${code(champion.digest)}`,
        ] as const,
      ]
    : []),
  ['Holdout', html`${code(data.digest)}, ${code(data.uri)}`] as const,
];

/** Nothing where nobody counts them, as of scored files. */
function earlierVerdicts({ reuse, rows }: Evidence) {
  if (!reuse) return [];
  const what = reuse.fresh ? 'these are left out' : 'these decide with the others';
  const look = reuse.looks > 1 ? `; look ${reuse.look} of ${reuse.looks}` : '';
  return [
    ['Used before', `${reuse.rows === 0 ? 'no row' : `${usedInWords({ reuse, rows })}: ${what}`}${look}`] as const,
  ];
}

const made = ({ trainedOn, code: program, environment }: Lineage) =>
  (
    [
      ['Candidate’s training table', trainedOn],
      ['Candidate’s code', program],
      ['Candidate’s environment', environment],
    ] as const
  ).map(([name, digest]) => [name, digest === null ? 'not known' : code(digest)] as const);

function provenance({ evidence, digest, files, lineage }: ReportRequest, json: string) {
  const { dropped } = evidence;
  const missing = [
    [dropped.target, 'without a target'],
    [dropped.candidate, 'without a score of the candidate'],
    [dropped.champion, 'without a score of the champion'],
  ] as const;
  const leftOut = missing
    .filter(([count]) => count > 0)
    .map(([count, why]) => `${count.toLocaleString('en-US')} ${why}`);
  const seen = evidence.overlap?.rows ?? 0;
  if (seen > 0) leftOut.unshift(`${seen.toLocaleString('en-US')} that a side was trained on`);
  return section(
    'Where this comes from',
    facts([
      ...(files ? scoredFiles(files) : models(evidence)),
      ...(evidence.overlap?.sides ?? []).map(
        ({ side, training }) =>
          [side === 'champion' ? 'Champion trained on' : 'Candidate trained on', trainedOn(training)] as const,
      ),
      ...earlierVerdicts(evidence),
      ...(lineage ? made(lineage) : []),
      ['Rows left out', leftOut.length > 0 ? leftOut.join(', ') : 'none'],
      ...(digest === null ? [] : [['Evidence', code(digest)] as const]),
      ['This page as JSON', code(`sha256:${createHash('sha256').update(json).digest('hex')}`)],
      ...evidence.notes.map((text) => ['Note', text] as const),
    ]),
  );
}
