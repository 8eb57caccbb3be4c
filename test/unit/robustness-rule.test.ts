/** How far a metric drops on inputs that are spoiled, and what the gate makes of it. */
import { describe, expect, it } from 'vitest';
import { GateRules } from '#contracts/gate-rules.ts';
import { perturbationsOf, Robustness } from '#contracts/robustness.ts';
import { decideGate } from '#decisions/gate.ts';
import { measureRobustness } from '#measures/robustness/robustness.ts';
import type { ReadColumns } from '#ports/tables.ts';
import { evidence, rules } from './gate-evidence.ts';

type Kind = Robustness['perturbations'][number];
const spoiled = (drop: number, more: Partial<Kind> = {}): Kind => ({
  ...{ kind: 'missing', cells: 900, asked: 3000, answered: 3000 },
  ...{ asTheyAre: 0.72, spoiled: 0.72 - drop },
  difference: { difference: -drop, lower: -drop - 0.02, upper: -drop + 0.02, standardError: 0.01, units: 2000 },
  ...more,
});
function judged(rule: Omit<NonNullable<GateRules['robustness']>, 'metric'>, ...perturbations: Kind[]) {
  const measured =
    perturbations.length === 0 ? {} : { robustness: Robustness.parse({ metric: 'roc_auc', perturbations }) };
  const { findings, reasons, distance } = decideGate({
    evidence: { ...evidence({}), ...measured },
    rules: rules({ robustness: { metric: 'roc_auc', ...rule } }),
  });
  const said = findings.filter(({ rule: name }) => name === 'robustness');
  return { outcomes: said.map(({ outcome }) => outcome), words: said.map(({ reason }) => reason), reasons, distance };
}

describe('a drop', () => {
  it('within the limit passes and one beyond it is refused, by the figure', () => {
    expect(judged({ maxDrop: { missing: 0.05 } }, spoiled(0.03))).toMatchObject({
      outcomes: ['passed'],
      words: ['with missing values roc_auc is 0.690 instead of 0.720: worse by 0.030, within the 0.05 allowed'],
    });
    const { outcomes, distance } = judged({ maxDrop: { missing: 0.05 } }, spoiled(0.08));
    expect(outcomes).toEqual(['refused']);
    expect(distance['robustness missing']).toBeCloseTo(0.03, 12);
  });
  it('is known with the confidence that is asked for, or not known', () => {
    const sure = { maxDrop: { missing: 0.05 }, confidence: 0.95 };
    expect(judged(sure, spoiled(0.02)).outcomes).toEqual(['passed']);
    expect(judged(sure, spoiled(0.1)).outcomes).toEqual(['refused']);
    expect(judged(sure, spoiled(0.04))).toMatchObject({
      outcomes: ['inconclusive'],
      words: [expect.stringContaining('(95 % interval 0.020 … 0.060), which neither shows nor rules out')],
    });
    const unknown = spoiled(0.01, {
      difference: { difference: 'NaN', lower: 'NaN', upper: 'NaN', standardError: 'NaN', units: 1 },
    });
    expect(judged(sure, unknown).outcomes).toEqual(['inconclusive']);
  });
  it('of nothing at all passes a limit of 0', () => {
    expect(judged({ maxDrop: { missing: 0 } }, spoiled(0)).outcomes).toEqual(['passed']);
  });
});

