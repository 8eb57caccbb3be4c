import {
  continuousTraining,
  definePipeline,
  evaluate,
  expect as expected,
  featurize,
  gate,
  ModelRef,
  promote,
  python,
  register,
  testStep,
  train,
  validateData,
} from 'ratchet-ml';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { CompiledGraph } from '#contracts/compiled.ts';
import type { PlanNode } from '#contracts/plan.ts';
import { placesIn, userError } from './place.ts';
import { values } from './steps.ts';

const at = placesIn(import.meta.url);
const rules = { metric: 'roc_auc', minimumEffect: 0.002, floors: { roc_auc: 0.6 } };
const trainer = python('train.py');
const least = { name: 'bikes', data: 'bikes.csv', target: 'late', trainer, rules };

const allNodes = (nodes: readonly PlanNode[]): PlanNode[] =>
  nodes.flatMap((node) => [node, ...(node.blocks ?? []).flatMap((block) => allNodes(block.nodes))]);
/** Without the lines of the calls, in which the two ways of writing must differ. */
const unplaced = (compiled: CompiledGraph) =>
  JSON.parse(JSON.stringify(compiled, (key, value) => (key === 'at' ? undefined : value)));

describe('continuousTraining', () => {
  it('builds what a user can write by hand, and nothing else', () => {
    const expectations = [expected.column('late').notNull()];
    const preset = continuousTraining({
      ...least,
      time: 'hour',
      expectations,
      views: [{ name: 'weather', source: 'weather.csv', time: 'at', on: { origin: 'origin' }, expectations }],
      derive: { late: 'delay > 15' },
      where: 'delay IS NOT NULL',
      select: ['late', 'temp'],
      leakage: ['delay'],
      train: '90d',
      holdout: '21d',
      gap: '1d',
      slices: ['origin'],
      params: z.object({ rate: z.number().default(0.1), asOf: z.iso.date().optional() }),
    });
    const byHand = definePipeline({
      name: 'bikes',
      model: 'bikes',
      params: z.object({ rate: z.number().default(0.1), asOf: z.iso.date().optional() }),
      graph: ({ params, champion, asOf, run, when }) => {
        const data = run(validateData, { source: 'bikes.csv', expectations, asOf, timeColumn: 'hour' });
        const weather = run(
          validateData,
          { source: 'weather.csv', expectations, asOf, timeColumn: 'at' },
          { id: 'weather' },
        );
        const features = run(featurize, {
          data: data.snapshot,
          time: 'hour',
          views: [{ name: 'weather', time: 'at', on: { origin: 'origin' }, data: weather.snapshot }],
          derive: { late: 'delay > 15' },
          where: 'delay IS NOT NULL',
          select: ['late', 'temp'],
          leakage: ['delay'],
          target: 'late',
          split: { by: 'time', asOf, train: '90d', holdout: '21d', gap: '1d' },
        });
        const candidate = run(train, {
          features: features.train,
          trainer,
          params: { rate: params.rate },
          target: 'late',
        });
        const report = run(evaluate, {
          candidate: candidate.model,
          champion,
          holdout: features.holdout,
          target: 'late',
          task: 'binary',
          compare: ['roc_auc'],
          slices: ['origin'],
          fresh: true,
        });
        const verdict = run(gate, { report: report.evidence, rules: { ...rules, holdout: 'fresh' } });
        const release = when(verdict.passed, () => {
          const version = run(register, { candidate: candidate.model, verdict: verdict.record });
          return run(promote, { version: version.ref });
        });
        return { verdict: verdict.record, metrics: candidate.metrics, release };
      },
    });
    const params = { asOf: '2013-06-17', rate: 0.2 };
    expect(unplaced(preset.compile(params, values))).toEqual(unplaced(byHand.compile(params, values)));
  });

  it('judges on fresh rows where a holdout moves on with time, unless its rules say otherwise', () => {
    const byTime = { ...least, time: 'hour', train: '90d', holdout: '21d' } as const;
    const wired = (options: Parameters<typeof continuousTraining>[0]) => {
      const { nodes } = continuousTraining(options).compile({}, values);
      const inputOf = (node: string) =>
        nodes.find(({ id }) => id === node)?.input as Record<string, unknown> | undefined;
      const of = inputOf('gate')?.rules as { holdout?: string } | undefined;
      return [inputOf('evaluate')?.fresh, inputOf('evaluate')?.looks, of?.holdout];
    };
    expect(wired(byTime)).toEqual([true, undefined, 'fresh']);
    expect(wired({ ...byTime, rules: { ...rules, looks: { most: 4 } } })).toEqual([true, 4, 'fresh']);
    expect(wired({ ...byTime, rules: { ...rules, holdout: 'reused' } })).toEqual([undefined, undefined, 'reused']);
    // A share of the rows may be the same ones for years.
    expect(wired({ ...least, time: 'hour' })).toEqual([undefined, undefined, undefined]);
    expect(wired({ ...least, rules: { ...rules, holdout: 'fresh' } })).toEqual([true, undefined, 'fresh']);
  });

  it('splits by share without a time column, and holds back nothing it was not told of', () => {
    const { nodes, model } = continuousTraining(least).compile({}, values);
    const input = (id: string) => nodes.find((node) => node.id === id)?.input;
    expect(model).toBe('bikes');
    expect(input('validateData')).toEqual({ source: 'bikes.csv', expectations: [] });
    expect(input('featurize')).toMatchObject({ split: { by: 'share', holdout: 0.2 } });
    expect(input('train')).toMatchObject({ params: {}, target: 'late' });
  });

  it('reads its data in the way that it was told, views and the watch alike', () => {
    const reading = { missing: ['?'], dates: { hour: '%m/%d/%Y %H:%M' } };
    const views = [
      {
        name: 'weather',
        source: 'weather.csv',
        time: 'at',
        on: { origin: 'origin' },
        reading: { decimal: ',' as const },
      },
    ];
    const pipeline = continuousTraining({ ...least, time: 'hour', reading, views, watch: {} });
    const { nodes } = pipeline.compile({}, values);
    const input = (id: string) => nodes.find((node) => node.id === id)?.input;
    expect(input('validateData')).toMatchObject({ source: 'bikes.csv', ...reading });
    expect(input('weather')).toMatchObject({ source: 'weather.csv', decimal: ',' });
    expect(pipeline.watch).toMatchObject({
      source: 'bikes.csv',
      reading,
      features: { views: [{ source: 'weather.csv', reading: { decimal: ',' } }] },
    });
  });

  it('points at its caller, in the plan and in errors', () => {
    const { nodes } = continuousTraining(least).compile({}, values); // preset
    expect([...new Set(allNodes(nodes).map((node) => node.at))]).toEqual([at('preset')]);
    const broken = continuousTraining({ ...least, data: 3 as never }); // broken
    expect(userError(() => broken.compile({}, values)).message).toMatch(
      new RegExp(`^${at('broken')}: the input of validateData is wrong: source is 3`),
    );
  });

  it('does not exist without gate rules', () => {
    const { rules: _, ...without } = least;
    const error = userError(() => continuousTraining(without as never)); // no rules
    expect(error.type).toBe('InvalidPipeline');
    expect(error.message).toMatch(
      new RegExp(
        `^${at('no rules')}: continuousTraining "bikes" has no gate rules, so any model would be promoted: .*minimumEffect`,
      ),
    );
    expect(userError(() => continuousTraining({ ...least, rules: { metric: 'roc_auc' } as never })).message).toContain(
      'the gate rules of bikes are wrong: minimumEffect is missing',
    );
  });

  it('does not let its watch name what training says', () => {
    const watch = { source: 'other/*.csv' } as never; // unseen by the compiler
    expect(userError(() => continuousTraining({ ...least, watch })).message).toContain(
      'the watch of bikes names source: it looks at what is trained on, so leave it out and say it with data of',
    );
  });

  it.each([
    [{ holdout: '21d' }, 'no time column is named'],
    [{ holdout: '21d', time: 'hour' }, 'the training window before it has no length'],
    [{ train: '90d', time: 'hour' }, 'has a train of 90d beside a holdout of 0.2 (a share)'],
  ] as const)('refuses windows that do not fit: %j', (change, text) => {
    expect(userError(() => continuousTraining({ ...least, ...change })).message).toContain(text);
  });

  const late = { ...least, time: 'hour', train: '90d', holdout: '28d' } as const;
  const asOf = '2013-06-29T00:00:00.000Z';
  const inputOf = (options: Parameters<typeof continuousTraining>[0], id: string) =>
    continuousTraining(options)
      .compile({}, { ...values, asOf })
      .nodes.find((node) => node.id === id)?.input;

  it('moves gap, holdout and the end of the data together where labels are late, and leaves what is joined as it was', () => {
    const views = [{ name: 'weather', source: 'weather.csv', time: 'at', on: { origin: 'origin' } }] as const;
    const options = { ...late, labelsAfter: '28d', views, watch: {} } as const;
    const until = '2013-06-01T00:00:00.000Z';
    expect(inputOf(options, 'validateData')).toMatchObject({ asOf: until, timeColumn: 'hour' });
    expect(inputOf(options, 'weather')).toMatchObject({ asOf });
    const split = { by: 'time', asOf: until, train: '90d', holdout: '28d' };
    expect(inputOf(options, 'featurize')).toMatchObject({ split: { ...split, gap: '28d' } });
    expect(inputOf({ ...options, gap: '1d' }, 'featurize')).toMatchObject({ split: { ...split, gap: '1d' } });
    expect(inputOf({ ...least, time: 'hour', labelsAfter: '12h' }, 'validateData')).toMatchObject({
      asOf: '2013-06-28T12:00:00.000Z',
    });
    expect(continuousTraining(options).watch).toMatchObject({ labelsAfter: '28d' });
  });

  it.each([
    [
      { watch: { labelsAfter: '28d' } },
      "as of now none of its rows has a label. Write labelsAfter: '28d' beside holdout",
    ],
    [{ watch: { labelsAfter: '672h' } }, 'none of its rows has a label'],
    [{ labelsAfter: '28d', watch: { labelsAfter: '14d' } }, '28d late for training and 14d late for the watch'],
    [{ labelsAfter: '28d', time: undefined, holdout: 0.2, train: undefined }, 'no time column is named'],
    [{ labelsAfter: '4 weeks' as never }, 'labelsAfter of bikes is "4 weeks", not a duration'],
  ] as const)('foresees a holdout without labels: %j', (change, text) => {
    expect(userError(() => continuousTraining({ ...late, ...change } as never)).message).toContain(text);
  });

  it('takes labels that are late for a part of the holdout, or said in both places alike', () => {
    expect(() => continuousTraining({ ...late, watch: { labelsAfter: '27d' } })).not.toThrow();
    expect(() => continuousTraining({ ...late, labelsAfter: '28d', watch: { labelsAfter: '672h' } })).not.toThrow();
  });
});

