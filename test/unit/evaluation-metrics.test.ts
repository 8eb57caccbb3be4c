/** What an evaluation measured, as metrics of MLflow: names that it takes, one batch, nothing lost to a likeness. */
import { describe, expect, it } from 'vitest';
import { evaluationMetrics } from '#activities/release/evaluation-metrics.ts';
import { Evidence } from '#contracts/evidence.ts';
import { flightsEvidence } from '../fixtures/evaluation-report.ts';

/** What MLflow 3 refuses: `_validate_metric_name` of mlflow/utils/validation.py. */
const isName = (name: string) =>
  /^[/\w.\- :]*$/.test(name) &&
  name.length <= 250 &&
  !name.startsWith('/') &&
  name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

describe('metrics of an evaluation', () => {
  it('hold both sides of the comparison, slices and groups', () => {
    const evidence = flightsEvidence();
    const metrics = evaluationMetrics(evidence, evidence.comparisons[0] ?? null, 'roc_auc');
    expect(metrics).toMatchObject({
      holdout_roc_auc: 0.7172,
      holdout_roc_auc_better_by_lower: 0.0108,
      'slice/carrier/EV/roc_auc_better_by': 0.031,
      'slice/carrier/UA/roc_auc': 0.704,
      'fairness/origin/demographic_parity/difference': 0.13,
      'fairness/origin/JFK/selection_rate': 0.21,
    });
    expect(Object.keys(metrics).filter((name) => !isName(name))).toEqual([]);
    expect(Object.keys(metrics).some((name) => name.includes('HA'))).toBe(false);
  });

  it('have names that MLflow takes, whatever the data’s values are, and one each', () => {
    const values = [
      '..',
      '.',
      '',
      ' ',
      '/',
      '../..',
      'é',
      'E',
      'e',
      'ü/ü',
      'x'.repeat(300),
      `${'x'.repeat(300)}y`,
      '日本',
      '中国',
    ];
    const evidence = Evidence.parse({
      ...flightsEvidence(),
      slices: values.map((value) => ({
        column: '../a',
        value,
        rows: 500,
        candidate: { roc_auc: 0.5 },
        champion: null,
      })),
      fairness: undefined,
    });
    const names = Object.keys(evaluationMetrics(evidence, null, 'roc_auc'));
    expect(names.filter((name) => !isName(name))).toEqual([]);
    expect(names.filter((name) => name.startsWith('slice/'))).toHaveLength(values.length);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
  });

  it('fit into one batch however many slices and groups there are, and leave out what is not a number', () => {
    const base = flightsEvidence();
    const attribute = base.fairness?.attributes[0];
    const groups = Array.from({ length: 50 }, (_, at) => ({ ...attribute?.groups[0], values: [`g${at}`] }));
    const rates = { difference: 0.1, ratio: 0.9 };
    const all = {
      demographic_parity: rates,
      equal_opportunity: rates,
      equalized_odds: rates,
      predictive_parity: rates,
      accuracy_parity: rates,
    };
    const evidence = Evidence.parse({
      ...base,
      slices: Array.from({ length: 1_000 }, (_, at) => ({
        ...{ column: 'c', value: `v${at}`, rows: 2_000 - at, champion: null },
        candidate: { roc_auc: at === 3 ? 'NaN' : 0.7 },
        difference: { roc_auc: { difference: 0.1, lower: 0, upper: 1, standardError: 0.1, units: 9 } },
      })),
      fairness: {
        ...base.fairness,
        attributes: Array.from({ length: 20 }, (_, at) => ({
          ...attribute,
          columns: [`a${at}`],
          groups,
          candidate: all,
        })),
      },
    });
    const metrics = evaluationMetrics(evidence, evidence.comparisons[0] ?? null, 'roc_auc');
    expect(Object.keys(metrics).length).toBeLessThanOrEqual(800);
    expect(metrics['slice/c/v0/roc_auc']).toBe(0.7);
    expect(metrics).not.toHaveProperty(['slice/c/v3/roc_auc']);
  });
});
