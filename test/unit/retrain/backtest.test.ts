import { describe, expect, it } from 'vitest';
import { limitOf, thresholdOf } from '#cli/verbs/backtest/choices.ts';
import type { LoopInput } from '#contracts/loop/activities.ts';
import { type DriftMeasured, DriftMeasured as DriftShape } from '#contracts/loop/evidence.ts';
import { LoopPolicy } from '#contracts/loop/policy.ts';
import { conditionShapes } from '#contracts/trigger-condition.ts';
import { badSpans, savedDays } from '#decisions/backtest/bad-time.ts';
import { rejudged, thresholdsOf } from '#decisions/backtest/drift-thresholds.ts';
import { type Batch, backtest, backtestInWords, replayed } from '#decisions/backtest.ts';

const DAY = 86_400_000;
const first = Date.parse('2026-01-05T06:00:00Z'); // a Monday
const at = (week: number) => new Date(first + week * 7 * DAY).toISOString();
const told = (signal: 'driftMeasured' | 'metricObserved' | 'dataArrived', id: string, raw: object): LoopInput => ({
  kind: 'evidence',
  ...{ signal, id, raw: { ...raw, id } as never },
});
const drifted = (week: number, psi: number, threshold: number) =>
  told('driftMeasured', `d${week}`, {
    ...{ at: at(week), source: 'watch', rows: 1_000, share: psi >= threshold ? 0.5 : 0, tested: 2 },
    columns: [
      { name: 'temp', drifted: psi >= threshold, method: 'psi', value: psi, threshold },
      { name: 'wind', drifted: false, method: 'psi', value: 0.01, threshold },
    ],
  });
const measured = (week: number, auc: number) =>
  told('metricObserved', `m${week}`, {
    ...{ at: at(week), source: 'watch', metric: 'roc_auc', value: auc },
    // Four weeks, of which three were seen before.
    window: { from: at(week - 4), to: at(week) },
  });

/** Half a year, a look a week. PSI 0.2 was deployed: it saw weeks 9 and 20; the model was bad from week 5 to 8 and in week 15. */
const psi = [...[0.05, 0.05, 0.05, 0.05, 0.05, 0.16, 0.17, 0.12, 0.1, 0.25, 0.06], ...Array(15).fill(0.05)] as number[];
psi[14] = 0.155;
psi[16] = 0.18;
psi[20] = 0.22;
const bad = new Set([6, 7, 8, 15]);
const weeks = psi.map((_, week) => week);
const history = (threshold: number): Batch[] =>
  weeks.map((week) => ({
    now: at(week),
    inputs: [drifted(week, psi[week] as number, threshold), measured(week, bad.has(week) ? 0.61 : 0.7)],
  }));
const policy = (more: object = {}) =>
  LoopPolicy.parse({
    pipeline: 'p',
    triggers: {
      kind: 'any',
      of: [
        { kind: 'drift', column: 'temp' },
        // Never fires, and says what is bad.
        { kind: 'performance', metric: 'roc_auc', below: 0.65, windows: 24 },
      ],
    },
    limits: { coolDown: '6d' },
    ...more,
  });
const judgedAt = (threshold: number, batches: Batch[]): Batch[] =>
  batches.map(({ now, inputs }) => ({
    now,
    inputs: inputs.map((input) =>
      input.kind === 'evidence' && input.signal === 'driftMeasured'
        ? {
            ...input,
            raw: rejudged(
              DriftShape.parse(input.raw),
              null,
              { methods: { psi: threshold }, columns: {} },
              new Set(['temp']),
            ) as never,
          }
        : input,
    ),
  }));

