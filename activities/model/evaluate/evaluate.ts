/**
 * The stage `evaluate`: candidate and champion predict the same holdout; figures, evidence, report.
 *
 * Safe to repeat and to run twice at once: it writes nothing but content-addressed objects, the rows that it uses are claimed
 * by what they are, and the same input with the same uses before it gives the same bytes (where latency is asked for, other times
 * of the requests, and so other evidence). Python predicts in its own process, figures and report are made in the data host: nothing
 * blocks the worker.
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lineage } from '#contracts/data.ts';
import type { Evidence } from '#contracts/evidence.ts';
import { storeKey } from '#contracts/names.ts';
import { numberOf, plain, versionName } from '#decisions/gate/words.ts';
import type { Figures, FiguresRequest } from '#measures/evaluation/figures.ts';
import { needsTimes } from '#measures/evaluation/overlap.ts';
import type { HoldoutUses } from '#ports/holdout-uses.ts';
import type { Predictor, Scores } from '#ports/predictor.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tables } from '#ports/tables.ts';
import { sha256 } from '../../sha256.ts';
import type { StageContext, StageWork } from '../../stage.ts';
import { checkInput } from './check-input.ts';
import { dependenceRequest, unitsBy } from './dependence.ts';
import { drawingIn, drawn } from './draw-report.ts';
import { evidenceOf, referenceTo } from './evidence.ts';
import { type LocalSides, latencyOf } from './latency.ts';
import {
  candidateFolder,
  championCannotPredict,
  championFolder,
  type EvaluateInput,
  localHoldout,
  type ModelsDeps,
} from './models.ts';
import { seenRequest } from './overlap.ts';
import { robustnessOf } from './robustness.ts';
import { claimRows, reuseOf, usedRows } from './uses.ts';

export interface EvaluateDeps extends ModelsDeps {
  readonly store: Pick<ObjectStore, 'uri' | 'put'>;
  readonly tables: Pick<Tables, 'snapshot' | 'compute'>;
  readonly predictor: Predictor;
  /** Absent: nothing is a verdict's, as at a look of the watch, and rows that verdicts used are not counted. */
  readonly uses?: Pick<HoldoutUses, 'claim'> | undefined;
  /** Interpreter of the Python environment made from the lock with this SHA-256; null: the environment that Ratchet ships. */
  environmentFor(lock: string | null, progress: (line: string) => void): Promise<string>;
}

export function createEvaluate(deps: EvaluateDeps): StageWork<'evaluate'> {
  return async (input, context) => {
    checkInput(input);
    const { candidate, champion, local } = await predictions(deps, input, context);
    const { holdout } = local;
    const latency = await latencyOf(deps, input, local, context);
    // Once both have predicted: a model that cannot uses no rows.
    const claimed = await claimRows(deps.uses, input, context);
    context.progress('measuring');
    const seen = { ...seenRequest(input), ...(claimed ? { used: usedRows(input, claimed) } : {}) };
    const origin = input.holdout.origin?.times;
    const asked = needsTimes(seen) || (unitsBy(input) === 'blocks' && input.time === undefined);
    const times = origin && asked ? await deps.localFile(origin, context.signal) : null;
    const dependence = dependenceRequest(input, holdout, times);
    const seenRows = { ...seen, times: needsTimes(seen) ? times : null };
    const request = { ...measuring(input, holdout, candidate, champion), dependence, seen: seenRows };
    const [figures, inputExample] = await Promise.all([
      deps.tables.compute<Figures>(computation(request), context.signal),
      exampleOf(deps, input, local, context),
    ]);
    const robustness = await robustnessOf(deps, input, local, { dependence, seen: seenRows }, context);
    const signatures = { candidate: candidate.signature ?? null, champion: champion?.signature ?? null };
    const reuse = claimed && reuseOf(input, claimed, figures.reused);
    const evidence = evidenceOf(input, seen, figures, signatures, { latency, robustness, reuse, inputExample });
    context.progress(summary(evidence));
    return { evidence: await keep(deps, evidence, lineageOf(input), context.signal) };
  };
}

/** Undefined: not asked for. */
async function exampleOf(
  { predictor }: EvaluateDeps,
  { inputExample }: EvaluateInput,
  { python, candidate }: LocalSides,
  { signal }: StageContext,
): Promise<Evidence['inputExample']> {
  if (!inputExample) return undefined;
  return predictor.example({ python, model: candidate, name: 'the candidate' }, signal);
}

interface Predictions {
  readonly local: LocalSides;
  readonly candidate: Scores;
  readonly champion: Scores | null;
}

