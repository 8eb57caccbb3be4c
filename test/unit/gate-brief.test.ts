/** What a model owner reads first: one text a verdict, word for word. */
import { describe, expect, it } from 'vitest';
import { Evidence } from '#contracts/evidence.ts';
import type { GateRules } from '#contracts/gate-rules.ts';
import { type Brief, briefOf } from '#decisions/gate/brief/brief.ts';
import { decideGate } from '#decisions/gate.ts';
import { flightRules, flightsEvidence } from '../fixtures/evaluation-report.ts';
import { allScored, type Case, evidence, rules, slice } from './gate-evidence.ts';

/** What travels, as the stored evidence has it. */
const whole = (of: Case, more: object = {}): Evidence => {
  const { champion, ...rest } = evidence(of);
  return Evidence.parse({
    ...rest,
    ...{ format: 1, target: 'late', classes: null, threshold: null, meanings: {}, minimumSliceRows: 100 },
    dropped: of.dropped ?? { target: 0, candidate: 0, champion: 0 },
    champion: champion && { model: 'm', runId: 'r', ...champion },
    slicesLeftOut: [],
    ...{ calibration: null, confusion: null, roc: null, precisionRecall: null, notes: [] },
    data: { uri: 's3://b/x', digest: 'md5:x' },
    ...more,
  });
};
function told(of: Case, by: Partial<GateRules> = {}, more: object = {}): Brief {
  const measured = whole(of, more);
  const given = rules(by);
  return briefOf({ evidence: measured, rules: given, decision: decideGate({ evidence: measured, rules: given }) });
}
const UNMEASURED =
  'Not measured: how alike groups are treated, whether probabilities mean what they say, how quickly it answers, what spoiled inputs cost.';
const carriers = [slice('AA', 0.72, 0.7), slice('HA', 0.66, 0.7, 340), slice('WN', 0.699, 0.7), slice('UA', 0.73, 0.7)];

function latency(ratio: number) {
  const interval = { value: ratio, lower: ratio - 0.05, upper: ratio + 0.05 };
  const figures = { mean: interval, p50: interval, p99: interval };
  const side = { ...figures, waited: null, memory: 1, starts: [1] };
  return { rows: 1, requests: 1_000, confidence: 0.95, candidate: side, champion: side, ratio: figures };
}

describe('what a model owner reads first', () => {
  it('of a candidate that passed', () => {
    expect(
      told(
        { slices: carriers, unit: { by: 'blocks', count: 21, length: '1 day' } },
        {},
        { churn: { changed: 0.1134, difference: 0.06 } },
      ),
    ).toEqual({
      change: [
        'The candidate would take the place of champion v3 (roc_auc 0.699 for it, 0.717 for the candidate).',
        '11.3 % of the rows would be predicted as another class than now.',
      ],
      worse: [
        'carrier=HA: roc_auc is worse by 0.040 (0.038 … 0.042, 340 rows).',
        'It looks worse on 1 of 4 slices by no more than chance explains: carrier=WN.',
      ],
      sure: [
        "The candidate's roc_auc is very likely between 0.011 better and 0.024 better than the champion's (95 % interval); more than 0.002 was asked for.",
        'This rests on 12,345 rows of the holdout, in 21 blocks of 1 day.',
      ],
      unknown: [UNMEASURED],
    });
  });

  it('of one that is refused', () => {
    expect(told({ candidate: 0.69, interval: [-0.02, -0.001], slices: [slice('AA', 0.72, 0.7)] })).toEqual({
      change: ['Nothing: champion v3 stays (roc_auc 0.699 for it, 0.690 for the candidate).'],
      worse: ['Over all rows roc_auc is worse by 0.009.', 'roc_auc is shown to be worse on none of 1 slice.'],
      sure: [
        "The candidate's roc_auc is very likely between 0.020 worse and 0.001 worse than the champion's (95 % interval); more than 0.002 was asked for.",
        'This rests on 12,345 rows of the holdout.',
      ],
      unknown: [UNMEASURED],
    });
  });

  it('of one that the holdout does not decide, with what is missing', () => {
    const brief = told({ interval: [-0.004, 0.03], unit: { by: 'blocks', count: 5, length: '1 day' } });
    expect(brief.change).toEqual([
      'Nothing for now: the holdout does not decide, so champion v3 stays (roc_auc 0.699 for it, 0.717 for the candidate).',
    ]);
    expect(brief.worse).toEqual(['By slices it was not looked at.']);
    expect(brief.sure).toEqual([
      "The candidate's roc_auc is very likely between 0.004 worse and 0.030 better than the champion's (95 % interval); more than 0.002 was asked for.",
      'That interval decides nothing: it rests on 5 blocks of 1 day, and 8 are the least.',
      'This rests on 12,345 rows of the holdout, in 5 blocks of 1 day.',
    ]);
    expect(brief.unknown[0]).toMatch(/^roc_auc 0\.717 against .* 3 more are needed\.$/);
  });

  it('of a first champion, and of one that does not become it', () => {
    const own = { roc_auc: { value: 0.717, lower: 0.701, upper: 0.733, confidence: 0.95, standardError: 0.008 } };
    expect(told({ champion: null, intervals: own })).toEqual({
      change: ['There is no champion yet: this model would be the first one, with roc_auc 0.717.'],
      worse: ['For nobody: there is no champion that was better.'],
      sure: [
        'Its roc_auc is very likely between 0.701 and 0.733 (95 % interval).',
        'This rests on 12,345 rows of the holdout.',
      ],
      unknown: [UNMEASURED],
    });
    expect(told({ champion: null }, { floors: { roc_auc: 0.8 } }).change).toEqual([
      'There is no champion, and this model does not become the first one. Its roc_auc is 0.717.',
    ]);
  });

  it('of the champion itself', () => {
    expect(told({ same: true, candidate: 0.699, interval: [0, 0] })).toMatchObject({
      change: ['Nothing: this model is champion v3 already, byte for byte.'],
      sure: [],
    });
  });

  it('of one that may be a little worse', () => {
    const by = { minimumEffect: undefined, notWorseThan: 0.005, floors: { roc_auc: 0.6 } };
    expect(told({ candidate: 0.698, interval: [-0.003, 0.002] }, by).sure[0]).toBe(
      "The candidate's roc_auc is very likely between 0.003 worse and 0.002 better than the champion's (95 % interval); it may be worse by less than 0.005.",
    );
  });
});

