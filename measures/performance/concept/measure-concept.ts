/**
 * The test of P(Y|X), column by column: one is read, compared and let go, so that memory holds one column at a time.
 * Runs in the data host (Tables.compute).
 */

import type { ConceptTest, ConceptTests } from '#contracts/concept.ts';
import type { EstimateOptions } from '#contracts/estimate.ts';
import type { ReadColumns } from '#ports/tables.ts';
import { expectationOf } from '../expectation.ts';
import type { Expectation, Side } from '../metric.ts';
import { numbersOrNull, type TableFile, texts } from '../read-columns.ts';
import { type EstimateTables, readSides, type SidesRead } from '../read-sides.ts';
import { reordered } from '../sides.ts';
import { type Cells, cellsOfNumbers, cellsOfTexts } from './cells.ts';
import { compareCells, type ResidualRows, type Residuals } from './compare-cells.ts';

export interface ConceptRequest {
  readonly tables: EstimateTables;
  readonly options: EstimateOptions;
  readonly features: readonly { readonly name: string; readonly kind: 'numerical' | 'categorical' }[];
  /** See {@link compareCells}. */
  readonly spread: number;
}

/** Columns that are told, the weightiest first. */
const TOLD = 20;

export async function measureConcept(request: ConceptRequest, read: ReadColumns): Promise<ConceptTests> {
  const { options, features, spread } = request;
  const found = await readSides(request.tables, options, read);
  const rows = labelledRows(expectationOf(options, found));
  const residuals = residualsOf(rows);
  const columns: [name: string | null, Cells][] = [
    [null, cellsOfNumbers(residuals.reference.score, residuals.analysis.score)],
  ];
  for (const { name, kind } of features)
    columns.push([name, await featureCells(read, request.tables, name, kind, found, rows)]);
  const deviation = deviationOf(residuals.reference.residual);
  const tests: ConceptTest[] = [];
  const notTested: ConceptTests['notTested'][number][] = [];
  for (const [column, cells] of columns) {
    const test = compareCells(column, cells, residuals, deviation, spread);
    if (test) tests.push(test);
    else notTested.push({ column: column ?? 'the score', why: 'no cell of it has labelled rows enough on both sides' });
  }
  const sorted = tests.sort((a, b) => a.p - b.p);
  return {
    rows: { reference: residuals.reference.residual.length, analysis: residuals.analysis.residual.length },
    // Those beyond the told ones weigh in the number of tests alone.
    tests: sorted.map((test, at) => (at < TOLD ? test : { ...test, worst: [] })),
    notTested,
  };
}

interface LabelledRows {
  /** Places in the order of the chunks. */
  readonly places: Int32Array;
  readonly outcome: Float64Array;
  readonly expected: Float64Array;
  readonly events: boolean;
}

function labelledRows(expectation: Expectation): Readonly<Record<Side, LabelledRows>> {
  const one = (side: Side): LabelledRows => {
    const [y, p] = [expectation.outcome(side), expectation.expected(side)];
    const places = Int32Array.from(y.keys()).filter(
      (row) => !Number.isNaN(y[row] as number) && !Number.isNaN(p[row] as number),
    );
    return { places, outcome: reordered(y, places), expected: reordered(p, places), events: expectation.events };
  };
  return { reference: one('reference'), analysis: one('analysis') };
}

export function residualsOf(rows: Readonly<Record<Side, Omit<LabelledRows, 'places'>>>): Residuals {
  const one = ({ outcome, expected, events }: Omit<LabelledRows, 'places'>): ResidualRows => ({
    residual: outcome.map((value, row) => value - (expected[row] as number)),
    score: expected,
    variance: events ? expected.map((p) => p * (1 - p)) : null,
  });
  return { reference: one(rows.reference), analysis: one(rows.analysis) };
}

export function deviationOf(residual: Float64Array): number {
  const mean = residual.reduce((sum, value) => sum + value, 0) / residual.length;
  return Math.sqrt(residual.reduce((sum, value) => sum + (value - mean) ** 2, 0) / residual.length);
}

async function featureCells(
  read: ReadColumns,
  tables: EstimateTables,
  name: string,
  kind: 'numerical' | 'categorical',
  { sides }: SidesRead,
  rows: Readonly<Record<Side, LabelledRows>>,
): Promise<Cells> {
  /** From the file's order to that of the chunks, and of these the rows that have a label. */
  const file = (side: Side) => Int32Array.from(rows[side].places, (place) => sides[side].order[place] as number);
  if (kind === 'numerical') {
    const one = async (side: Side) => {
      const values = await numbersOrNull(read, tables[side], name);
      return values && reordered(values, file(side));
    };
    const [reference, analysis] = [await one('reference'), await one('analysis')];
    if (reference && analysis) return cellsOfNumbers(reference, analysis);
  }
  const one = async (side: Side) => {
    const { codes, values } = await texts(read, tables[side] as TableFile, name);
    return { codes: Int32Array.from(file(side), (row) => codes[row] as number), values };
  };
  return cellsOfTexts(await one('reference'), await one('analysis'));
}
