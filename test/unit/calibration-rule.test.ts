/** Whether probabilities mean what they say: the line through them, and what the gate makes of it. */
import { readFileSync } from 'node:fs';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import type { Evidence } from '#contracts/evidence.ts';
import { GateRules } from '#contracts/gate-rules.ts';
import { decideGate } from '#decisions/gate.ts';
import { calibrationFitOf } from '#measures/evaluation/calibration-fit.ts';
import { calibrationLine } from '#measures/statistics/calibration-line.ts';
import type { BinaryRows } from '#measures/statistics/rows.ts';
import { singleRows, unitsOf } from '#measures/statistics/units.ts';
import { evidence, rules } from './gate-evidence.ts';

const rowsOf = (y: ArrayLike<number>, score: ArrayLike<number>): BinaryRows => ({
  ...{ task: 'binary', threshold: 0.5 },
  ...{ y: Uint8Array.from(y), score: Float64Array.from(score) },
});

/** Scores with the log odds x, of a truth with a + b·x; rows of one of `clusters` share a shift. */
function drawn(seed: number, rows: number, a: number, b: number, clusters = 0) {
  const random = xoroshiro128plus(seed);
  const uniform = () => ((random.next() >>> 0) + 0.5) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const shifts = Array.from({ length: clusters }, () => 0.7 * normal());
  const of = Array.from({ length: rows }, (_, row) => (clusters ? row % clusters : row));
  const x = of.map((unit) => normal() + (shifts[unit] ?? 0));
  const chance = (logit: number) => 1 / (1 + Math.exp(-logit));
  return {
    units: clusters ? unitsOf(of) : singleRows(rows),
    rows: rowsOf(
      x.map((logit) => (uniform() < chance(a + b * logit) ? 1 : 0)),
      x.map(chance),
    ),
  };
}

describe('the line', () => {
  it('is that of scikit-learn’s unpenalized logistic regression, and of a root of the score', () => {
    const [, ...lines] = readFileSync(new URL('../golden/gate/binary.csv', import.meta.url), 'utf8')
      .trim()
      .split('\n');
    const cells = lines.map((line) => line.split(','));
    const rows = rowsOf(
      cells.map(([, y]) => Number(y)),
      cells.map((cell) => Number(cell[3])),
    );
    const line = calibrationLine(rows, null, singleRows(cells.length));
    expect(line?.slope.value).toBeCloseTo(1.7783368333204117, 9);
    expect(line?.intercept.value).toBeCloseTo(-0.16153347674461324, 9);
    // A row of weight 2 is two rows.
    const twice = calibrationLine(rows, new Float64Array(cells.length).fill(2), singleRows(cells.length));
    expect(twice?.slope.value).toBeCloseTo(1.7783368333204117, 9);
  });
  it('errs as often as stated where nothing is wrong, of rows and of clusters', () => {
    let [slopes, intercepts] = [0, 0];
    const draws = 300;
    for (let seed = 1; seed <= draws; seed++) {
      const { rows, units } = drawn(seed, 600, 0, 1, seed % 2 ? 0 : 30);
      const line = calibrationLine(rows, null, units);
      if (!line) throw new Error('no line');
      if (Math.abs(line.slope.value - 1) > 1.96 * line.slope.standardError) slopes++;
      if (Math.abs(line.intercept.value) > 1.96 * line.intercept.standardError) intercepts++;
    }
    // 5 % by the normal law, up to 6 % of 30 clusters; three Monte-Carlo standard errors are 4 %.
    expect(slopes / draws).toBeLessThan(0.095);
    expect(intercepts / draws).toBeLessThan(0.095);
    expect(slopes + intercepts).toBeGreaterThan(0);
  });
  it('is not there of scores that are no probabilities, and not defined of one class or of two that a line separates', () => {
    expect(calibrationLine(rowsOf([0, 1], [-2, 3]), null, singleRows(2))).toBeNull();
    expect(calibrationLine(rowsOf([1, 1, 1], [0.2, 0.5, 0.9]), null, singleRows(3))?.slope.value).toBeNaN();
    expect(calibrationLine(rowsOf([0, 0, 1, 1], [0.2, 0.3, 0.7, 0.9]), null, singleRows(4))?.slope.value).toBeNaN();
  });
});

