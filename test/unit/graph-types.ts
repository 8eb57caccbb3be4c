// biome-ignore-all lint/style/noNonNullAssertion: with noUncheckedIndexedAccess a reference to one item of an array needs it
/**
 * Compile test: right wiring infers, wrong wiring is a compile error. Nothing here runs except `good.compile`
 * (test/unit/graph-types.test.ts); `tsc -p .` is the check.
 */
import {
  type ChampionRef,
  type ChildWorkflow,
  continuousTraining,
  definePipeline,
  defineStep,
  evaluate as evaluateStage,
  featurize,
  gate as gateStage,
  type Json,
  promote as promoteStage,
  python,
  type Ref,
  register,
  scriptStep,
  train as trainStage,
  validateData as validateDataStage,
} from 'ratchet-ml';
import { startPipeline } from 'ratchet-ml/client';
import { z } from 'zod';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <T extends true>(): T | undefined => undefined;

// ---------------------------------------------------------------- steps of a user's own
const Dataset = z.object({ kind: z.literal('dataset'), uri: z.string(), digest: z.string(), rows: z.number().int() });
const Model = z.object({ kind: z.literal('model'), uri: z.string(), digest: z.string() });
const never = () => {
  throw new Error('never run');
};
export const validateData = defineStep({
  name: 'checkData',
  input: z.object({ source: z.string(), strict: z.boolean().default(true) }),
  output: z.object({ snapshot: Dataset, months: z.array(Dataset), passed: z.boolean() }),
  run: async () => never(),
});
export const train = defineStep({
  name: 'fit',
  input: z.object({ features: Dataset, trainer: z.object({ rate: z.number(), init: Model.optional() }) }),
  output: z.object({ model: Model, metrics: z.record(z.string(), z.number()) }),
  run: async (input, context) => {
    const rate: number = input.trainer.rate;
    context.progress(rate);
    return never();
  },
});
export const ensemble = defineStep({
  name: 'ensemble',
  input: z.object({ members: z.array(Model), weights: z.record(z.string(), z.number()) }),
  output: z.object({ model: Model }),
  run: never,
});
export const gate = defineStep({
  name: 'judge',
  input: z.object({ candidate: Model }),
  output: z.object({ passed: z.boolean(), reasons: z.array(z.string()) }),
  run: never,
});
export const promote = defineStep({
  name: 'ship',
  effect: true,
  input: z.object({ model: Model, note: z.string() }),
  output: z.object({ version: z.string() }),
  run: never,
});
const optionalInput = defineStep({
  name: 'optionalInput',
  input: z.object({
    model: Model.nullable(),
    note: z.string().optional(),
    extra: z.record(z.string(), z.custom<Json>()),
  }),
  output: z.object({ note: z.string().optional(), anything: z.custom<Json>() }),
  run: never,
});
const readsChampion = defineStep({
  name: 'readsChampion',
  input: z.object({
    champion: z
      .object({ kind: z.literal('champion'), version: z.string() })
      .loose()
      .nullable(),
  }),
  output: z.object({}),
  run: never,
});
const rollout: ChildWorkflow<{ version: string }, { done: boolean }> = {
  workflowType: 'release-train',
  taskQueue: 'release',
  input: z.object({ version: z.string() }),
  output: z.object({ done: z.boolean() }),
};