describe('what gives no figure', () => {
  it('is refused where the model fails on spoiled rows, or leaves them out', () => {
    const nothing = { asTheyAre: null, spoiled: null, difference: null, cells: 0, asked: 0, answered: 0 };
    expect(
      judged({ maxDrop: { missing: 0.05 } }, spoiled(0, { ...nothing, failed: 'Input X contains NaN.' })),
    ).toMatchObject({
      outcomes: ['refused'],
      words: ['with missing values the candidate gives no answer: Input X contains NaN.'],
    });
    expect(judged({ maxDrop: { missing: 0.05 } }, spoiled(0, { answered: 2900 }))).toMatchObject({
      outcomes: ['refused'],
      words: ['with missing values the candidate gives a score for only 2,900 of 3,000 rows'],
    });
  });
  it('is told where there is nothing to spoil, and inconclusive where it was not measured', () => {
    expect(judged({ maxDrop: { unseen: 0.05 } }, spoiled(0, { kind: 'unseen', cells: 0 }))).toMatchObject({
      outcomes: [],
      reasons: expect.arrayContaining([
        'note: no input can have categories that training never saw, so nothing was tried',
      ]),
    });
    expect(judged({ maxDrop: { noise: 0.05 } }, spoiled(0))).toMatchObject({
      outcomes: ['inconclusive'],
      words: [expect.stringContaining("give evaluate robustness: { metric: 'roc_auc', perturbations: ['noise'] }")],
    });
    expect(judged({ maxDrop: { noise: 0.05 } }).outcomes).toEqual(['inconclusive']);
  });
});

it.each([{ maxDrop: {} }, { maxDrop: { missing: -0.1 } }, { maxDrop: { typos: 0.1 } }, {}])('%j is no rule', (rule) => {
  const robustness = { metric: 'roc_auc', ...rule };
  expect(GateRules.safeParse({ metric: 'roc_auc', minimumEffect: 0, robustness }).success).toBe(false);
});
it('a rule names what has to be measured', () => {
  expect(perturbationsOf({})).toBeNull();
  expect(perturbationsOf({ robustness: { metric: 'f1', maxDrop: { noise: 0, missing: 0.1 } } })).toEqual({
    metric: 'f1',
    perturbations: ['missing', 'noise'],
  });
});

describe('the measurement', () => {
  const y = Array.from({ length: 400 }, (_, row) => row % 2);
  const files: Record<string, Record<string, number[]>> = {
    holdout: { y },
    clean: { p: y.map((value) => 0.2 + 0.6 * value) },
    // Wrong on every tenth row, no score on every hundredth, and on rows that were not drawn.
    spoiled: {
      p: y.map((value, row) =>
        row % 100 === 99 || row >= 300 ? Number.NaN : row % 10 === 0 ? 0.8 - 0.6 * value : 0.2 + 0.6 * value,
      ),
    },
    drawn: { p: y.map((value, row) => (row >= 300 ? Number.NaN : 0.2 + 0.6 * value)) },
  };
  const read = (async (file: string, wanted: Record<string, 'number' | 'text'>) => ({
    rows: 400,
    columns: Object.fromEntries(
      Object.entries(wanted).map(([name, kind]) => {
        const values = files[file]?.[name] as number[];
        return [
          name,
          kind === 'number' ? Float64Array.from(values) : { codes: Int32Array.from(values), values: ['0', '1'] },
        ];
      }),
    ),
  })) as unknown as ReadColumns;
  const scores = (file: string, cells?: number) => ({
    file,
    rows: 400,
    value: 'p',
    probabilities: null,
    label: null,
    cells,
  });
  it('is of rows that were drawn, answered both times', async () => {
    const { perturbations } = await measureRobustness(
      {
        ...{ holdout: 'holdout', target: 'y', task: 'binary', threshold: 0.5, metric: 'accuracy', weight: null },
        ...{ asTheyAre: scores('drawn'), confidence: 0.95, seed: 0 },
        dependence: { by: 'rows', times: null, groupBy: null, block: null },
        spoiled: [
          { kind: 'missing', said: scores('spoiled', 40) },
          { kind: 'noise', said: { failed: 'no' } },
          { kind: 'unseen', said: scores('drawn', 0) },
        ],
      },
      read,
    );
    expect(perturbations[0]).toMatchObject({ kind: 'missing', cells: 40, asked: 300, answered: 297, asTheyAre: 1 });
    expect(perturbations[0]?.difference?.difference).toBeCloseTo(-30 / 297, 12);
    expect(perturbations[0]?.difference?.standardError).toBeGreaterThan(0.01);
    expect(perturbations[1]).toMatchObject({ kind: 'noise', failed: 'no', difference: null });
    expect(perturbations[2]).toMatchObject({ kind: 'unseen', cells: 0, answered: 300, difference: null });
  });
});