type Fit = NonNullable<Evidence['calibrationFit']>;
const fit = (slope: number, intercept = 0, ece = 0.02, error = 0.05): Fit => ({
  slope: { value: slope, standardError: error, units: 2000 },
  intercept: { value: intercept, standardError: error, units: 2000 },
  ece: { value: ece, standardError: error / 5, units: 50, noise: 0.01 },
});
function judged(calibration: GateRules['calibration'], calibrationFit: Fit | undefined) {
  const { findings, distance } = decideGate({
    evidence: { ...evidence({}), ...(calibrationFit ? { calibrationFit } : {}) },
    rules: rules({ calibration }),
  });
  const said = findings.filter(({ rule }) => rule === 'calibration');
  return { outcomes: said.map(({ outcome }) => outcome), reasons: said.map(({ reason }) => reason), distance };
}

describe('the rule', () => {
  it('says by the figures what is wrong, in words', () => {
    expect(judged({ slope: 0.2, intercept: 0.1, ece: 0.05 }, fit(0.9, 0.05))).toMatchObject({
      outcomes: ['passed', 'passed', 'passed'],
      reasons: [
        'probabilities are too extreme, high ones too high and low ones too low: calibration slope 0.900, at most 0.2 from 1',
        'on the whole rows are positive more often than predicted: calibration intercept +0.050, at most 0.1 from 0',
        'what is predicted and what happens lie 0.020 apart on average, within the 0.05 allowed',
      ],
    });
    const refused = judged({ slope: 0.2, intercept: 0.1, ece: 0.05 }, fit(1.5, -0.3, 0.09));
    expect(refused.outcomes).toEqual(['refused', 'refused', 'refused']);
    expect(refused.reasons[0]).toContain('probabilities are too timid');
    expect(refused.reasons[1]).toContain('less often than predicted');
    expect(refused.distance['calibration slope']).toBeCloseTo(0.3, 12);
    expect(refused.distance['calibration ece']).toBeCloseTo(0.04, 12);
  });
  it('decides by the whole interval where a confidence is asked for', () => {
    const sure = { slope: 0.2, confidence: 0.95 };
    expect(judged(sure, fit(1.05))).toMatchObject({ outcomes: ['passed'] });
    expect(judged(sure, fit(1.15))).toMatchObject({
      outcomes: ['inconclusive'],
      reasons: [
        expect.stringMatching(
          /\(95 % interval 1\.052 … 1\.248\), which neither shows nor rules out more than 0\.2 from 1/,
        ),
      ],
    });
    expect(judged(sure, fit(1.4)).outcomes).toEqual(['refused']);
    expect(judged(sure, fit(0.6)).outcomes).toEqual(['refused']);
    // All that is certain is that 0.04 ± 0.02 is more than 0.01: chance shows as much.
    expect(judged({ ece: 0.015, confidence: 0.95 }, fit(1, 0, 0.04)).outcomes).toEqual(['inconclusive']);
    expect(judged({ ece: 0.015, confidence: 0.95 }, fit(1, 0, 0.08)).outcomes).toEqual(['refused']);
    const unknown = { ...fit(1), slope: { value: 1, standardError: 'NaN' as const, units: 1 } };
    expect(judged(sure, unknown).outcomes).toEqual(['inconclusive']);
  });
  it('refuses what is not defined, and does not know what was not measured', () => {
    const undefinedSlope = { ...fit(1), slope: { value: 'NaN' as const, standardError: 'NaN' as const, units: 9 } };
    expect(judged({ slope: 0.2 }, undefinedSlope)).toMatchObject({
      outcomes: ['refused'],
      reasons: [expect.stringContaining('is not defined on this holdout')],
    });
    expect(judged({ slope: 0.2 }, undefined)).toMatchObject({
      outcomes: ['inconclusive'],
      reasons: [expect.stringContaining('give evaluate calibration: true')],
    });
  });
  it.each([{}, { confidence: 0.9 }, { slope: -1 }, { slope: 0.2, confidence: 0.4 }, { brier: 0.2 }])(
    'has a limit, and %j is none',
    (calibration) => {
      expect(GateRules.safeParse({ metric: 'roc_auc', minimumEffect: 0, calibration }).success).toBe(false);
    },
  );
});

it('probabilities that are right pass end to end, and such as are pulled to the ends are refused', () => {
  const counting = { weights: null, units: null, confidence: 0.95, seed: 0 };
  const rule = { slope: 0.2, intercept: 0.2, ece: 0.05, confidence: 0.95 };
  const of = (slope: number) => calibrationFitOf(drawn(3, 20_000, 0, slope).rows, counting) ?? undefined;
  expect(judged(rule, of(1)).outcomes).toEqual(['passed', 'passed', 'passed']);
  expect(judged(rule, of(0.5)).outcomes).toEqual(['refused', 'passed', 'refused']);
  expect(
    calibrationFitOf({ task: 'regression', y: new Float64Array(3), predicted: new Float64Array(3) }, counting),
  ).toBeNull();
});