// ---------------------------------------------------------------- right wiring infers
export const good = definePipeline({
  name: 'bikes',
  params: z.object({
    rate: z.number().default(0.1),
    months: z.array(z.string()).default([]),
    deep: z.boolean().default(false),
  }),
  graph: ({ params, champion, asOf, run, when, map, mapSettled, repeat, approval, child, attempt, always, wait }) => {
    const data = run(validateData, { source: 's3://b/k' }); // a default may be left out
    const one = run(train, { features: data.snapshot, trainer: { rate: params.rate } }); // nested, literal and ref
    const again = run(
      train,
      { features: data.months[0]!, trainer: { rate: 0.2, init: one.model } },
      { id: 'warm', after: [one, 'fit'], retry: { attempts: 2 }, timeout: '90s', queue: 'gpu', cache: false },
    );
    const many = map(
      data.months,
      (month, index) => {
        same<Equal<typeof index, Ref<number>>>();
        return run(train, { features: month, trainer: { rate: 0.1 } }).model;
      },
      { concurrency: 4 },
    );
    const settled = mapSettled(data.months, (m) => run(train, { features: m, trainer: { rate: 1 } }).model);
    const named = map(['a', 'b'], (source) => run(validateData, { source }).snapshot.rows); // literal items
    const all = run(ensemble, { members: [one.model, again.model], weights: { a: 1, b: one.metrics.auc! } });
    const all2 = run(ensemble, { members: many, weights: {} }); // ref of array
    const best = when(data.passed, () => all.model).otherwise(() => all2.model); // either
    const tuned = repeat(best, { max: 5 }, (model, round) => {
      same<Equal<typeof round, Ref<number>>>();
      return {
        state: run(train, { features: data.snapshot, trainer: { rate: 0.1, init: model } }).model,
        until: data.passed,
      };
    });
    const verdict = run(gate, { candidate: tuned });
    const safe = attempt(
      () => run(gate, { candidate: tuned }).reasons,
      (f) => [f.message],
    );
    if (params.deep) run(gate, { candidate: one.model }, { id: 'deep' }); // plain TypeScript over params
    for (const month of params.months) run(validateData, { source: month });
    if (champion) run(validateData, { source: champion.version }, { id: 'champion-data' }); // and over the champion
    run(readsChampion, { champion });
    run(validateData, { source: asOf }, { id: 'as-of' });
    const maybe = when(data.passed, () => one.model);
    run(train, { features: data.snapshot, trainer: { rate: 1, init: maybe } }, { id: 'optional' }); // where it may be missing
    const loose = run(optionalInput, { model: null, extra: { a: params.rate, b: [1, { c: one.model }] } });
    run(optionalInput, { model: one.model, note: loose.note, extra: {} });
    const out = when(verdict.passed, () => {
      const ok = approval({
        title: 'Ship?',
        evidence: verdict,
        by: ['anna', 'ben'],
        quorum: 2,
        timeout: '2d',
        onTimeout: 'reject',
      });
      return when(ok.approved, () => {
        const shipped = run(promote, { model: tuned, note: ok.note });
        return child(rollout, { version: shipped.version });
      });
    });
    always(() => {
      wait('1s');
    });
    return { verdict, rolled: out.done, model: tuned.digest, settled, named, safe, nothing: null, literal: 3 };
  },
});
type Result = NonNullable<typeof good.result>;
same<Equal<Result['verdict'], { passed: boolean; reasons: string[] }>>();
same<Equal<Result['rolled'], boolean | undefined>>();
same<Equal<Result['named'], number[]>>();
same<Equal<Result['safe'][number], string>>();
export const check: Result = {
  verdict: { passed: true, reasons: [] },
  rolled: true,
  model: 'd',
  settled: [
    { ok: true, value: { kind: 'model', uri: 'u', digest: 'd' } },
    { ok: false, failure: 'out of memory' },
  ],
  named: [1],
  safe: ['reason'],
  nothing: null,
  literal: 3,
};

// ---------------------------------------------------------------- the seven stages wire as in the README
export const stagesWire = definePipeline({
  name: 'flights',
  model: 'flights',
  params: z.object({ learningRate: z.number().positive().default(0.1) }),
  graph: ({ params, champion, asOf, run, when }) => {
    const data = run(validateDataStage, { source: 'flights.csv', asOf, timeColumn: 'time' });
    const weather = run(validateDataStage, { source: 'weather.csv' }, { id: 'weather' });
    const features = run(featurize, {
      data: data.snapshot,
      time: 'time',
      views: [{ name: 'weather', data: weather.snapshot, time: 'time', on: { origin: 'origin' } }],
      split: { by: 'time', asOf, train: '90d', holdout: '21d' },
    });
    const candidate = run(trainStage, { features: features.train, trainer: python('train.py'), params });
    const report = run(evaluateStage, {
      candidate: candidate.model,
      champion,
      holdout: features.holdout,
      target: 'late',
    });
    const verdict = run(gateStage, { report: report.evidence, rules: { metric: 'roc_auc', minimumEffect: 0.002 } });
    return when(verdict.passed, () => {
      const version = run(register, { candidate: candidate.model, verdict: verdict.record });
      return run(promoteStage, { version: version.ref });
    });
  },
});
same<
  Equal<
    NonNullable<typeof stagesWire.result>['outcome'],
    'promoted' | 'already-champion' | 'taken-back' | 'later-champion'
  >
>();
export const preset = continuousTraining({
  name: 'small',
  data: 'data.csv',
  target: 'y',
  trainer: python('train.py'),
  rules: { metric: 'roc_auc', minimumEffect: 0 },
  params: z.object({ depth: z.number() }),
});
same<
  Equal<
    NonNullable<typeof preset.result>['verdict']['outcome'],
    'passed' | 'refused' | 'inconclusive' | 'needs-approval'
  >
>();
export const compiles = () =>
  preset.compile({ depth: 3 }, { champion: null as ChampionRef | null, asOf: '2013-06-17' });
// @ts-expect-error the params of a pipeline are typed
export const wrongParams = () => preset.compile({ depth: 'deep' }, { champion: null, asOf: '2013-06-17' });
export const refusesToExist = () =>
  // @ts-expect-error a preset without gate rules
  continuousTraining({ name: 'x', data: 'data.csv', target: 'y', trainer: python('train.py') });

