/**
 * Data drift or concept drift: did what comes in move, P(X), or what it means, P(Y|X)? Features that moved show the first.
 * The second shows only in labels: rows that look alike turn out otherwise than they used to, so that labels leave what
 * the model, calibrated on the reference, expects of these very rows. A drop of performance alone is no sign of either.
 */
import type { ConceptTests } from '#contracts/concept.ts';
import type { DriftResult } from '#contracts/drift.ts';
import type { DriftFinding, Estimate, EstimateChunk } from '#contracts/estimate.ts';
import { conceptInCells, LEAST } from './drift-kind/concept-cells.ts';
import { counted, listed, short, signed } from './drift-kind/words.ts';

export interface DriftEvidence {
  /** Reference against analysis; null: not tested. Target and prediction in it are no features: see `apart`. */
  readonly drift: (Pick<DriftResult, 'columns'> & Partial<Pick<DriftResult, 'untested'>>) | null;
  /** Columns of `drift` that say nothing of P(X): target, prediction, score. */
  readonly apart?: readonly string[];
  /** Null: not measured. */
  readonly estimate: Pick<Estimate, 'reference' | 'chunks' | 'metrics'> | null;
  /** P(Y|X), cell by cell; absent or null: not tested. */
  readonly cells?: ConceptTests | null;
}

/** Standard errors from which on a chunk's labels are called strange: 1 chunk in 370 by chance. */
const STRANGE = 3;
/**
 * Least effect, in standard deviations of a single row's residual, as in a cell. Many rows make the smallest gap certain, and a shift of
 * the rows within equal scores leaves such gaps although P(Y|X) is what it was.
 */
const EFFECT = LEAST;
/** Least share of the chunks, so that many chunks are not strange by their number alone. */
const SHARE = 0.1;

/** Begins the words on a feature that no test could take. */
export const NOT_TESTED = 'not tested: ';

export function driftKind({ drift, apart = [], estimate, cells = null }: DriftEvidence): DriftFinding {
  const data = dataDrift(drift, apart);
  const concept = bothSightings(conceptDrift(estimate), cells);
  const performance = performanceHolds(estimate);
  const kind = kindOf(data.seen, concept.seen);
  return { kind, summary: summarized(kind, data, concept, performance), data, concept, performance };
}

function kindOf(data: boolean | null, concept: boolean | null): DriftFinding['kind'] {
  if (data && concept) return 'both';
  if (data) return 'data';
  if (concept) return 'concept';
  return data === null && concept === null ? 'unknown' : 'none';
}

function dataDrift(drift: DriftEvidence['drift'], apart: readonly string[]): DriftFinding['data'] {
  if (!drift) return { seen: null, why: ['no drift test of the features was made'] };
  const features = Object.entries(drift.columns).filter(([name]) => !apart.includes(name));
  const left = (drift.untested ?? [])
    .filter(({ column }) => !apart.includes(column))
    .map(({ column, reason }) => `${NOT_TESTED}${column}: ${reason}`);
  if (features.length === 0) return { seen: null, why: ['no feature could be tested', ...left] };
  const moved = features
    .filter(([, column]) => column.drifted)
    .sort(([, a], [, b]) => excess(b) - excess(a))
    .map(
      ([name, { method, value, threshold, measures }]) =>
        `${name}: ${method} ${short(Number(value))} ${measures === 'p_value' ? 'below' : 'from'} ${short(threshold)}${measures === 'p_value' ? '' : ' on'}`,
    );
  if (moved.length === 0)
    return { seen: false, why: [`none of ${counted(features.length, 'feature')} drifted`, ...left] };
  return { seen: true, why: [`${moved.length} of ${counted(features.length, 'feature')} drifted`, ...moved, ...left] };
}

/** How far beyond its threshold, whatever the method. */
function excess({ value, threshold, measures }: DriftResult['columns'][string]): number {
  const figure = Number(value);
  if (measures === 'distance') return figure / Math.max(threshold, Number.MIN_VALUE);
  return threshold / Math.max(figure, Number.MIN_VALUE);
}

/** The mean of chunks shows what came at some time, the cells what came somewhere: either is enough. */
function bothSightings(chunks: DriftFinding['concept'], cells: ConceptTests | null): DriftFinding['concept'] {
  if (chunks.seen === null || !cells || cells.tests.length === 0) return chunks;
  const found = conceptInCells(cells);
  if (!found.seen) return { seen: chunks.seen, why: [...chunks.why, ...found.why] };
  return { seen: true, why: chunks.seen ? [...chunks.why, ...found.why] : found.why };
}

