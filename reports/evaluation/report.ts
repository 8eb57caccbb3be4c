/** The report of an evaluation, and of the gate once it has judged: figures in, one HTML file out. */

import type { Evidence } from '#contracts/evidence.ts';
import type { ParsedGateRules } from '#contracts/gate-rules.ts';
import type { Training } from '#contracts/training-rows.ts';
import { usedInWords } from '#decisions/gate/fresh.ts';
import { windowText } from '#decisions/gate/overlap.ts';
import { versionName } from '#decisions/gate/words.ts';
import type { GateDecision } from '#decisions/gate.ts';
import { html } from '../html.ts';
import { code, facts, page, section } from '../page.ts';
import { banner } from './banner.ts';
import { confusionPicture, confusionSection } from './confusion-section.ts';
import { curvesSection } from './curves-section.ts';
import { fairnessSection } from './fairness-section.ts';
import { intervalPlot } from './interval-plot.ts';
import { metricsSection } from './metrics-section.ts';
import { rulesSection } from './rules-section.ts';
import { slicesSection } from './slices-section.ts';

export interface ReportRequest {
  readonly evidence: Evidence;
  /** SHA-256 of the evidence's JSON, for the reader who wants to check; null: it is kept nowhere. */
  readonly digest: string | null;
  /** Of scored files: what they are called; absent: models of MLflow's. */
  readonly files?: { readonly candidate: string; readonly champion: string | null };
  /** Null before the gate. */
  readonly verdict: {
    readonly decision: GateDecision;
    readonly rules: ParsedGateRules;
    readonly pipeline: string;
  } | null;
}
export interface Report {
  readonly html: string;
  /** The candidate's confusion matrix as an SVG file; null without classes. */
  readonly confusion: string | null;
}

/** Takes 0.5 s of one core, most of it Vega: run it in the data host. Equal requests give equal bytes. */
export async function render({ evidence, digest, verdict, files }: ReportRequest): Promise<Report> {
  const asked = verdict?.rules ?? null;
  const { champion } = evidence;
  const against = champion
    ? `candidate against champion ${versionName(champion.version)}`
    : 'candidate, no champion yet';
  const metric = asked?.slices?.metric ?? asked?.metric ?? Object.keys(evidence.candidate.metrics)[0] ?? '';
  const sections = [
    banner(verdict?.decision ?? null, await intervalPlot(evidence, asked)),
    rulesSection(verdict?.decision ?? null),
    metricsSection(evidence, asked),
    await curvesSection(evidence),
    await slicesSection(evidence, metric),
    await fairnessSection(evidence),
    await confusionSection(evidence),
    provenance(evidence, digest, files),
  ];
  const text = page({
    title: verdict ? `${verdict.pipeline}: ${against}` : `Evaluation: ${against}`,
    lead: `${evidence.rows.toLocaleString('en-US')} holdout rows, target ${evidence.target}, ${evidence.task}`,
    sections: sections.filter((each) => each !== null),
  });
  return { html: text, confusion: await confusionPicture(evidence) };
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

function provenance(evidence: Evidence, digest: ReportRequest['digest'], files: ReportRequest['files']) {
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
      ['Rows left out', leftOut.length > 0 ? leftOut.join(', ') : 'none'],
      ...(digest === null ? [] : [['Evidence', code(digest)] as const]),
      ...evidence.notes.map((text) => ['Note', text] as const),
    ]),
  );
}
