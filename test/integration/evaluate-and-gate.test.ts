/** Candidate and champion measured on the same holdout and judged by the gate, with every real part. */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createEvaluate } from '#activities/model/evaluate/evaluate.ts';
import { createGate } from '#activities/release/gate.ts';
import { EvidenceRef, Verdict } from '#contracts/data.ts';
import { Evidence } from '#contracts/evidence.ts';
import { GateRules } from '#contracts/gate-rules.ts';
import { jsonBytes, jsonProblem, PAYLOAD_LIMIT } from '#contracts/json.ts';
import { attempt, evaluating, type JudgedWorld, startJudgedWorld, usesInMemory } from './evaluate-world.ts';

let world: JudgedWorld;
beforeAll(async () => {
  world = await startJudgedWorld();
}, 300_000);
afterAll(() => world?.close());

const stored = async (uri: string) =>
  Buffer.from((await world.deps.store.get(world.deps.store.key(uri))) as Uint8Array).toString('utf8');
const against = async () =>
  evaluating({
    candidate: await world.candidate('good'),
    champion: await world.champion('weak'),
    holdout: world.holdout,
    target: 'late',
    slices: ['carrier', 'origin'],
  });

describe('two classes', () => {
  it('measures both models as scikit-learn does, and compares them in pairs', async () => {
    const { evidence } = await world.evaluate(await against(), attempt('evaluate'));
    for (const metric of ['roc_auc', 'average_precision', 'log_loss']) {
      expect(evidence.candidate.metrics[metric]).toBeCloseTo(world.models.good[metric] as number, 11);
      expect(evidence.champion?.metrics[metric]).toBeCloseTo(world.models.weak[metric] as number, 11);
    }
    const auc = evidence.comparisons.find(({ metric }) => metric === 'roc_auc');
    expect(auc?.lower).toBeGreaterThan(0);
    expect(auc?.upper).toBeLessThan(0.2);
    expect(evidence).toMatchObject({
      rows: world.models.good ? world.holdout.rows : 0,
      dropped: { target: 0, candidate: 0, champion: 0 },
      champion: { version: '3' },
    });
    expect(jsonProblem(EvidenceRef.parse(evidence))).toBeNull();
    expect(jsonBytes(evidence)).toBeLessThan(PAYLOAD_LIMIT);
    const whole = Evidence.parse(JSON.parse(await stored(evidence.uri)));
    expect(whole.classes).toEqual(['0', '1']);
    expect(whole.confusion?.candidate.flat().reduce((sum, count) => sum + count)).toBe(world.holdout.rows);
    expect(whole.slices.filter(({ column }) => column === 'origin').map(({ value }) => value)).toEqual([
      '(missing)',
      'JFK',
    ]);
    expect(whole.slices.find(({ value }) => value.startsWith('<script>'))).toMatchObject({
      candidate: {},
      champion: {},
    });
  });

  it('gives the same bytes again, and a report that runs nothing of the data’s', async () => {
    const input = await against();
    const [first, second] = await Promise.all([
      world.evaluate(input, attempt('evaluate')),
      world.evaluate(input, attempt('evaluate')),
    ]);
    expect(second).toEqual(first);
    const html = await stored(first.evidence.html as string);
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(html).not.toContain('<script>alert');
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html.replaceAll(/http:\/\/www\.w3\.org\/[\w/]+/g, '')).not.toMatch(/https?:\/\//);
    expect(html.length).toBeLessThan(300_000);
  });

  it('leaves out rows without a target or a score, and says how many', async () => {
    const input = evaluating({
      candidate: await world.candidate('good'),
      champion: null,
      holdout: world.missing,
      target: 'late',
    });
    const { evidence } = await world.evaluate(input, attempt('evaluate'));
    expect(evidence.dropped).toEqual({ target: 10, candidate: 30, champion: 0 });
    expect(evidence.champion).toBeNull();
    expect(evidence.comparisons).toEqual([]);
    expect(evidence.candidate.metrics.roc_auc).toBeGreaterThan(0.6);
  });

  it('finds no difference between a model and itself', async () => {
    const input = evaluating({
      candidate: await world.candidate('good'),
      champion: await world.champion('good'),
      holdout: world.holdout,
      target: 'late',
      compare: ['log_loss'],
    });
    const { evidence } = await world.evaluate(input, attempt('evaluate'));
    expect(evidence.comparisons).toEqual([
      expect.objectContaining({ metric: 'log_loss', difference: 0, lower: 0, upper: 0 }),
    ]);
    expect(Object.keys(evidence.candidate.metrics)[0]).toBe('log_loss');
  });
});

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

