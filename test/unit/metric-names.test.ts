/** A metric that no run could measure is told before one starts, and no other one is. */
import { continuousTraining, type GateRules, python } from 'ratchet-ml';
import { describe, expect, it } from 'vitest';
import type { Json } from '#contracts/json.ts';
import type { PlanNode } from '#contracts/plan.ts';
import { metricsFor } from '#measures/statistics/registry.ts';
import { refuseStrangeMetrics, strangeMetrics } from '#workers/code/metric-names.ts';

type Task = 'binary' | 'regression' | 'multiclass';
const now = { champion: null, asOf: '2026-03-01T00:00:00.000Z' };
const judged =
  (task: Task | undefined, rules: GateRules, slices: readonly string[] = ['season']) =>
  () =>
    refuseStrangeMetrics(
      continuousTraining({
        ...{ name: 'bikes', data: 'd.csv', target: 'y', trainer: python('train.py'), rules, slices },
        ...(task ? { task } : {}),
      }).compile({}, now),
    );

describe('a metric of another task, or of none', () => {
  it.each([
    ['regression', { metric: 'rsme', minimumEffect: 0 }, 'compare of evaluate names "rsme"'],
    ['regression', { metric: 'roc_auc', minimumEffect: 0 }, 'compare of evaluate names "roc_auc"'],
    [undefined, { metric: 'rmse', minimumEffect: 0 }, 'compare of evaluate names "rmse"'],
    [
      'regression',
      { metric: 'rmse', minimumEffect: 0, floors: { accuracy: 0.5 } },
      'rules.floors of gate names "accuracy"',
    ],
    [
      'multiclass',
      { metric: 'accuracy', minimumEffect: 0, slices: { metric: 'f1', floor: 0.5 } },
      'rules.slices of gate names "f1"',
    ],
  ] as const)('is refused: %s, %j', (task, rules, words) => {
    expect(judged(task, rules)).toThrow(
      expect.objectContaining({ type: 'InvalidPipeline', message: expect.stringContaining(words) }),
    );
    expect(judged(task, rules)).toThrow(
      `is no metric of a ${task ?? 'binary'} task. There are: ${metricsFor(task ?? 'binary')
        .map(({ name }) => name)
        .join(', ')}.`,
    );
  });

  it('is found in a body, too, of a task that is not said', () => {
    const judge = { id: 'judge', kind: 'run', step: 'evaluate', input: { compare: ['auc'] } } as const;
    expect(() =>
      refuseStrangeMetrics({ nodes: [{ id: 'try', kind: 'attempt', blocks: [{ nodes: [judge] }] }] }),
    ).toThrow(/names "auc", which is no metric of a binary task/);
  });
});

describe('a rule that the evaluation before it cannot answer', () => {
  const evaluation: PlanNode = {
    ...{ id: 'report', kind: 'run', step: 'evaluate' },
    input: { task: 'binary', compare: ['log_loss'], slices: [] },
  };
  const verdict = (rules: Json): PlanNode => ({
    ...{ id: 'verdict', kind: 'run', step: 'gate', at: 'pipeline.ts:9' },
    input: { report: { $ref: ['report', 'evidence'] }, rules },
  });
  it('is a comparison by a metric that it does not compare', () => {
    const rules = { metric: 'roc_auc', minimumEffect: 0 };
    expect(strangeMetrics({ nodes: [evaluation, verdict(rules)] })).toEqual([
      {
        at: 'pipeline.ts:9',
        message:
          'rules.metric of verdict names "roc_auc", which report does not compare: its compare has log_loss. Add it there, or name one of those.',
      },
    ]);
    expect(
      strangeMetrics({
        nodes: [evaluation, verdict({ ...rules, metric: 'log_loss', floors: { roc_auc: 0.6 } })],
      }),
    ).toEqual([]);
  });
  it('is one about classes of a regression', () => {
    const rules: GateRules = { metric: 'rmse', minimumEffect: 0, stability: { changed: 0.1 } };
    expect(judged('regression', rules)).toThrow(
      /rules\.stability of gate asks for classes, and evaluate is of a regression/,
    );
    expect(judged('regression', { ...rules, stability: { difference: 3 } })).not.toThrow();
    expect(judged('binary', { ...rules, metric: 'roc_auc' })).not.toThrow();
  });
  it('is one about fresh rows where it leaves none out, and looks that it is not told of', () => {
    const rules = { metric: 'log_loss', minimumEffect: 0, holdout: 'fresh' };
    const told = (more: object, by: object = {}) =>
      strangeMetrics({
        nodes: [
          { ...evaluation, input: { ...(evaluation.input as object), ...more } as Json },
          verdict({ ...rules, ...by } as Json),
        ],
      }).map(({ message }) => message);
    expect(told({})).toEqual([
      expect.stringMatching(/^rules\.holdout of verdict asks for fresh rows, .*Add fresh: true/),
    ]);
    expect(told({ fresh: true })).toEqual([]);
    expect(told({}, { holdout: 'reused' })).toEqual([]);
    expect(told({ fresh: true, looks: 2 }, { looks: { most: 3 } })).toEqual([
      expect.stringMatching(/^rules\.looks of verdict shares its level among 3 looks, and report is told of 2\./),
    ]);
    expect(told({ fresh: true, looks: 3 }, { looks: { most: 3 } })).toEqual([]);
  });
  it('is one about slices where it measures none', () => {
    const rules: GateRules = { metric: 'roc_auc', minimumEffect: 0, slices: { metric: 'roc_auc', maxDrop: 0.1 } };
    expect(judged('binary', rules, [])).toThrow(
      /rules\.slices of gate has nothing to judge: evaluate measures no slices\. Name their columns/,
    );
    expect(judged('binary', rules)).not.toThrow();
  });
});

