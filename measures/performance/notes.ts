/** What a reader of an estimate must know, in words. */
import type { EstimateChunk, EstimateOptions } from '#contracts/estimate.ts';
import type { SideColumns, SidesRead } from './read-sides.ts';

/** NannyML warns below it: a mean and a deviation of fewer values say little. */
const FEW_CHUNKS = 6;
/** Below it chance alone moves a share by several per cent. */
const FEW_ROWS = 300;

export interface Noted {
  readonly read: SidesRead;
  readonly options: EstimateOptions;
  readonly reference: readonly EstimateChunk[];
  readonly analysis: readonly EstimateChunk[];
}

export function notesOf({ read, options, reference, analysis }: Noted): string[] {
  const { sides } = read;
  return [
    ...few('reference', reference),
    ...maturity(analysis),
    ...withoutValue(sides.reference, 'reference', options),
    ...withoutValue(sides.analysis, 'analysis', options),
    ...small([...reference, ...analysis]),
    ...(read.unused > 0 ? [`${rows(read.unused)} of the targets belong to no row of the analysis.`] : []),
    ...(options.problem === 'binary' && options.prediction === undefined
      ? [`No column of predictions was named: positive is a score of ${options.threshold} or more.`]
      : []),
  ];
}

function few(side: string, chunks: readonly EstimateChunk[]): string[] {
  return chunks.length < FEW_CHUNKS
    ? [
        `The ${side} makes ${chunks.length} chunk${chunks.length === 1 ? '' : 's'}; limits from fewer than ${FEW_CHUNKS} are rough.`,
      ]
    : [];
}

function maturity(chunks: readonly EstimateChunk[]): string[] {
  const known = chunks.reduce((sum, chunk) => sum + chunk.labelled, 0);
  const all = chunks.reduce((sum, chunk) => sum + chunk.rows, 0);
  if (known === 0 || known === all) return [];
  const partial = chunks.filter((chunk) => chunk.labelled > 0 && chunk.labelled < chunk.rows);
  return [
    `Labels have come for ${known} of ${all} rows of the analysis: ${chunks.filter((chunk) => chunk.labelled === 0).length} chunks have none, ${partial.length} some of theirs${partial.length > 0 ? ` (${keys(partial)}), and their realized values are of those rows only` : ''}.`,
  ];
}

function withoutValue(columns: SideColumns, side: string, options: EstimateOptions): string[] {
  const missing = (values: Float64Array) => values.reduce((sum, value) => sum + (Number.isNaN(value) ? 1 : 0), 0);
  const scored = columns.scores.reduce((most, score) => Math.max(most, missing(score)), 0);
  const predicted = missing(columns.predicted);
  const labelled = side === 'reference' ? missing(columns.label) : 0;
  const timed = columns.times ? missing(columns.times) : 0;
  const timeless = options.chunk.by === 'period' ? 'are in no chunk' : 'come last';
  return [
    ...(scored > 0 ? [`${rows(scored)} of the ${side} have no score: they are in no estimate.`] : []),
    ...(predicted > 0 && options.prediction !== undefined
      ? [`${rows(predicted)} of the ${side} have no prediction: they are left out.`]
      : []),
    ...(labelled > 0
      ? [`${rows(labelled)} of the reference have no label: limits and calibration are made without them.`]
      : []),
    ...(timed > 0 ? [`${rows(timed)} of the ${side} have no time: they ${timeless}.`] : []),
  ];
}

function small(chunks: readonly EstimateChunk[]): string[] {
  const found = chunks.filter((chunk) => chunk.rows < FEW_ROWS);
  return found.length > 0
    ? [
        `${found.length} of ${chunks.length} chunks have fewer than ${FEW_ROWS} rows (${keys(found)}): chance alone moves them far; see their bands.`,
      ]
    : [];
}

const rows = (count: number) => `${count} row${count === 1 ? '' : 's'}`;
function keys(chunks: readonly EstimateChunk[]): string {
  const shown = chunks.slice(0, 3).map(({ key }) => key);
  return `${shown.join(', ')}${chunks.length > shown.length ? ', …' : ''}`;
}
