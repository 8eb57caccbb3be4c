import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EvidenceRef, Verdict } from '#contracts/data.ts';
import { Evidence } from '#contracts/evidence.ts';
import { jsonBytes, jsonProblem, PAYLOAD_LIMIT } from '#contracts/json.ts';
import {
  attempt,
  evaluating,
  evidenceOf,
  gateRules,
  goodAgainstWeak,
  type JudgedWorld,
  startJudgedWorld,
  storedText,
} from './evaluate-world.ts';

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