describe('what cannot be judged', () => {
  it('names the champion whose files are gone, and what to do', async () => {
    const gone = {
      ...(await world.champion('weak', '7')),
      uri: 'models:/m-00000000000000000000000000000000',
      digest: 'sha256:gone',
    };
    const input = evaluating({
      candidate: await world.candidate('good'),
      champion: gone,
      holdout: world.holdout,
      target: 'late',
    });
    await expect(world.evaluate(input, attempt('evaluate'))).rejects.toThrow(
      /The files of champion v7 of lateness .* cannot be used: .*ratchet rollback/,
    );
  });
  it('names the champion that does not fit the holdout', async () => {
    const { columns } = world.holdout;
    const input = evaluating({
      candidate: await world.candidate('good'),
      champion: await world.champion('minutes', '2'),
      holdout: { ...world.holdout, columns },
      target: 'b',
      task: 'regression',
    });
    await expect(world.evaluate(input, attempt('evaluate'))).rejects.toThrow(/reads 'b'/);
  });
  it('names columns and metrics that are there', async () => {
    const input = await against();
    await expect(world.evaluate({ ...input, target: 'delay' }, attempt('evaluate'))).rejects.toThrow(
      /target "delay" is no column of the holdout, which has .*late/,
    );
    await expect(world.evaluate({ ...input, slices: ['airline'] }, attempt('evaluate'))).rejects.toThrow(
      /slice column "airline"/,
    );
    await expect(world.evaluate({ ...input, compare: ['rmse'] }, attempt('evaluate'))).rejects.toThrow(
      /"rmse", which is no metric of a binary task/,
    );
    await expect(world.evaluate({ ...input, target: 'kind' }, attempt('evaluate'))).rejects.toThrow(
      /none of the model's classes|two classes/,
    );
  });
  it('stops when it is cancelled', async () => {
    const cancelled = attempt('evaluate');
    const running = world.evaluate(await against(), cancelled);
    await Promise.all([
      cancelled.until(/predict/).then(() => cancelled.cancel()),
      expect(running).rejects.toThrow('CANCELLED'),
    ]);
  });
});