describe('another rule over recorded evidence', () => {
  const batches = history(0.2);

  it('PSI 0.15 would have meant so many more trainings and saved so many bad weeks', () => {
    const found = backtest(policy(), policy(), { batches, told: judgedAt(0.15, batches) });
    expect(found.before.map((run) => run.at)).toEqual([at(9), at(20)]);
    // Week 6 is a week after week 5: the cool-down of six days is over.
    expect(found.after.map((run) => run.at)).toEqual([5, 6, 9, 14, 16, 20].map(at));
    expect(found).toMatchObject({ same: 2, fewer: [] });
    expect(found.more).toHaveLength(4);
    // Bad is what was seen since the look before: weeks 5 to 8, and 14 to 15. A training of weeks 5, 6 and 14 came before all of it.
    expect(found.days).toEqual({ bad: 28, saved: 28 });
    expect(backtestInWords('PSI 0.15', found)).toBe(
      'PSI 0.15 would have meant 4 more trainings and saved 4 bad weeks (of 4).',
    );
  });

  it('saves only what comes after its own training and before the next one that there was', () => {
    const found = backtest(policy(), policy(), { batches, told: judgedAt(0.165, batches) });
    // Weeks 6 and 16: the first bad week, from 5 to 6, had begun before.
    expect(found.more.map((run) => run.at)).toEqual([6, 16].map(at));
    expect(backtestInWords('PSI 0.165', found)).toBe(
      'PSI 0.165 would have meant 2 more trainings and saved 2 bad weeks (of 4).',
    );
  });

  it('says when it would have meant fewer, and when nothing', () => {
    const fewer = backtest(policy(), policy(), { batches, told: judgedAt(0.23, batches) });
    expect(backtestInWords('PSI 0.23', fewer)).toBe(
      'PSI 0.23 would have meant 1 fewer training and saved no bad weeks (of 4).',
    );
    expect(backtestInWords('It', backtest(policy(), policy(), { batches }))).toMatch(/^It would have changed nothing/);
    const limits = { ...policy().limits, coolDown: '60d' as const };
    const cooler = backtest(policy(), { ...policy(), limits }, { batches, told: judgedAt(0.15, batches) });
    expect(cooler.after.map((run) => run.at).slice(0, 1)).toEqual([at(5)]);
    expect(cooler.after.length).toBeLessThan(5);
  });

  it('names the training that would not have been, and not another one of that day', () => {
    const now = new Date(first).toISOString();
    const ask = (id: string): LoopInput => ({
      kind: 'retrain',
      request: { id, by: 'anna', reason: 'because', at: now },
    });
    const rows = told('dataArrived', 'rows', { at: now, rows: 10 });
    const rule = (atLeast: number) => policy({ triggers: { kind: 'newRows', atLeast }, limits: { coolDown: '0s' } });
    const day: Batch[] = [
      { now, inputs: [rows] },
      { now, inputs: [ask('a')] },
      { now, inputs: [ask('b')] },
    ];
    expect(backtest(rule(10), rule(20), { batches: day }).fewer.map(({ kind }) => kind)).toEqual(['newRows']);
  });

  it('counts as bad what it is told to', () => {
    const limits = [conditionShapes.performance.parse({ kind: 'performance', metric: 'roc_auc', below: 0.5 })];
    expect(backtest(policy(), policy(), { batches, limits }).days).toEqual({ bad: 0, saved: 0 });
    const none = policy({ triggers: { kind: 'newRows', atLeast: 1 } });
    expect(backtest(none, none, { batches }).days).toBeNull();
  });

  it('starts what is held back when the hold ends, though nothing comes then', () => {
    const evidence = (day: number) => ({
      now: new Date(first + day * DAY).toISOString(),
      inputs: [told('driftMeasured', `x${day}`, { at: new Date(first + day * DAY).toISOString(), share: 0.9 })],
    });
    const rule = policy({ triggers: { kind: 'drift', share: 0.3 }, limits: { coolDown: '10d' } });
    const runs = replayed(rule, [evidence(0), evidence(3), evidence(40)]);
    expect(runs.map((run) => (Date.parse(run.at) - first) / DAY)).toEqual([0, 10, 40]);
  });
});