function conceptDrift(estimate: DriftEvidence['estimate']): DriftFinding['concept'] {
  const labelled = estimate?.chunks.filter(({ residual }) => residual !== null) ?? [];
  if (!estimate || labelled.length === 0) return { seen: null, why: ['no label has come that could tell'] };
  const usual = Math.max(1, spread(estimate.reference));
  const certain = labelled.filter((chunk) => Math.abs(standing(chunk)) > STRANGE * usual);
  const strange = certain.filter((chunk) => Math.abs(effect(chunk)) >= EFFECT);
  const up = strange.filter((chunk) => standing(chunk) > 0);
  const down = strange.filter((chunk) => standing(chunk) < 0);
  const side = up.length >= down.length ? up : down;
  const of = `${side.length} of ${counted(labelled.length, 'labelled chunk')}`;
  if (side.length < enough(labelled.length)) {
    const rows = labelled.reduce((sum, chunk) => sum + chunk.labelled, 0);
    const mean = labelled.reduce((sum, chunk) => sum + (chunk.residual?.mean ?? 0) * chunk.labelled, 0) / rows;
    return {
      seen: false,
      why: [
        `labels come as expected: over ${counted(rows, 'row')} they differ by ${signed(mean)} on average, and ${of} differ by more than ${short(STRANGE * usual)} standard errors and ${EFFECT} deviations of a row`,
        ...(certain.length > strange.length
          ? [
              `${counted(certain.length - strange.length, 'chunk')} differ for certain, but by less than ${EFFECT} deviations: too little to call it another concept`,
            ]
          : []),
      ],
    };
  }
  const worst = [...side].sort((a, b) => Math.abs(standing(b)) - Math.abs(standing(a)));
  return {
    seen: true,
    why: [
      `in ${of} the labels are ${side === up ? 'higher' : 'lower'} than the same rows used to give, by more than ${short(STRANGE * usual)} standard errors`,
      ...worst
        .slice(0, 5)
        .map((chunk) => `${chunk.key}: ${signed(chunk.residual?.mean ?? 0)} ± ${short(chunk.residual?.error ?? 0)}`),
    ],
  };
}

/** In standard errors; 0 without labels or with labels that were certain. */
function standing({ residual }: EstimateChunk): number {
  return residual && residual.error > 0 ? residual.mean / residual.error : 0;
}

/** In standard deviations of one row. */
const effect = (chunk: EstimateChunk): number => standing(chunk) / Math.sqrt(Math.max(chunk.labelled, 1));

/** How far the reference's own chunks stray: above 1 when rows of one chunk belong together. */
export function spread(reference: readonly EstimateChunk[]): number {
  const known = reference.filter(({ residual }) => residual !== null).map(standing);
  return known.length < 2 ? 1 : Math.sqrt(known.reduce((sum, value) => sum + value ** 2, 0) / known.length);
}

function performanceHolds(estimate: DriftEvidence['estimate']): DriftFinding['performance'] {
  if (!estimate) return { holds: null, why: ['performance was not measured'] };
  const judged = estimate.metrics.map(({ name, lower, upper, higherIsBetter }) => {
    // Labels know better than an estimate, chunk by chunk: those that have none yet still count.
    const known = estimate.chunks.flatMap(({ metrics }) => metrics[name] ?? []);
    const realized = known.filter((each) => each.realized !== null).length;
    const which = realized === 0 ? 'estimated' : realized === known.length ? 'realized' : 'realized or estimated';
    const values = known.flatMap((each) => each.realized ?? each.estimated ?? []);
    const worse = values.filter(
      (value) =>
        (lower !== null && value < lower && higherIsBetter !== false) ||
        (upper !== null && value > upper && higherIsBetter !== true),
    ).length;
    const holds = values.length === 0 || worse < enough(values.length);
    return {
      holds,
      why: `${which} ${name} is worse than its limit in ${worse} of ${counted(values.length, 'chunk')}`,
    };
  });
  const broken = judged.filter(({ holds }) => !holds);
  return { holds: broken.length === 0, why: (broken.length > 0 ? broken : judged).map(({ why }) => why) };
}

/** Chunks that are no chance any more: two, and a tenth of all. */
const enough = (chunks: number): number => Math.max(Math.min(2, chunks), Math.ceil(SHARE * chunks));

function summarized(
  kind: DriftFinding['kind'],
  data: DriftFinding['data'],
  concept: DriftFinding['concept'],
  performance: DriftFinding['performance'],
): string {
  const fate =
    performance.holds === null
      ? ''
      : performance.holds
        ? '; performance holds'
        : `; performance fell: ${performance.why[0]}`;
  const moved = listed(data.why.filter((why) => !why.startsWith(NOT_TESTED)).slice(1, 4));
  const strange = concept.why[0] ?? '';
  switch (kind) {
    case 'none':
      return data.seen === null
        ? `No concept drift: ${strange}${fate}; the features were not tested.`
        : `No drift: ${data.why[0]}${concept.seen === null ? '' : `, and ${strange}`}${fate}.`;
    case 'data':
      return `Data drift: ${data.why[0]} (${moved}), ${concept.seen === null ? 'and no label has come that could tell whether their meaning changed' : 'but not what they mean'}${fate}.`;
    case 'concept':
      return `Concept drift: ${strange}${data.seen === false ? ', although no feature drifted' : ''}${fate}.`;
    case 'both':
      return `Data and concept drift: ${data.why[0]} (${moved}), and ${strange}${fate}.`;
    case 'unknown':
      return `Nothing can be said of drift: ${data.why[0]}, and ${strange}${fate}.`;
  }
}