describe('a fairness rule that the evaluation before it cannot answer', () => {
  const rule = { attribute: 'sex', criterion: 'equal_opportunity', maxDifference: 0.1 } as const;
  const told = (input: Json, ...fairness: (typeof rule | Record<string, Json>)[]) =>
    strangeMetrics({
      nodes: [
        { ...{ id: 'report', kind: 'run', step: 'evaluate' }, input },
        {
          ...{ id: 'verdict', kind: 'run', step: 'gate', at: 'pipeline.ts:9' },
          input: {
            report: { $ref: ['report', 'evidence'] },
            rules: { metric: 'accuracy', minimumEffect: 0, fairness },
          },
        },
      ],
    }).map(({ message }) => message);

  it('is one by an attribute that it does not measure', () => {
    expect(told({ fairness: { attributes: ['race', ['race', 'sex']] } }, rule)).toEqual([
      'rules.fairness of verdict asks for groups by sex, and report measures fairness by: race, race × sex. Add it to its fairness: { attributes }, or name one of those.',
    ]);
    expect(told({}, rule)).toEqual([expect.stringContaining('measures fairness by: none. Add it')]);
    expect(told({ fairness: { attributes: ['sex'] } }, rule)).toEqual([]);
    const both = { ...rule, attribute: ['sex', 'race'] };
    expect(told({ fairness: { attributes: [['race', 'sex']] } }, both)).toEqual([]);
  });
  it('is one by a criterion that its task does not have', () => {
    expect(told({ task: 'multiclass', fairness: { attributes: ['sex'] } }, rule)).toEqual([
      'rules.fairness of verdict asks for equal_opportunity, which a multiclass task does not have. It has: accuracy_parity.',
    ]);
    expect(
      told({ task: 'multiclass', fairness: { attributes: ['sex'] } }, { ...rule, criterion: 'accuracy_parity' }),
    ).toEqual([]);
    expect(told({ task: 'regression', fairness: { attributes: ['sex'] } })).toEqual([
      expect.stringContaining('fairness of report compares rates of classes between groups, and a regression has none'),
      expect.stringContaining('no metric of a regression task'),
    ]);
  });
  it('is none where the attributes are told by another step', () => {
    expect(told({ fairness: { attributes: { $ref: ['columns', 'names'] } } }, rule)).toEqual([]);
  });
  it('a preset measures what its rules name, each attribute once', () => {
    const fairness = [
      rule,
      { ...rule, criterion: 'demographic_parity' as const },
      { ...rule, attribute: ['race', 'sex'] },
    ];
    const { nodes } = continuousTraining({
      ...{ name: 'bikes', data: 'd.csv', target: 'y', trainer: python('train.py') },
      rules: { metric: 'roc_auc', minimumEffect: 0, fairness },
    }).compile({}, now);
    expect(strangeMetrics({ nodes })).toEqual([]);
    expect(nodes.find(({ step }) => step === 'evaluate')?.input).toMatchObject({
      fairness: { attributes: ['sex', ['race', 'sex']] },
    });
  });
});

describe('a rule about latency', () => {
  const told = (latency: Json | undefined, rows?: number) =>
    strangeMetrics({
      nodes: [
        {
          ...{ id: 'report', kind: 'run', step: 'evaluate' },
          input: { compare: ['accuracy'], ...(latency === undefined ? {} : { latency }) },
        },
        {
          ...{ id: 'verdict', kind: 'run', step: 'gate', at: 'pipeline.ts:9' },
          input: {
            report: { $ref: ['report', 'evidence'] },
            rules: { metric: 'accuracy', minimumEffect: 0, latency: { p99: '50ms', ...(rows ? { rows } : {}) } },
          },
        },
      ],
    }).map(({ message }) => message);
  it('needs requests of its size to be measured', () => {
    expect(told(undefined)).toEqual([
      'rules.latency of verdict is about requests of 1 row, and report measures no latency: write latency: { rows: 1 } in its input.',
    ]);
    expect(told({}, 100)).toEqual([
      'rules.latency of verdict is about requests of 100 rows, and report measures those of 1: write latency: { rows: 100 } in its input.',
    ]);
    expect(told({ rows: 100, requests: 50 }, 100)).toEqual([]);
    expect(told({ $ref: ['load', 'of'] }, 100)).toEqual([]);
  });
  it('is measured by a preset, as its rules say', () => {
    const evaluation = (latency: GateRules['latency']) =>
      continuousTraining({
        ...{ name: 'bikes', data: 'd.csv', target: 'y', trainer: python('train.py') },
        rules: { metric: 'roc_auc', minimumEffect: 0, ...(latency ? { latency } : {}) },
      })
        .compile({}, now)
        .nodes.find(({ step }) => step === 'evaluate')?.input;
    expect(evaluation({ start: '9s', rows: 8 })).toMatchObject({ latency: { rows: 8, starts: 3 } });
    expect(evaluation(undefined)).not.toHaveProperty('latency');
  });
});

