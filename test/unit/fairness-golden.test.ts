/** Fairness beside fairlearn 0.15.0: drawn rows with every odd group, and the employment model. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { type AttributeFairness, attributeName, type CriterionName, type RateName } from '#contracts/fairness.ts';
import { type FairlyCounted, measureFairness } from '#measures/fairness/fairness.ts';
import type { BinaryRows, MulticlassRows } from '#measures/statistics/rows.ts';
import type { ReadColumns, Tables, TextColumn } from '#ports/tables.ts';

type Numbers = Record<string, number>;
const text = (path: string): string => readFileSync(new URL(`../golden/${path}`, import.meta.url), 'utf8');
const near = (actual: unknown, expected: number, name: string) =>
  expect(Math.abs(Number(actual) - expected), `${name}: ${actual} against ${expected}`).toBeLessThanOrEqual(1e-12);
const every = (rows: number): Int32Array => Int32Array.from({ length: rows }, (_, row) => row);
const counted = (candidate: BinaryRows | MulticlassRows, more: Partial<FairlyCounted> = {}): FairlyCounted => ({
  ...{ holdout: 'h', candidate, champion: null, kept: every(candidate.y.length) },
  ...{ weights: null, units: null, by: 'rows' },
  ...more,
});
const figureOf = (attribute: AttributeFairness, criterion: CriterionName, of: 'difference' | 'ratio') =>
  attribute.candidate[criterion]?.[of];

describe('the employment model by SEX, by RAC1P and by both', () => {
  interface Measured extends Record<string, unknown> {
    by_group: Record<string, Record<RateName, number>>;
    difference: Record<RateName, number>;
    ratio: Record<RateName, number>;
  }
  const golden = JSON.parse(text('fairness/fairlearn.json')) as { least_rows: number } & Record<
    string,
    { rows: Numbers; plain: Measured; weighted: Measured }
  >;
  const file = fileURLToPath(new URL('../golden/fairness/employment.parquet', import.meta.url));
  let tables: Tables;
  let rows: BinaryRows;
  let read: ReadColumns;
  beforeAll(async () => {
    tables = createTablesInProcess();
    read = ((path, wanted) => tables.columns(path, wanted)) as ReadColumns;
    const { columns } = await read(file, { employed: 'number', prediction: 'number' });
    rows = { task: 'binary', y: Uint8Array.from(columns.employed), score: columns.prediction, threshold: 0.5 };
  });
  afterAll(() => tables.close());

  it.each(['plain', 'weighted'] as const)('agrees: %s', async (how) => {
    const weights = how === 'plain' ? null : Float64Array.from(rows.y, (_, row) => row % 5);
    const attributes = ['SEX', 'RAC1P', ['SEX', 'RAC1P']];
    const asked = { attributes, minimumGroupRows: golden.least_rows };
    const found = await measureFairness(asked, counted(rows, { holdout: file, weights }), read);
    expect(found.attributes.map(({ columns }) => columns.join('|'))).toEqual(['SEX', 'RAC1P', 'SEX|RAC1P']);
    for (const attribute of found.attributes) {
      const of = golden[attribute.columns.join('|')];
      const expected = of?.[how];
      if (!of || !expected) throw new Error('no such figures');
      const name = attributeName(attribute.columns);
      const named = (values: readonly string[]) => values.join('|');
      for (const group of [...attribute.groups, ...attribute.small])
        expect(group.rows, name).toBe(of.rows[named(group.values)]);
      expect(attribute.groups.length + attribute.small.length).toBe(Object.keys(of.rows).length);
      expect(attribute.groups.map(({ values }) => named(values)).sort()).toEqual(Object.keys(expected.by_group).sort());
      for (const { values, candidate } of attribute.groups)
        for (const [rate, value] of Object.entries(expected.by_group[named(values)] ?? {}))
          near(candidate[rate], value, `${name} ${named(values)} ${rate}`);
      for (const of of ['difference', 'ratio'] as const) {
        for (const criterion of ['demographic_parity', 'equal_opportunity', 'equalized_odds'] as const)
          near(figureOf(attribute, criterion, of), expected[`${criterion}_${of}`] as number, `${name} ${criterion}`);
        near(figureOf(attribute, 'predictive_parity', of), expected[of].precision, `${name} precision`);
        near(figureOf(attribute, 'accuracy_parity', of), expected[of].accuracy, `${name} accuracy`);
      }
    }
  });

  it('counts small groups and does not judge them', async () => {
    const asked = { attributes: ['RAC1P', ['SEX', 'RAC1P']], minimumGroupRows: 100 };
    const { attributes } = await measureFairness(asked, counted(rows, { holdout: file }), read);
    expect(attributes[0]?.small).toEqual([
      { values: ['7'], rows: 74 },
      { values: ['4'], rows: 5 },
    ]);
    expect(attributes[1]?.smallInAll).toEqual({ groups: 6, rows: 72 + 65 + 35 + 39 + 3 + 2 });
  });
});

describe('drawn rows with ties, weights of 0, tiny groups, groups of one class and rows without one', () => {
  interface Golden {
    rows_without_group_dropped: number;
    by_group: Record<string, Numbers>;
    [figure: string]: unknown;
  }
  const golden = JSON.parse(text('gate/expected.json')).fairness as Record<string, Golden>;
  const [head, ...lines] = text('gate/binary.csv').trim().split('\n');
  const column = (name: string) => {
    const at = (head as string).split(',').indexOf(name);
    return lines.map((line) => line.split(',')[at] as string);
  };
  const read = (async (_file: string, wanted: Record<string, 'text'>) => {
    const columns = Object.keys(wanted).map((name): [string, TextColumn] => {
      const cells = column(name);
      const values = [...new Set(cells.filter((cell) => cell !== ''))].sort();
      return [name, { codes: Int32Array.from(cells, (cell) => values.indexOf(cell)), values }];
    });
    return { rows: lines.length, columns: Object.fromEntries(columns) };
  }) as unknown as ReadColumns; // what is read depends on `wanted` in a way that only the real reader's type says
  const side = (name: string): BinaryRows => ({
    task: 'binary',
    y: Uint8Array.from(column('y'), Number),
    score: Float64Array.from(column(name), Number),
    threshold: 0.5,
  });
  const weights = Float64Array.from(column('weight'), Number);
  const names = { selection_rate: 'selection_rate', tpr: 'true_positive_rate', fpr: 'false_positive_rate' };

  it.each(Object.keys(golden))('agrees where both define a rate: %s', async (key) => {
    const [model, attribute] = key.split('|') as [string, string];
    const expected = golden[key] as Golden;
    const asked = { attributes: [attribute], minimumGroupRows: 1 };
    const [found] = (await measureFairness(asked, counted(side(model)), read)).attributes;
    const weighted = (await measureFairness(asked, counted(side(model), { weights }), read)).attributes[0];
    if (!found || !weighted) throw new Error('nothing was measured');
    expect(found.missing).toBe(expected.rows_without_group_dropped);
    for (const { values, rows, positives, candidate } of found.groups) {
      const group = expected.by_group[values[0] as string] as Numbers;
      expect(rows).toBe(group.count);
      for (const [theirs, ours] of Object.entries({ ...names, accuracy: 'accuracy' }))
        if (theirs === 'fpr' && positives === rows) expect(candidate[ours]).toBe('NaN');
        else near(candidate[ours], group[theirs] as number, `${values} ${ours}`);
    }
    const agree = (criterion: CriterionName, of: 'difference' | 'ratio') =>
      near(figureOf(found, criterion, of), expected[`${criterion}_${of}`] as number, `${criterion} ${of}`);
    agree('demographic_parity', 'difference');
    agree('demographic_parity', 'ratio');
    agree('equal_opportunity', 'difference');
    near(
      figureOf(weighted, 'demographic_parity', 'difference'),
      expected.demographic_parity_difference_weighted as number,
      'by weight',
    );
    if (attribute !== 'plan') {
      agree('equalized_odds', 'difference');
      agree('equalized_odds', 'ratio');
    }
  });

  it('leaves out a group without negatives where its false positive rate is not defined', async () => {
    const asked = { attributes: ['plan'], minimumGroupRows: 1 };
    const [found] = (await measureFairness(asked, counted(side('champion')), read)).attributes;
    const { by_group, equalized_odds_ratio } = golden['champion|plan'] as Golden;
    expect(equalized_odds_ratio).toBe(0);
    const [a, b] = [by_group.a as Numbers, by_group.b as Numbers];
    near(
      found && figureOf(found, 'equalized_odds', 'ratio'),
      Math.min(0.733_589_334_879_003_1, (a.fpr as number) / (b.fpr as number)),
      'ratio',
    );
  });
});

describe('more than two classes', () => {
  it('have an accuracy by group, and nothing else', async () => {
    const rows: MulticlassRows = {
      ...{ task: 'multiclass', classes: 3, probabilities: null },
      y: Int32Array.from([0, 1, 2, 0, 1, 2]),
      predicted: Int32Array.from([0, 1, 1, 0, 0, 0]),
    };
    const read = (async () => ({
      rows: 6,
      columns: { g: { codes: Int32Array.from([0, 0, 0, 1, 1, 1]), values: ['a', 'b'] } },
    })) as unknown as ReadColumns; // one column, whatever is asked for
    const found = await measureFairness({ attributes: ['g'], minimumGroupRows: 1 }, counted(rows), read);
    const [attribute] = found.attributes;
    expect(attribute?.groups.map(({ candidate, positives }) => ({ candidate, positives }))).toEqual([
      { candidate: { accuracy: 2 / 3 }, positives: null },
      { candidate: { accuracy: 1 / 3 }, positives: null },
    ]);
    expect(attribute?.candidate).toEqual({ accuracy_parity: { difference: 2 / 3 - 1 / 3, ratio: 0.5 } });
  });
});