describe('drift by other thresholds', () => {
  const column = (name: string, method: string, value: number, threshold: number, is: boolean) => ({
    ...{ name, method, value, threshold, drifted: is },
  });
  const whole = [
    column('a', 'psi', 0.18, 0.2, false),
    column('b', 'psi', 0.3, 0.2, true),
    column('p', 'ks', 0.04, 0.05, true),
    column('q', 'ks', 0.2, 0.05, false),
  ];
  const value = (columns: typeof whole): DriftMeasured =>
    DriftShape.parse({ id: 'x', at: at(0), share: 0.5, tested: 4, columns });
  const by = (methods: object, columns: object = {}) => ({ methods, columns }) as Parameters<typeof rejudged>[2];

  it('alarms from the threshold on for a distance, below it for a p-value', () => {
    const none = new Set<string>();
    const names = (found: DriftMeasured) => found.columns.filter(({ drifted: is }) => is).map(({ name }) => name);
    const lower = rejudged(value(whole), whole, by({ psi: 0.15, ks: 0.3 }), none);
    expect([names(lower).sort(), lower.share]).toEqual([['a', 'b', 'p', 'q'], 1]);
    const higher = rejudged(value(whole), whole, by({ psi: 0.35, ks: 0.01 }), none);
    expect([names(higher), higher.share]).toEqual([[], 0]);
    const own = rejudged(value(whole), whole, by({ psi: 0.35 }, { a: 0.1 }), none);
    expect(names(own).sort()).toEqual(['a', 'p']);
    expect(rejudged(value(whole), whole, by({}), none).share).toBe(0.5);
  });

  it('moves the share by what it knows when the whole result is gone', () => {
    const named = whole.slice(0, 2);
    expect(rejudged(value(named), null, by({ psi: 0.15 }), new Set()).share).toBe(0.75);
    const wide = Array.from({ length: 80 }, (_, i) => column(`c${i}`, 'psi', 0.1, 0.2, false));
    const brief = rejudged(value([]), wide, by({ psi: 0.05 }), new Set(['c70']));
    expect(brief.share).toBe(1);
    expect(brief.columns[0]?.name).toBe('c70');
    expect(DriftShape.safeParse(brief).success).toBe(true);
  });

  it('reads thresholds off what a pipeline’s watch says', () => {
    const choices = {
      methods: { a: { threshold: 0.3 } },
      numerical: { method: 'psi', threshold: 0.15 },
      categorical: {},
    };
    expect(thresholdsOf(choices as never)).toEqual({ columns: { a: 0.3 }, methods: { psi: 0.15 } });
    expect(thresholdsOf(null)).toEqual({ columns: {}, methods: {} });
  });
});

describe('bad time', () => {
  const limit = conditionShapes.performance.parse({ kind: 'performance', metric: 'roc_auc', below: 0.65 });
  const seen = (week: number, auc: number, more: object = {}) => ({
    ...{ id: `m${week}`, at: at(week), source: 'watch', who: 'r', metric: 'roc_auc', value: auc },
    ...{
      lower: null,
      upper: null,
      confidence: null,
      estimated: false,
      rows: 1,
      champion: null,
      version: '1',
      result: null,
    },
    window: { from: at(week - 4), to: at(week) },
    ...more,
  });

  it('is what an observation adds to those before it; estimates show nothing', () => {
    const spans = badSpans([seen(8, 0.6), seen(4, 0.7), seen(9, 0.5, { estimated: true })], [limit]);
    expect(spans).toEqual([{ from: Date.parse(at(4)), to: Date.parse(at(8)) }]);
    expect(savedDays(spans, [at(1)], [at(1), at(6)])).toEqual({ bad: 28, saved: 14 });
    // The day on which both trained is nobody's gain.
    expect(savedDays(spans, [at(6)], [at(6)])).toEqual({ bad: 28, saved: 0 });
    expect(savedDays(spans, [at(5)], [at(3)])).toEqual({ bad: 28, saved: 7 });
  });
});

describe('what the command line takes', () => {
  it('reads thresholds and limits, and says what it wants instead', () => {
    expect(thresholdOf('psi=0.15')).toEqual(['psi', 0.15]);
    expect(limitOf('roc_auc<0.65')).toMatchObject({ kind: 'performance', metric: 'roc_auc', below: 0.65 });
    expect(limitOf(' rmse > 12 ')).toMatchObject({ metric: 'rmse', above: 12 });
    expect(() => thresholdOf('psy=1')).toThrow(/psi=0.15; methods are ks/);
    for (const text of ['psi', 'psi=', 'psi=-1', 'psi=x']) expect(() => thresholdOf(text)).toThrow(/--threshold/);
    for (const text of ['roc_auc', 'roc_auc<', '<0.5', 'a<0.5.5']) expect(() => limitOf(text)).toThrow(/--bad/);
  });
});