it('a rule about calibration needs two classes, and that it is measured', () => {
  const rules: GateRules = { metric: 'accuracy', minimumEffect: 0, calibration: { slope: 0.2 } };
  expect(judged('binary', rules)).not.toThrow();
  expect(judged('multiclass', rules)).toThrow(
    /rules\.calibration of gate names "ece", which is no metric of a multiclass/,
  );
  const told = (input: Json) =>
    strangeMetrics({
      nodes: [
        { ...{ id: 'report', kind: 'run', step: 'evaluate' }, input },
        { ...{ id: 'verdict', kind: 'run', step: 'gate' }, input: { report: { $ref: ['report', 'evidence'] }, rules } },
      ],
    }).map(({ message }) => message);
  expect(told({})).toEqual([
    'rules.calibration of verdict has nothing to judge: write calibration: true in the input of report, which measures none.',
  ]);
  expect(told({ calibration: true })).toEqual([]);
  expect(told({ calibration: { $ref: ['options', 'fit'] } })).toEqual([]);
});

it('a rule about the input example needs that it is predicted, whatever else depends on other steps', () => {
  const told = (input: Record<string, Json>, rules: Json) =>
    strangeMetrics({
      nodes: [
        { ...{ id: 'report', kind: 'run', step: 'evaluate' }, input: { task: 'binary', ...input } },
        { ...{ id: 'verdict', kind: 'run', step: 'gate' }, input: { report: { $ref: ['report', 'evidence'] }, rules } },
      ],
    }).map(({ message }) => message);
  const rules = { metric: 'accuracy', minimumEffect: 0, inputExample: 'required' };
  const missing = [
    'rules.inputExample of verdict has nothing to judge: write inputExample: true in the input of report, which has none predicted.',
  ];
  expect(told({}, rules)).toEqual(missing);
  expect(told({ inputExample: true }, rules)).toEqual([]);
  // What another step gives is not known now; the rest of the rules is.
  const effect = { $ref: ['options', 'effect'] };
  expect(told({}, { ...rules, minimumEffect: effect })).toEqual(missing);
  expect(told({}, { ...rules, minimumEffect: effect, inputExample: { $ref: ['options', 'example'] } })).toEqual([]);
  expect(told({}, { metric: 'speed', minimumEffect: effect })).toEqual([expect.stringContaining('"speed"')]);
});

it('a rule about robustness needs its metric and its perturbations to be measured', () => {
  const robustness = { metric: 'accuracy', maxDrop: { noise: 0.1, missing: 0.1 } };
  const rules: GateRules = { metric: 'accuracy', minimumEffect: 0, robustness };
  expect(judged('binary', rules)).not.toThrow();
  expect(judged('regression', rules)).toThrow(/names "accuracy", which is no metric of a regression/);
  const told = (measured: Json) =>
    strangeMetrics({
      nodes: [
        { ...{ id: 'report', kind: 'run', step: 'evaluate' }, input: { robustness: measured } },
        { ...{ id: 'verdict', kind: 'run', step: 'gate' }, input: { report: { $ref: ['report', 'evidence'] }, rules } },
      ],
    }).map(({ message }) => message);
  expect(told({ metric: 'accuracy', perturbations: ['noise'] })).toEqual([
    "rules.robustness of verdict needs robustness: { metric: 'accuracy', perturbations: ['missing', 'noise'] } in the input of report, which measures { metric: 'accuracy', perturbations: ['noise'] }.",
  ]);
  expect(told({ metric: 'f1', perturbations: ['noise', 'missing'] })).toHaveLength(1);
  expect(told({ metric: 'accuracy', perturbations: ['unseen', 'noise', 'missing'] })).toEqual([]);
  expect(told({ $ref: ['how', 'spoiled'] })).toEqual([]);
});

it('every metric of a task is let through, as what is compared, as floor and of slices', () => {
  for (const task of ['binary', 'regression', 'multiclass'] as const)
    for (const { name } of metricsFor(task))
      expect(
        judged(task, { metric: name, minimumEffect: 0, floors: { [name]: 0 }, slices: { metric: name, floor: 0 } }),
      ).not.toThrow();
});