/** Serving processes of models in this folder. */
const serving = (folder: string) =>
  execFileSync('ps', ['-eww', '-o', 'args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('predict.py --one') && line.includes(folder));

const rules = (more: Partial<GateRules> = {}) =>
  GateRules.parse({ metric: 'roc_auc', minimumEffect: 0.002, floors: { roc_auc: 0.6 }, ...more });
async function evidence(candidate: 'good' | 'weak', champion: 'good' | 'weak' | null): Promise<EvidenceRef> {
  const input = {
    candidate: await world.candidate(candidate),
    champion: champion && (await world.champion(champion)),
    holdout: world.holdout,
    target: 'late',
    slices: ['carrier'],
  };
  return EvidenceRef.parse((await world.evaluate(evaluating(input), attempt('evaluate'))).evidence);
}

describe('the gate', () => {
  it('lets the better model through and refuses it the other way round', async () => {
    const there = await world.gate({ report: await evidence('good', 'weak'), rules: rules() }, attempt('gate'));
    expect(there).toMatchObject({ passed: true, record: { outcome: 'passed', against: '3', distance: {} } });
    expect(there.record.reasons[0]).toMatch(
      /^roc_auc 0\.\d+ against champion v3's 0\.\d+: better by 0\.\d+ \(95 % interval \+0\.\d+ … \+0\.\d+\), above the minimum effect of 0\.002$/,
    );
    const back = await world.gate({ report: await evidence('weak', 'good'), rules: rules() }, attempt('gate'));
    expect(back.record).toMatchObject({ outcome: 'refused', distance: { roc_auc: expect.any(Number) } });
    expect(Verdict.parse(back.record)).toEqual(back.record);
  });

  it('is undecided about an effect that the holdout cannot show', async () => {
    const reference = await evidence('good', 'weak');
    const { difference } = reference.comparisons.find(({ metric }) => metric === 'roc_auc') as { difference: number };
    const { record } = await world.gate(
      { report: reference, rules: rules({ minimumEffect: difference }) },
      attempt('gate'),
    );
    expect(record.outcome).toBe('inconclusive');
  });

  it('gives the same verdict to whoever asks, and the champion itself a pass', async () => {
    const report = await evidence('good', 'weak');
    const [first, second] = await Promise.all(
      [1, 2].map(() => world.gate({ report, rules: rules() }, attempt('gate'))),
    );
    expect(second).toEqual(first);
    const same = await world.gate({ report: await evidence('good', 'good'), rules: rules() }, attempt('gate'));
    expect(same.record).toMatchObject({
      outcome: 'passed',
      already: true,
      reasons: ['this model is the champion already (v3, the same bytes)'],
    });
    expect(same.record.digest).not.toBe(first?.record.digest);
  });

  it('refuses what a check of the user’s own found wrong, and says it in the report', async () => {
    const failed = { name: 'contract tests', passed: false, tests: 3, failures: ['test_<b>_field: assert 1 == 2'] };
    const report = await evidence('good', 'weak');
    const { record, passed } = await world.gate({ report, rules: rules(), checks: [failed] }, attempt('gate'));
    expect([passed, record.outcome, record.distance['check contract tests']]).toEqual([false, 'refused', 1]);
    expect(await stored(record.evidence.html as string)).toContain('test_&lt;b&gt;_field: assert 1 == 2');
    const fine = { name: 'contract tests', passed: true, tests: 3 };
    expect(await world.gate({ report, rules: rules(), checks: [fine] }, attempt('gate'))).toMatchObject({
      passed: true,
    });
  });

  it('tells it in the report and on the candidate’s run', async () => {
    const { record } = await world.gate({ report: await evidence('good', 'weak'), rules: rules() }, attempt('gate'));
    const html = await stored(record.evidence.html as string);
    expect(html).toContain('Passed');
    expect(html).toContain('minimum effect 0.002');
    const run = await world.deps.tracking.run(world.models.good.runId);
    expect(run.tags).toMatchObject({
      'ratchet.verdict': 'passed',
      'ratchet.verdict.digest': record.digest,
      'ratchet.verdict.against': '3',
    });
    expect(run.metrics.holdout_roc_auc).toBeCloseTo(world.models.good.roc_auc as number, 9);
    const sliced = Object.keys(run.metrics).filter((name) => name.startsWith('slice/carrier/'));
    expect(sliced.some((name) => name.endsWith('/roc_auc_better_by'))).toBe(true);
    const data = JSON.parse(await stored((record.evidence.html as string).replace(/html$/, 'json')));
    expect(data).toMatchObject({ verdict: { outcome: 'passed' }, brief: { change: expect.any(Array) } });
    expect(data.examples.worse.shown.length).toBeGreaterThan(0);
    // The carrier is a slice; one of its values is longer than a name.
    expect(data.examples.columns.concat(data.examples.hidden)).toEqual(['carrier']);
    const listing = await fetch(`${world.mlflow.url}/api/2.0/mlflow/artifacts/list?run_id=${run.runId}&path=ratchet`);
    const { files } = (await listing.json()) as { files: { path: string }[] };
    expect(files.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        'ratchet/confusion-matrix.svg',
        expect.stringMatching(/^ratchet\/report-[0-9a-f]{12}\.html$/),
        expect.stringMatching(/^ratchet\/report-[0-9a-f]{12}\.json$/),
      ]),
    );
  });

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

  it('judges by what was measured: evidence that is gone or changed is refused', async () => {
    const report = await evidence('good', null);
    expect((await world.gate({ report, rules: rules() }, attempt('gate'))).record).toMatchObject({
      outcome: 'passed',
      against: null,
      comparison: null,
    });
    const changed = { ...report, digest: `sha256:${'0'.repeat(64)}` };
    await expect(world.gate({ report: changed, rules: rules() }, attempt('gate'))).rejects.toThrow(
      /holds other bytes than were judged on/,
    );
    const gone = { ...report, uri: report.uri.replace(/[0-9a-f]{64}/, 'f'.repeat(64)) };
    await expect(world.gate({ report: gone, rules: rules() }, attempt('gate'))).rejects.toThrow(
      /no longer in the object store/,
    );
    await expect(world.gate({ report, rules: rules({ metric: 'gini' }) }, attempt('gate'))).rejects.toThrow(
      /"gini", which the evaluation did not measure/,
    );
  });
});
