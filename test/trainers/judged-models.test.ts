/** What the gate knows of real models beside their figures, of other tasks than two classes, and of rows that hang together. */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createEvaluate } from '#activities/model/evaluate/evaluate.ts';
import { createGate } from '#activities/release/gate.ts';
import { EvidenceRef, Verdict } from '#contracts/data.ts';
import { Evidence } from '#contracts/evidence.ts';
import type { GateRules } from '#contracts/gate-rules.ts';
import {
  attempt,
  evaluating,
  evidenceOf,
  gateRules,
  goodAgainstWeak,
  type JudgedWorld,
  startJudgedWorld,
  storedText,
  usesInMemory,
} from '../integration/evaluate-world.ts';

let world: JudgedWorld;
beforeAll(async () => {
  world = await startJudgedWorld();
}, 300_000);
afterAll(() => world?.close());

const stored = (uri: string) => storedText(world, uri);
const against = () => goodAgainstWeak(world);
const rules = gateRules;
const evidence = (candidate: 'good' | 'weak', champion: 'good' | 'weak' | null) =>
  evidenceOf(world, candidate, champion);

/** Serving processes of models in this folder. */
const serving = (folder: string) =>
  execFileSync('ps', ['-eww', '-o', 'args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('predict.py --one') && line.includes(folder));

describe('rows that hang together', () => {
  it('are drawn by customer or by day, weighted, and the evidence says so', async () => {
    const only = { compare: ['roc_auc'], slices: ['origin'] };
    const [rows, customers, days] = await Promise.all(
      [{}, { groupBy: 'customer', weight: 'weight' }, { time: 'at', compareBy: 't', compare: ['brier'] }].map(
        async (more) =>
          (await world.evaluate(evaluating({ ...(await against()), ...only, ...more }), attempt('evaluate'))).evidence,
      ),
    );
    expect(rows?.comparisons[0]).toMatchObject({ unit: { by: 'rows', count: 3000 }, method: 'paired-bootstrap' });
    expect(customers?.comparisons[0]).toMatchObject({
      unit: { by: 'clusters', count: 300, length: 'customer' },
      method: 'cluster-bootstrap',
    });
    expect(days?.comparisons[0]).toMatchObject({
      unit: { by: 'blocks', count: 30, length: '1 day' },
      method: 'paired-t-by-units',
    });
    expect(customers?.candidate.metrics.roc_auc).not.toBe(rows?.candidate.metrics.roc_auc);
    expect(customers?.candidate.metrics.roc_auc).toBeCloseTo(world.models.good.weighted_roc_auc as number, 11);
    expect(rows?.scored).toEqual({ eligible: 3000, candidate: 3000, champion: 3000, both: 3000 });
    expect(days?.slices.find(({ value }) => value === 'JFK')?.difference?.brier).toMatchObject({ units: 30 });
    expect(customers?.intervals?.roc_auc?.value).toBe(customers?.candidate.metrics.roc_auc);
    expect(await stored(customers?.html as string)).toContain('300 clusters of rows with one customer');
  });

  it('are told before a model is fetched where the method does not take them', async () => {
    const input = evaluating({ ...(await against()), groupBy: 'customer', compareBy: 'delong' });
    await expect(world.evaluate(input, attempt('evaluate'))).rejects.toThrow(/takes rows as independent, but clusters/);
  });
});

describe('other tasks', () => {
  it('measures several classes', async () => {
    const input = evaluating({
      candidate: await world.candidate('kinds'),
      champion: null,
      holdout: world.holdout,
      target: 'kind',
      task: 'multiclass',
    });
    const { evidence } = await world.evaluate(input, attempt('evaluate'));
    expect(evidence.candidate.metrics.f1_macro).toBeCloseTo(world.models.kinds.f1_macro as number, 11);
    expect(Evidence.parse(JSON.parse(await stored(evidence.uri))).classes).toEqual(['late', 'on time', 'very late']);
  });
  it('measures a regression', async () => {
    const input = evaluating({
      candidate: await world.candidate('minutes'),
      champion: await world.champion('minutes'),
      holdout: world.holdout,
      target: 'minutes',
      task: 'regression',
    });
    const { evidence } = await world.evaluate(input, attempt('evaluate'));
    for (const metric of ['rmse', 'r2'])
      expect(evidence.candidate.metrics[metric]).toBeCloseTo(world.models.minutes[metric] as number, 9);
    expect(await stored(evidence.html as string)).toContain('Predicted and observed');
  });
});

describe('the gate', () => {
  it('knows who can still ask the model, and how many predictions change', async () => {
    const there = await evidence('good', 'weak');
    const { churn } = there;
    expect(churn?.changed).toBeGreaterThan(0.05);
    expect(churn?.difference).toBeGreaterThan(0.05);
    const judged = async (report: EvidenceRef, more: Partial<GateRules>) =>
      (await world.gate({ report, rules: rules(more) }, attempt('gate'))).record;
    const needsMore = await judged(there, { signature: 'compatible' });
    expect(needsMore.outcome).toBe('refused');
    expect(needsMore.reasons[0]).toBe(
      'who asks champion v3 cannot always ask the candidate: it reads "b", which champion v3 does not; it reads "c", which champion v3 does not',
    );
    const back = await judged(await evidence('weak', 'good'), { signature: 'compatible' });
    expect(back.reasons).toContain(
      'who asks champion v3 can ask the candidate, though it no longer reads "b"; it no longer reads "c"',
    );
    expect((await judged(there, { stability: { changed: 0.9 } })).outcome).toBe('passed');
    expect((await judged(there, { stability: { changed: 0.01 } })).findings).toContainEqual(
      expect.objectContaining({ rule: 'stability', outcome: 'refused' }),
    );
    const first = await evidence('good', null);
    expect(first).not.toHaveProperty('churn');
    expect((await judged(first, { signature: 'identical', stability: { changed: 0 } })).outcome).toBe('passed');
  });

  it('knows whether a model that is loaded anew predicts the example that came with it', async () => {
    const said = async (name: 'good' | 'weak') => {
      const input = { candidate: await world.candidate(name), champion: null, holdout: world.holdout, target: 'late' };
      const { evidence } = await world.evaluate(evaluating({ ...input, inputExample: true }), attempt('evaluate'));
      const { record } = await world.gate(
        { report: evidence, rules: rules({ inputExample: 'required' }) },
        attempt('gate'),
      );
      return record.findings?.find(({ rule }) => rule === 'inputExample');
    };
    expect(await said('good')).toMatchObject({
      outcome: 'passed',
      reason: 'loaded anew, the candidate predicts its input example of 5 rows',
    });
    expect(await said('weak')).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('without an input'),
    });
  });

  it('knows whether probabilities mean what they say', async () => {
    const input = evaluating({
      ...{ candidate: await world.candidate('good'), champion: await world.champion('weak') },
      ...{ holdout: world.holdout, target: 'late', compare: ['roc_auc'], calibration: true },
    });
    const { evidence } = await world.evaluate(input, attempt('evaluate'));
    const calibration = { slope: 0.25, intercept: 0.25, ece: 0.05, confidence: 0.95 };
    const { record } = await world.gate({ report: evidence, rules: rules({ calibration }) }, attempt('gate'));
    const said = record.findings?.filter(({ rule }) => rule === 'calibration') ?? [];
    expect(said.map(({ outcome }) => outcome)).toEqual(['passed', 'passed', 'passed']);
    expect(await stored(record.evidence.html as string)).toContain('calibration slope');
  });

  it('knows what a model loses on spoiled inputs, the same cells each time', async () => {
    const robustness = { metric: 'roc_auc', perturbations: ['missing', 'unseen', 'noise'] as const };
    const asking = async (name: 'good' | 'weak') =>
      evaluating({
        ...{ candidate: await world.candidate(name), champion: null, holdout: world.holdout, target: 'late' },
        ...{
          compare: ['roc_auc'],
          robustness: { ...robustness, perturbations: [...robustness.perturbations], rows: 1_000 },
        },
      });
    const [first, again, weak] = await Promise.all(
      (['good', 'good', 'weak'] as const).map(async (name) => world.evaluate(await asking(name), attempt('evaluate'))),
    );
    expect(again?.evidence.digest).toBe(first?.evidence.digest);
    const limits = rules({ robustness: { metric: 'roc_auc', maxDrop: { missing: 0.2, unseen: 0, noise: 0.01 } } });
    const said = async (report: EvidenceRef) => {
      const { record } = await world.gate({ report, rules: limits }, attempt('gate'));
      return [
        ...(record.findings ?? []).filter(({ rule }) => rule === 'robustness').map(({ reason }) => reason),
        ...record.reasons,
      ];
    };
    const good = await said(EvidenceRef.parse(first?.evidence));
    // It gives no score without its first input, of which a tenth is gone.
    expect(good[0]).toMatch(/^with missing values the candidate gives a score for only \d{3} of 1,000 rows$/);
    expect(good[1]).toMatch(
      /^with a little noise in numbers roc_auc is 0\.\d+ instead of 0\.\d+: .*within the 0\.01 allowed$/,
    );
    expect(good).toContain('note: no input can have categories that training never saw, so nothing was tried');
    expect((await said(EvidenceRef.parse(weak?.evidence)))[0]).toMatch(
      /^with missing values the candidate gives no answer: .*ValueError: Input X contains NaN/,
    );
  });

  it('knows which model answers too slowly, and ends whom it asks', async () => {
    // As long as a busy machine takes: how many were asked is not to depend on it.
    const latency = { rows: 1, requests: 200, within: '10m' } as const;
    const limits = rules({ latency: { p99: '80ms', memory: '4GiB', cost: { perHour: 1 } } });
    const asking = async (name: 'good' | 'slow', more: Partial<Parameters<typeof evaluating>[0]> = {}) =>
      evaluating({
        ...{ candidate: await world.candidate(name), champion: await world.champion('weak') },
        ...{ holdout: world.holdout, target: 'late', compare: ['roc_auc'], latency, ...more },
      });
    const judged = async (input: Awaited<ReturnType<typeof asking>>) => {
      const { evidence } = await world.evaluate(input, attempt('evaluate'));
      const { record } = await world.gate({ report: evidence, rules: limits }, attempt('gate'));
      return { evidence, said: record.findings?.filter(({ rule }) => rule === 'latency') ?? [] };
    };
    const good = await judged(await asking('good'));
    expect(good.evidence.latency).toMatchObject({ rows: 1, requests: 200 });
    expect(good.evidence.latency?.candidate.memory).toBeGreaterThan(50 * 2 ** 20);
    // Whether all of the interval is within depends on what else this machine does.
    expect(good.said.map(({ outcome }) => outcome)).not.toContain('refused');
    const slow = await judged(await asking('slow', { latency: { ...latency, requests: 40 } }));
    expect(slow.said[0]).toMatchObject({
      outcome: 'refused',
      reason: expect.stringMatching(
        /^99 of 100 requests of 1 row are answered within \d+ ms .*, longer than the 80 ms allowed; champion v3 takes/,
      ),
    });
    const cancelled = attempt('evaluate');
    const long = await asking('slow', { latency: { ...latency, requests: 100_000, within: '1h' } });
    const running = world.evaluate(long, cancelled);
    await Promise.all([
      cancelled.until(/in turns/).then(() => cancelled.cancel()),
      expect(running).rejects.toThrow('CANCELLED'),
    ]);
    await vi.waitFor(() => expect(serving(world.evaluateDeps.modelFolder)).toEqual([]), { timeout: 30_000 });
  });

  it('judges on rows that no earlier verdict used, never holds a verdict’s own use against it, and says so', async () => {
    const day = (number: number) => new Date(Date.UTC(2013, 0, 1 + number));
    const at = Array.from({ length: world.holdout.rows }, (_, row) => day(Math.floor(row / 100)).toISOString());
    const { uri, digest } = await world.dataset(['time', ...at].join('\n'));
    const origin = {
      window: { column: 'at', from: at[0] as string, to: day(30).toISOString() },
      times: { uri, digest },
    };
    const uses = usesInMemory();
    const { store, tracking } = world.deps;
    const gate = createGate({ store, tracking, tables: world.evaluateDeps.tables, uses });
    const measure = createEvaluate({ ...world.evaluateDeps, uses });
    const run = (id: string) => {
      const each = attempt('evaluate');
      return { ...each, run: { ...each.run, id, model: 'lateness' } };
    };
    const judged = async (id: string, more: object, by: Partial<GateRules>) => {
      const input = evaluating({
        ...{ candidate: await world.candidate('good'), champion: await world.champion('weak'), target: 'late' },
        ...{ holdout: { ...world.holdout, origin }, compare: ['roc_auc'], ...more },
      });
      const { evidence } = await measure(input, run(id));
      return { evidence, ...(await gate({ report: evidence, rules: rules(by) }, run(id))) };
    };
    const earlier = async (key: string, days: number) => {
      const span = { digest: 'md5:earlier', from: day(0).getTime(), to: day(days).getTime() };
      const target = { model: 'lateness', environment: 'dev', asker: key, signal: new AbortController().signal };
      await uses.claim(target, { key, run: key, looks: 1, holdout: span });
    };
    const fresh = [{ fresh: true }, { holdout: 'fresh' }] as const;

    await earlier('a', 20);
    const first = await judged('run/lateness/first', ...fresh);
    expect(first.evidence.reuse).toMatchObject({ verdicts: 1, rows: 2000, fresh: true, look: 1 });
    expect(first.evidence.scored?.eligible).toBe(1000);
    expect(first.evidence.comparisons[0]?.unit).toMatchObject({ by: 'blocks', count: 10 });
    expect(first.record.reasons).toContain(
      '1 earlier verdict used 2,000 of 3,000 rows: these are left out, and the fresh ones decide',
    );
    // The same run again, a retry of it, and one that came meanwhile: the use is one, and nobody's own is held against it.
    const again = await Promise.all(['first', 'first/r1'].map((id) => judged(`run/lateness/${id}`, ...fresh)));
    for (const { evidence, record } of again) expect([evidence, record]).toEqual([first.evidence, first.record]);
    expect(uses.all()).toHaveLength(2);

    // Another candidate finds all rows used: it decides nothing, says how many are missing, and uses none.
    const late = await judged(
      'run/lateness/late',
      { ...fresh[0], candidate: await world.candidate('weak'), champion: await world.champion('good') },
      fresh[1],
    );
    expect(late.record).toMatchObject({ outcome: 'inconclusive', distance: { rows: 100 } });
    expect(late.record.reasons[0]).toMatch(
      /^no row is left that no earlier verdict of this model used \(2 earlier verdicts used all 3,000 rows\)/,
    );
    expect(uses.all()).toHaveLength(2);

    // Where fresh rows are not asked for they are counted, in the verdict and on the page.
    const counted = await judged(
      'run/lateness/counted',
      { candidate: await world.candidate('weak'), champion: await world.champion('good') },
      {},
    );
    expect(counted.evidence.scored?.eligible).toBe(3000);
    expect(counted.record.reasons.at(-1)).toMatch(/^note: 2 earlier verdicts used all 3,000 rows/);
    expect(await stored(counted.record.evidence.html as string)).toContain('2 earlier verdicts used all 3,000 rows');
    expect(Verdict.parse(counted.record)).toEqual(counted.record);
  });

  it('judges on no row that the champion was trained on, and says so in the verdict and the report', async () => {
    const places = (from: number, to: number) => ({ table: 'sha256:all', from, to });
    const { rows } = world.holdout;
    const champion = {
      ...(await world.champion('weak')),
      training: [{ digest: 'md5:old', rows: 9, places: places(0, 50) }],
    };
    const judged = async (from: number) => {
      const input = evaluating({
        candidate: await world.candidate('good'),
        champion,
        holdout: { ...world.holdout, origin: { places: places(from, from + rows) } },
        target: 'late',
        compare: ['roc_auc'],
      });
      const { evidence } = await world.evaluate(input, attempt('evaluate'));
      return { evidence, ...(await world.gate({ report: evidence, rules: rules() }, attempt('gate'))) };
    };
    const { evidence, record, passed } = await judged(20);
    expect(passed).toBe(true);
    expect(evidence.overlap).toMatchObject({
      rows: 30,
      sides: [
        { rows: 0, unknown: true },
        { rows: 30, unknown: false },
      ],
    });
    const said = `30 of ${rows.toLocaleString('en-US')} holdout rows were left out for both sides: champion v3 was trained on these very rows`;
    expect(record.reasons).toContain(`note: ${said}`);
    expect(record.reasons).toContainEqual(expect.stringMatching(/^note: unknown training rows: .*the candidate/));
    const html = await stored(record.evidence.html as string);
    expect(html).toContain(said);
    expect(html).toContain('30 that a side was trained on');
    const all = { ...champion, training: [{ digest: world.holdout.digest, rows }] };
    const none = await world.evaluate(
      evaluating({ candidate: await world.candidate('good'), champion: all, holdout: world.holdout, target: 'late' }),
      attempt('evaluate'),
    );
    const refused = await world.gate({ report: none.evidence, rules: rules() }, attempt('gate'));
    expect(refused).toMatchObject({ passed: false, record: { outcome: 'refused', against: '3', comparison: null } });
    expect(refused.record.reasons[0]).toMatch(/^none of the [\d,]+ holdout rows is left to judge on/);
  });

  it('says of a run as of the past that a champion of a later time stays, and judges the same', async () => {
    const report = await evidence('weak', 'good');
    const asked = attempt('gate');
    const laterChampion = { version: '9', asOf: '2030-01-01T00:00:00.000Z' };
    const [now, past] = await Promise.all([
      world.gate({ report, rules: rules() }, asked),
      world.gate({ report, rules: rules() }, { ...asked, run: { ...asked.run, laterChampion } }),
    ]);
    expect(now.record).not.toHaveProperty('laterChampion');
    expect(past.record.laterChampion).toMatchObject({
      ...laterChampion,
      reason: expect.stringMatching(
        /^later-champion: version 9 is champion now and stays.*\(version 3 was champion then\)$/,
      ),
    });
    expect({ ...past.record, laterChampion: undefined }).toEqual(now.record);
    expect(Verdict.parse(past.record)).toEqual(past.record);
  });
});
