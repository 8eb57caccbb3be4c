/** NaN is missing where models are judged: in labels, scores, slices and times, from Parquet as DuckDB reads it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { observeMetrics } from '#activities/watch/observe-metrics.ts';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { pairedRows } from '#measures/evaluation/rows.ts';
import { measureSlices } from '#measures/evaluation/slices.ts';
import { metricsFor } from '#measures/statistics/registry.ts';
import type { Scores } from '#ports/predictor.ts';
import type { ReadColumns, Tables } from '#ports/tables.ts';

const ROWS = 600;
let folder: string;
let tables: Tables;
let read: ReadColumns;
const file = (name: string) => join(folder, `${name}.parquet`);
/** Every tenth row from 0 has `missing` in the label, from 1 in the score, from 2 in the group. */
const holdout = (missing: string) => `SELECT i,
  CASE WHEN i % 10 = 0 THEN ${missing} ELSE ((i * 7) % 3 = 0)::INTEGER::DOUBLE END AS label,
  CASE WHEN i % 10 = 0 THEN ${missing} ELSE i::DOUBLE END AS amount,
  CASE WHEN i % 10 = 2 THEN ${missing} ELSE (i % 2)::DOUBLE END AS "group",
  CASE WHEN i % 10 = 1 THEN ${missing} ELSE 0.2 + 0.6 * ((i * 7) % 3 = 0)::INTEGER + (i % 7) / 50 END AS p1,
  CASE WHEN i % 10 = 1 THEN ${missing} ELSE 0.8 - 0.6 * ((i * 7) % 3 = 0)::INTEGER - (i % 7) / 50 END AS p0,
  CASE WHEN i % 10 = 1 THEN ${missing} ELSE i + (i % 5) END AS value
FROM range(${ROWS}) rows(i)`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ratchet-nan-'));
  tables = createTablesInProcess();
  read = ((path, wanted) => tables.columns(path, wanted)) as ReadColumns;
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  for (const [name, missing] of [
    ['nan', "'NaN'::DOUBLE"],
    ['null', 'NULL::DOUBLE'],
  ] as const)
    await connection.run(`COPY (${holdout(missing)}) TO '${file(name)}' (FORMAT parquet)`);
  await connection.run(
    `COPY (SELECT * FROM (VALUES (1.7e12), ('NaN'::DOUBLE), (1.6e12)) t("at")) TO '${file('times')}' (FORMAT parquet)`,
  );
  connection.closeSync();
});
afterAll(async () => {
  await tables.close();
  rmSync(folder, { recursive: true, force: true });
});

const scores = (name: string, more: Partial<Scores> = {}): Scores => ({
  ...{ file: file(name), rows: ROWS, value: null, label: null },
  probabilities: [
    { label: '0', column: 'p0' },
    { label: '1', column: 'p1' },
  ],
  ...more,
});
const classes = (name: string) => ({ holdout: file(name), target: 'label', task: 'binary' as const, threshold: 0.5 });

/** Rows that are independent and count the same. */
const counting = { weights: null, units: null, confidence: 0.95, seed: 0 };

describe('NaN and NULL are one', () => {
  it('in the labels and scores of a classifier', async () => {
    const [nan, none] = await Promise.all(
      ['nan', 'null'].map((name) =>
        pairedRows({ ...classes(name), candidate: scores(name), champion: scores(name) }, read),
      ),
    );
    expect(nan).toEqual(none);
    expect(nan).toMatchObject({ classes: ['0', '1'], rows: ROWS, dropped: { target: 60, candidate: 60, champion: 0 } });
  });

  it('in the labels and predictions of a regression', async () => {
    const of = (name: string) => ({
      ...{ holdout: file(name), target: 'amount', task: 'regression' as const, threshold: 0.5, champion: null },
      candidate: scores(name, { value: 'value', probabilities: null }),
    });
    const [nan, none] = await Promise.all(['nan', 'null'].map((name) => pairedRows(of(name), read)));
    expect(nan).toEqual(none);
    expect(nan?.dropped).toMatchObject({ target: 60, candidate: 60 });
  });

  it('in a column that slices are made of', async () => {
    const sliced = async (name: string) => {
      const rows = await pairedRows({ ...classes(name), candidate: scores(name), champion: null }, read);
      return measureSlices(
        { holdout: file(name), columns: ['group'], minimumRows: 10, metrics: metricsFor('binary'), counting },
        rows,
        read,
      );
    };
    const nan = await sliced('nan');
    expect(nan).toEqual(await sliced('null'));
    expect(nan.slices.map(({ value, rows }) => [value, rows])).toContainEqual(['(missing)', 60]);
  });

  it('where the watch measures the champion, and looks for the last row’s time', async () => {
    const asked = { metrics: ['roc_auc', 'accuracy'], confidence: 0.95, confidences: {} };
    const [nan, none] = await Promise.all(
      ['nan', 'null'].map((name) => observeMetrics({ ...classes(name), ...asked, scores: scores(name) }, read)),
    );
    expect(nan).toEqual(none);
    expect(nan?.rows).toBe(ROWS - 120);
    for (const { value } of nan?.metrics ?? []) expect(Number.isFinite(value)).toBe(true);
    const [counted] = await tables.count({ files: [file('times')], format: 'parquet', time: 'at' });
    expect(counted?.last).toBe(1.7e12);
  });
});