it('whoever waits longer is told of, where it is more than two processes of one model differ by', () => {
  const waits = (ratio: number) =>
    told({}, {}, { latency: latency(ratio) }).worse.filter((text) => / times /.test(text));
  expect(waits(1.3)).toEqual([
    "Half of the requests take 1.30 times as long as the champion's (1.25 … 1.35).",
    "The slowest in a hundred take 1.30 times as long as the champion's (1.25 … 1.35).",
  ]);
  expect(waits(1.12)).toEqual([]);
});

it('rows that earlier verdicts looked at are told of where they decide', () => {
  const reuse = { key: 'k', verdicts: 3, rows: 1_200, fresh: false, look: 1, looks: 1 };
  expect(told({}, {}, { reuse }).sure.at(-1)).toBe(
    '3 earlier verdicts used 1,200 of 12,345 rows: a candidate that was tuned by them looks better here than it is.',
  );
  expect(told({}, {}, { reuse: { ...reuse, fresh: true } }).sure.at(-1)).toMatch(/^This rests on/);
});

it('a slice that a search found is told where rows that it did not look at bear it out, and only there', () => {
  const measured = flightsEvidence();
  const { worse } = briefOf({
    evidence: measured,
    rules: flightRules,
    decision: decideGate({ evidence: measured, rules: flightRules }),
  });
  expect(worse.filter((text) => text.startsWith('A search'))).toEqual([
    'A search found carrier=<script>window.attacked=true</script> and distance > 1389, and rows that it did not look at bear it out: log_loss is worse by 0.052 (0.020 … 0.084, 202 rows).',
  ]);
});

describe('what is not known', () => {
  it('names slices without figures, values not measured, rows left out, groups too small, and training that nobody recorded', () => {
    const measured = flightsEvidence();
    const { unknown, worse } = briefOf({
      evidence: measured,
      rules: flightRules,
      decision: decideGate({ evidence: measured, rules: flightRules }),
    });
    expect(unknown).toEqual([
      'Unknown training rows: which rows champion v3 was trained on is not recorded, so whether it has seen rows of this holdout is not known.',
      'Of 20,412 rows these are in no figure: 12 without a target, 3 without a score of the champion.',
      'Slices with fewer than 100 rows carry no figure: carrier=HA.',
      'Values of slice columns that were not measured: 41 of dest (1,830 rows).',
      'Groups with too few rows to judge how they are treated: 1 by origin.',
      'Not measured: how quickly it answers, what spoiled inputs cost.',
    ]);
    expect(worse).toContain(
      'Groups by origin are further apart than with the champion, by the figures: demographic parity 0.130 instead of 0.100.',
    );
  });

  it('says so where there is nothing', () => {
    const fairness = { minimumGroupRows: 100, by: 'rows', attributes: [] };
    const calibration = { candidate: [], champion: [] };
    const all = { fairness, calibration, latency: latency(1), robustness: { metric: 'roc_auc', perturbations: [] } };
    expect(told({ scored: allScored(12_345) }, {}, all).unknown).toEqual([
      'Nothing that was asked for: every rule could be judged, and every slice has figures.',
    ]);
  });
});

it('noise on forty equal slices names one as worse in at most one of twenty evaluations', () => {
  let seed = 7;
  const uniform = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return (seed + 0.5) / 2 ** 31;
  };
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const rounds = 400;
  let named = 0;
  for (let round = 0; round < rounds; round++) {
    const slices = Array.from({ length: 40 }, (_, at) => slice(`s${at}`, 0.7 + 0.01 * normal(), 0.7, 500, 0.01));
    if (told({ slices }).worse.some((text) => text.includes(' is worse by '))) named++;
  }
  // 0.05 and three standard errors of 400 rounds.
  expect(named / rounds).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / rounds));
});
