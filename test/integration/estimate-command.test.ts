/** `ratchet estimate` as a person starts it: real files, no server, no Python but for a regression. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Estimate } from '#contracts/estimate.ts';
import { runVerbIn } from '../fixtures/verbs.ts';
import { goldenFile } from '../golden/nannyml/case.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ratchet-estimate-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const estimate = (environment: Record<string, string>, ...args: string[]) =>
  runVerbIn(folder, environment, 'estimate', ...args);
const carLoan = [
  '--reference',
  goldenFile('car_loan_reference.parquet'),
  '--analysis',
  goldenFile('car_loan_analysis.parquet'),
];

describe('ratchet estimate', () => {
  it('finds the columns by their usual names, alarms on car loans, and needs no Python', async () => {
    const said = await estimate(
      { RATCHET_PYTHON: '/nowhere' },
      ...carLoan,
      ...['--target', 'repaid', '--chunk-size', '5000', '--metrics', 'roc_auc,f1', '--json'],
    );
    expect(said.stderr).toBe('');
    expect(said.code).toBe(3);
    const made = Estimate.parse(JSON.parse(said.stdout));
    expect(made.estimator).toMatchObject({ name: 'CBPE', calibrated: true });
    expect(made.chunks.map(({ metrics }) => metrics.roc_auc?.alert)).toEqual([
      ...Array(5).fill(false),
      ...Array(5).fill(true),
    ]);
    expect(made.chunks[5]).toMatchObject({ start: 25_000, end: 29_999 });
  });

  it('shows people the chunks, and exits with 0 where none alerts', async () => {
    const said = await estimate(
      {},
      ...carLoan,
      '--target',
      'repaid',
      '--metrics',
      'roc_auc',
      '--limit',
      'roc_auc=0.5:',
    );
    expect(said.code).toBe(0);
    expect(said.stdout).toContain('[0:4999]');
    expect(said.stdout).toContain('✓ none of 10 chunks alerts');
  });

  it('fails when performance fell, not for single chunks of many; --fail-on any takes each', async () => {
    const employment = [
      ...['--reference', goldenFile('employment_reference.parquet'), '--target', 'employed'],
      ...['--analysis', goldenFile('employment_analysis.parquet'), '--prediction', 'prediction'],
      ...['--score', 'predicted_probability', '--chunk-size', '5000', '--metrics', 'roc_auc'],
    ];
    const [kept, any] = await Promise.all([
      estimate({}, ...employment, '--html', 'employment.html'),
      estimate({}, ...employment, '--fail-on', 'any', '--json'),
    ]);
    expect(kept.code).toBe(0);
    expect(kept.stdout).toContain('✓ performance holds, although 3 of 42 chunks alert');
    expect(readFileSync(join(folder, 'employment.html'), 'utf8')).toContain('Performance holds, with single chunks');
    expect(any.code).toBe(3);
    // Where labels are in, both what they gave and what was estimated before can alert: chunk 19 was better than its limit.
    const alerting = Estimate.parse(JSON.parse(any.stdout)).chunks.filter(
      ({ metrics }) => metrics.roc_auc?.alert || metrics.roc_auc?.realizedAlert,
    );
    expect(alerting.map(({ index }) => index)).toEqual([19, 27, 28]);
  });

  it('refuses what it cannot use in one message', async () => {
    const unknown = await estimate({}, ...carLoan, '--target', 'repaid', '--metrics', 'auc');
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toContain('auc is no metric of a binary problem; there are roc_auc');
    const missing = await estimate({}, ...carLoan, '--target', 'repaid', '--score', 'p', '--json');
    expect(missing.code).toBe(2);
    expect(JSON.parse(missing.stdout).error.message).toContain('the reference: there is no column p;');
  });

  it('estimates a regression from CSV files with a model of its error, and from targets that came later', async () => {
    // The price of old cars is guessed badly, and the analysis has more and more of them.
    const cars = (rows: number, old: (row: number) => boolean) =>
      Array.from({ length: rows }, (_, row) => {
        const age = old(row) ? 15 : 3;
        const noise = ((row * 7919) % 201) / 100 - 1;
        return {
          id: row,
          age,
          fuel: row % 3 === 0 ? 'diesel' : 'petrol',
          y_pred: 100 - age,
          price: 100 - age + noise * age,
        };
      });
    const write = (name: string, rows: readonly object[], ...without: string[]) => {
      const columns = Object.keys(rows[0] ?? {}).filter((column) => !without.includes(column));
      const line = (row: object) => columns.map((column) => String(Reflect.get(row, column))).join(',');
      writeFileSync(join(folder, name), [columns.join(','), ...rows.map(line)].join('\n'));
    };
    const analysis = cars(4000, (row) => row % 10 < (row < 2000 ? 2 : 8));
    write(
      'reference.csv',
      cars(6000, (row) => row % 10 < 2),
    );
    write('analysis.csv', analysis, 'price');
    write('targets.csv', analysis.slice(0, 3500), 'age', 'fuel', 'y_pred');
    const said = await estimate(
      { RATCHET_HOME: process.env.RATCHET_HOME ?? new URL('../../.ratchet', import.meta.url).pathname },
      ...['--reference', 'reference.csv', '--analysis', 'analysis.csv', '--targets', 'targets.csv'],
      ...['--problem', 'regression', '--chunk-size', '1000', '--json'],
    );
    expect(said.code).toBe(3);
    const made = Estimate.parse(JSON.parse(said.stdout));
    expect(made.estimator.name).toBe('DLE');
    expect(made.chunks.map(({ metrics }) => metrics.mae?.alert)).toEqual([false, false, true, true]);
    expect(made.chunks.map(({ labelled }) => labelled)).toEqual([1000, 1000, 1000, 500]);
    for (const { metrics } of made.chunks)
      for (const name of ['mae', 'rmse'])
        expect(Math.abs((metrics[name]?.estimated ?? 0) / (metrics[name]?.realized ?? 1) - 1)).toBeLessThan(0.05);
  });

  it('writes a page that opens without a network', async () => {
    const said = await estimate({}, ...carLoan, '--target', 'repaid', '--metrics', 'roc_auc', '--html', 'page.html');
    expect(said.code).toBe(3);
    expect(readFileSync(join(folder, 'page.html'), 'utf8')).toContain('ROC AUC');
  });
});