describe('checks of one’s own', () => {
  it('are given the candidate, and each is a check of the gate', () => {
    const contract = testStep({
      name: 'contract',
      command: 'python -m pytest tests',
      input: z.object({ model: ModelRef }),
    });
    const nodes = allNodes(continuousTraining({ ...least, checks: [contract] }).compile({}, values).nodes);
    const input = (id: string, among = nodes) => among.find((node) => node.id === id)?.input;
    expect(input('contract')).toEqual({ model: expect.objectContaining({ $ref: ['train', 'model'] }) });
    expect(input('gate')).toMatchObject({ checks: [{ $ref: ['contract', 'check'] }] });
    const without = allNodes(continuousTraining(least).compile({}, values).nodes);
    expect(input('gate', without)).not.toHaveProperty('checks');
    const lonely = testStep({ name: 'lonely', command: 'true', input: z.object({ at: z.string() }) });
    // @ts-expect-error: a step that needs more than the model is run by hand
    continuousTraining({ ...least, checks: [lonely] });
  });
});

describe('the time and the params of a run', () => {
  it('are in the schema of every preset, whatever params it has', () => {
    const without = continuousTraining(least);
    const schema = without.paramsSchema();
    expect(schema).toMatchObject({ properties: { asOf: { anyOf: [{ format: 'date' }, { format: 'date-time' }] } } });
    expect(without.compile({ asOf: '2013-06-17' }, values).asOf).toBe('2013-06-17T00:00:00.000Z');
    expect(without.compile({ asOf: '2013-06-17T06:00:00+02:00' }, values).asOf).toBe('2013-06-17T04:00:00.000Z');
    expect(Date.parse(without.compile({}, values).asOf)).toBe(Date.parse(values.asOf));
    expect(() => without.compile({ asOf: 'yesterday' }, values)).toThrow(/asOf/);

    const rated = continuousTraining({ ...least, params: z.object({ rate: z.number().default(0.1) }) });
    expect(rated.paramsSchema()).toMatchObject({ properties: { rate: { type: 'number' }, asOf: {} } });
    const compiled = rated.compile({ rate: 0.5, asOf: '2013-06-17' }, values);
    expect(allNodes(compiled.nodes).find(({ id }) => id === 'train')).toMatchObject({
      input: { params: { rate: 0.5 } },
    });
    // @ts-expect-error: the params are typed as before
    expect(() => rated.compile({ rate: 'fast' }, values)).toThrow(/rate/);
    // @ts-expect-error: and so is what nobody declared
    expect(() => rated.compile({ speed: 1 }, values)).toThrow(/speed/);
  });

  it('leaves a time that the params declare themselves as it is', () => {
    const daily = continuousTraining({ ...least, params: z.object({ asOf: z.iso.date().default('2013-12-30') }) });
    expect(daily.paramsSchema()).toMatchObject({ properties: { asOf: { format: 'date' } } });
    expect(daily.compile({}, values).asOf).toBe('2013-12-30T00:00:00.000Z');
  });
});