/** What each model says of every row, both at once, in the candidate's Python environment. */
async function predictions(deps: EvaluateDeps, input: EvaluateInput, context: StageContext): Promise<Predictions> {
  const { progress, signal, workdir } = context;
  progress('fetching holdout and models');
  const environment = deps.environmentFor(input.candidate.environment, progress).then((path) => {
    deps.predictor.warm(path);
    return path;
  });
  // The champion itself, byte for byte: it is fetched once, and says the same.
  const same = input.champion?.digest === input.candidate.digest;
  const [python, rows, own, theirs] = await Promise.all([
    environment,
    localHoldout(deps, input, context),
    candidateFolder(deps, input, context),
    same ? null : championFolder(deps, input, context),
  ]);
  await mkdir(workdir, { recursive: true });
  progress(
    `${theirs ? 'candidate and champion predict' : 'the candidate predicts'} ${input.holdout.rows.toLocaleString('en-US')} rows`,
  );
  const request = { python, rows, without: [input.target], task: input.task };
  // When one of them fails, the other is not waited for but ended.
  const either = new AbortController();
  const ask = (model: string, name: string, file: string) =>
    deps.predictor.predict(
      { ...request, model, name, to: join(workdir, file) },
      AbortSignal.any([signal, either.signal]),
    );
  const candidate = ask(own, 'the candidate', 'candidate.parquet');
  const { champion } = input;
  const other =
    champion && theirs
      ? ask(theirs, `champion ${versionName(champion.version)}`, 'champion.parquet').catch((error) => {
          throw championCannotPredict(champion, error);
        })
      : null;
  try {
    const [first, second] = await Promise.all([candidate, other]);
    const local = { python, holdout: rows, candidate: own, champion: theirs };
    return { local, candidate: first, champion: same ? first : second };
  } catch (error) {
    either.abort(error);
    throw error;
  }
}

function measuring(
  input: EvaluateInput,
  holdout: string,
  candidate: Scores,
  champion: Scores | null,
): Omit<FiguresRequest, 'seen' | 'dependence'> {
  return {
    holdout,
    candidate,
    champion,
    target: input.target,
    task: input.task,
    threshold: input.threshold,
    compare: input.compare ?? null,
    compareBy: input.compareBy,
    weight: input.weight ?? null,
    slices: input.slices,
    minimumSliceRows: input.minimumSliceRows,
    fairness: input.fairness ?? null,
    calibration: input.calibration ?? false,
    examples: examplesOf(input),
    worst: searchOf(input),
    bootstrap: input.bootstrap,
  };
}

/** Columns of slices first; none that names a row or is what is predicted. */
function searchOf({
  worstSlices,
  minimumSliceRows,
  holdout,
  slices,
  ...input
}: EvaluateInput): FiguresRequest['worst'] {
  if (worstSlices === false) return null;
  const { columns, minimumRows } = worstSlices;
  const never = [input.target, input.weight, input.groupBy, input.time];
  const isTime = (type: string) => /^(date|time|interval)/i.test(type);
  const usual = holdout.columns
    .filter(({ name, type }) => !never.includes(name) && !isTime(type))
    .map(({ name }) => name);
  const typeOf = (name: string) => holdout.columns.find((column) => column.name === name)?.type ?? '';
  return {
    columns: [...new Set(columns ?? [...slices, ...usual])].map((name) => ({
      name,
      numbers: /int|float|double|real|decimal|numeric/i.test(typeOf(name)),
    })),
    minimumRows: minimumRows ?? minimumSliceRows,
  };
}

/** Beside a row of the data stands what somebody named, or what names a group, a time or whose it is. */
function examplesOf({ examples, slices, time, groupBy }: EvaluateInput): FiguresRequest['examples'] {
  if (examples === false) return null;
  const { columns, rows } = examples;
  const usual = [...slices, ...(time === undefined ? [] : [time]), ...(groupBy === undefined ? [] : [groupBy])];
  return { columns: [...new Set(columns ?? usual)], asked: columns !== undefined, rows };
}

function computation(args: FiguresRequest) {
  const { holdout, candidate, champion, seen, dependence } = args;
  const times = [seen.times, dependence.times?.file].filter((file) => file !== null && file !== undefined);
  const files = [...new Set([holdout, candidate.file, ...(champion ? [champion.file] : []), ...times])];
  return {
    module: new URL('../../../measures/evaluation/figures.ts', import.meta.url).href,
    name: 'measureModels',
    args,
    files,
  };
}

const lineageOf = ({ candidate: { trainedOn, code, environment } }: EvaluateInput): Lineage => ({
  trainedOn,
  code: code ?? null,
  environment,
});

/** Stores evidence and report by their digests. */
async function keep(deps: EvaluateDeps, evidence: Evidence, lineage: Lineage, signal: AbortSignal) {
  const text = JSON.stringify(evidence);
  const hash = sha256(text);
  const digest = `sha256:${hash}`;
  const key = storeKey.evidence(hash, 'json');
  const [html] = await Promise.all([
    drawn({ store: deps.store, draw: drawingIn(deps.tables) }, { evidence, digest, verdict: null, lineage }, signal),
    deps.store.put(key, text, 'application/json'),
  ]);
  return { ...referenceTo(evidence, { uri: deps.store.uri(key), digest, html: html.uri }), lineage };
}

/** One line for the run's progress. */
function summary({ candidate, champion }: Evidence): string {
  const [metric, value] = Object.entries(candidate.metrics)[0] ?? ['nothing', 'NaN' as const];
  const against = champion
    ? ` against ${versionName(champion.version)}'s ${plain(numberOf(champion.metrics[metric]), 3)}`
    : '';
  return `${metric} ${plain(numberOf(value), 3)}${against}`;
}
