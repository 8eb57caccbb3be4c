/** `ratchet gate`. */
import { basename } from 'node:path';
import { Evidence } from '#contracts/evidence.ts';
import { FairnessOptions } from '#contracts/fairness.ts';
import { attributesOf, type ParsedGateRules } from '#contracts/gate-rules.ts';
import { decideGate, type GateDecision } from '#decisions/gate.ts';
import type { Figures, FiguresRequest } from '#measures/evaluation/figures.ts';
import type { Tables } from '#ports/tables.ts';
import { withDatasets } from '../../kit/datasets.ts';
import { exitCode } from '../../kit/exit-codes.ts';
import { refuseUnwritable } from '../../kit/given-file.ts';
import { createOutput } from '../../kit/output.ts';
import { readingOf } from '../../kit/reading-options.ts';
import { writeReport } from '../../kit/write-report.ts';
import { checkDependence, dependenceOf } from './dependence.ts';
import type { GateOptions } from './options.ts';
import { rulesOf, tasksOf } from './rules.ts';
import { type ScoredRows, scoredRows } from './scored-rows.ts';
import { judged, show } from './show.ts';

export async function judgePredictions(options: GateOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  await refuseUnwritable('--html', options.html);
  await refuseUnwritable('--junit', options.junit);
  checkDependence(options);
  const rules = await rulesOf(options);
  const names = [options.predictions, ...(options.against === undefined ? [] : [options.against])];
  const evidence = await withDatasets(
    names,
    { format: options.format, reading: readingOf(options), out },
    async ({ datasets, notes, tables, folder, signal }) => {
      const [candidate, champion] = datasets;
      if (!candidate) throw new Error('no dataset was opened');
      if (out.live) out.note(`judging ${names.join(' beside ')} …`);
      const scored = await scoredRows(candidate, champion ?? null, {
        ...{ options, tables, folder, signal },
        ...{ tasks: tasksOf(rules), attributes: attributesOf(rules) },
      });
      const figures = await tables.compute<Figures>(measuring(scored, options, rules), signal);
      return evidenceOf(figures, scored, options, notes);
    },
  );
  const decision = decideGate({ evidence, rules });
  await writeReports(evidence, decision, rules, options, out);
  out.object({ ...decision, evidence });
  if (!out.json) show(evidence, decision, options, out);
  const codes = {
    passed: exitCode.ok,
    refused: exitCode.refused,
    inconclusive: exitCode.undecided,
    'needs-approval': exitCode.undecided,
  };
  process.exitCode = codes[decision.outcome];
}

/** As files say nothing of it. */
export const unseen = { windows: [], places: [], all: false, unknown: [] };

function measuring(scored: ScoredRows, options: GateOptions, rules: ParsedGateRules) {
  const args: FiguresRequest = {
    ...{ holdout: scored.file, target: options.target, task: scored.task, threshold: options.threshold ?? 0.5 },
    ...{ candidate: scored.candidate, champion: scored.champion },
    seen: { times: null, candidate: unseen, champion: scored.champion && unseen },
    compare: [rules.metric],
    compareBy: options.compareBy ?? 'bootstrap',
    dependence: dependenceOf(options, scored),
    weight: options.weight ?? null,
    slices: options.slice,
    fairness: fairnessOf(rules),
    calibration: rules.calibration !== undefined,
    examples: options.html === undefined ? null : examplesOf(options),
    minimumSliceRows: options.minSliceRows ?? 100,
    bootstrap: {
      resamples: options.resamples ?? 1000,
      confidence: options.confidence ?? 0.95,
      seed: options.seed ?? 0,
    },
  };
  const module = new URL('../../../measures/evaluation/figures.ts', import.meta.url).href;
  return { module, name: 'measureModels', args, files: [scored.file] } satisfies Parameters<Tables['compute']>[0];
}

/** For the page alone. */
const examplesOf = ({ slice, groupBy, time }: GateOptions): FiguresRequest['examples'] => ({
  columns: [...new Set([...slice, groupBy, time].filter((name) => name !== undefined))],
  ...{ asked: false, rows: 10 },
});

/** What the rules ask for is measured. */
function fairnessOf(rules: ParsedGateRules): FiguresRequest['fairness'] {
  const attributes = attributesOf(rules);
  return attributes.length === 0 ? null : FairnessOptions.parse({ attributes });
}

/** What a stage's evidence says, of files: who they are is their names. */
function evidenceOf(figures: Figures, scored: ScoredRows, options: GateOptions, notes: readonly string[]): Evidence {
  const { candidate, champion, overlap: _, ...measured } = figures;
  return Evidence.parse({
    format: 1,
    ...{ task: scored.task, target: options.target, minimumSliceRows: options.minSliceRows ?? 100 },
    threshold: scored.task === 'binary' ? (options.threshold ?? 0.5) : null,
    ...measured,
    notes: [...notes, ...scored.notes, ...figures.notes],
    candidate: { digest: `candidate:${options.predictions}`, runId: '', metrics: candidate },
    champion:
      options.against === undefined || !champion
        ? null
        : {
            ...{ model: '', version: basename(options.against), runId: '', metrics: champion },
            digest: `champion:${options.against}`,
          },
    data: { uri: options.predictions, digest: '' },
  });
}

async function writeReports(
  evidence: Evidence,
  decision: GateDecision,
  rules: ParsedGateRules,
  { html, junit, predictions, against }: GateOptions,
  out: ReturnType<typeof createOutput>,
): Promise<void> {
  if (html !== undefined) {
    const { render } = await import('#reports/evaluation/report.ts');
    const files = { candidate: predictions, champion: against ?? null };
    const verdict = { decision, rules, pipeline: basename(predictions) };
    const page = await render({ evidence, digest: null, verdict, files });
    await writeReport(html, page.html, out);
  }
  if (junit !== undefined) {
    const { junitXml } = await import('#reports/junit.ts');
    await writeReport(junit, junitXml('ratchet gate', basename(predictions), judged(decision)), out, null, '--junit');
  }
}