// ---------------------------------------------------------------- wrong wiring must not compile
export const bad = () =>
  definePipeline({
    name: 'bad',
    params: z.object({ rate: z.number() }),
    graph: ({ run, when, map, repeat, child, approval, params, champion }) => {
      const data = run(validateData, { source: 'x' });
      const t = run(train, { features: data.snapshot, trainer: { rate: 1 } });
      // @ts-expect-error a model where a dataset is wanted
      run(train, { features: t.model, trainer: { rate: 1 } });
      // @ts-expect-error nested: a ref of string where a number is wanted
      run(train, { features: data.snapshot, trainer: { rate: data.snapshot.uri } });
      // @ts-expect-error misspelt field
      run(train, { features: data.snapshot, trainer: { rat: 1 } });
      // @ts-expect-error unknown output
      run(gate, { candidate: t.modle });
      // @ts-expect-error missing input
      run(train, { features: data.snapshot });
      // @ts-expect-error array element of the wrong kind
      run(ensemble, { members: [t.model, data.snapshot], weights: {} });
      // @ts-expect-error one where many are wanted
      run(ensemble, { members: t.model, weights: {} });
      // @ts-expect-error condition must be a boolean ref
      when(t.model, () => {});
      // @ts-expect-error a condition over params is an ordinary if
      when(params.rate > 1, () => {});
      // @ts-expect-error a reference has no value yet: if() over it
      if (data.passed) run(gate, { candidate: t.model });
      // @ts-expect-error the same in ?:
      const x = data.passed ? 1 : 2;
      void x;
      // @ts-expect-error arithmetic on a reference
      void (data.snapshot.rows + 1 > 5 && data.snapshot.rows * 2);
      // @ts-expect-error comparison with a value
      if (data.snapshot.digest === 'abc') void 0;
      // @ts-expect-error a branch without otherwise may be missing
      run(gate, { candidate: when(data.passed, () => t.model) });
      // @ts-expect-error map needs an array
      map(data.snapshot, (x) => x);
      // @ts-expect-error the item is a dataset, not a model
      map(data.months, (m) => run(gate, { candidate: m }));
      // @ts-expect-error the child's input
      child(rollout, { version: 1 });
      // @ts-expect-error unknown param
      void params.nope;
      // @ts-expect-error unknown option
      run(gate, { candidate: t.model }, { retries: 3 });
      // @ts-expect-error not a duration
      run(gate, { candidate: t.model }, { timeout: '3 weeks' });
      // @ts-expect-error a repeat has a bound
      repeat(t.model, {}, (model) => ({ state: model, until: data.passed }));
      // @ts-expect-error the next state is of another type
      repeat(t.model, { max: 2 }, () => ({ state: data.snapshot, until: data.passed }));
      // @ts-expect-error evidence is a reference
      approval({ title: 'Ship?', evidence: 'looks good', by: ['a'], timeout: '1d', onTimeout: 'fail' });
      // @ts-expect-error there may be no champion
      void champion.version;
      // @ts-expect-error a reference cannot be assigned to
      t.model.uri = 'x';
      // @ts-expect-error an array of references has no length
      const months: number = data.months.length;
      void months;
    },
  });
// @ts-expect-error a Date does not survive JSON
defineStep({ name: 'd', input: z.object({}), output: z.object({ at: z.date() }), run: () => ({ at: new Date() }) });
// @ts-expect-error a bigint does not survive JSON (DuckDB's count(*) is one)
defineStep({ name: 'b', input: z.object({}), output: z.object({ rows: z.bigint() }), run: () => ({ rows: 1n }) });
// @ts-expect-error a Map does not survive JSON
defineStep({ name: 'm', input: z.object({}), output: z.object({ m: z.map(z.string(), z.number()) }), run: never });
defineStep({
  name: 'w',
  input: z.object({ a: z.string() }),
  output: z.object({ n: z.number() }),
  // @ts-expect-error run's result does not fit its output
  run: ({ a }) => ({ n: a }),
});
export const script = scriptStep({
  name: 'report',
  command: 'python report.py',
  input: z.object({ model: Model }),
  output: z.object({ pages: z.number() }),
});
export const neitherCommandNorProgram = () =>
  // @ts-expect-error one of command and program
  scriptStep({ name: 'r', input: z.object({}), output: z.object({}) });
export const scriptDate = () =>
  // @ts-expect-error a Date does not survive JSON
  scriptStep({ name: 'r', command: 'r', input: z.object({}), output: z.object({ at: z.date() }) });

// ---------------------------------------------------------------- a run from a program: params and result are typed
export const programmatic = async (client: Parameters<typeof startPipeline>[0]) => {
  const started = await startPipeline(client, good, { rate: 0.2 });
  const result = await started.result();
  const passed: boolean = result.verdict.passed;
  // @ts-expect-error the graph returns no such thing
  void result.verdicts;
  // @ts-expect-error a param of another type
  await startPipeline(client, good, { rate: 'fast' });
  return passed;
};
