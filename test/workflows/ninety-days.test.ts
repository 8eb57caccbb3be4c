/** A quarter of a loop's life: data, drift, late labels, and an approver who is not there. */
import { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  any,
  definePipeline,
  drift,
  evaluate,
  featurize,
  gate,
  newRows,
  performance,
  promote,
  python,
  register,
  schedule,
  train,
  validateData,
} from 'ratchet-ml';
import { simulate } from 'ratchet-ml/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { patiently } from '../servers/patient.ts';
import { testProgram } from '../servers/programs.ts';

let environment: TestWorkflowEnvironment;
beforeAll(async () => {
  const path = testProgram('temporal-test-server', 'RATCHET_TEST_SERVER');
  environment = await patiently(() =>
    TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path } },
    }),
  );
});
afterAll(() => environment?.teardown());

const DAY = 86_400_000;
const churn = definePipeline({
  name: 'churn',
  model: 'churn',
  params: z.object({}),
  graph: ({ champion, asOf, run, when, approval }) => {
    const data = run(validateData, { source: 'data/*.parquet', expectations: [], timeColumn: 't', asOf });
    const features = run(featurize, { data: data.snapshot, target: 'left' });
    const candidate = run(train, { features: features.train, trainer: python('train.py'), target: 'left' });
    const report = run(evaluate, { candidate: candidate.model, champion, holdout: features.holdout, target: 'left' });
    const verdict = run(gate, { report: report.evidence, rules: { metric: 'roc_auc', minimumEffect: 0.002 } });
    when(verdict.passed, () => {
      const answer = approval({
        title: 'Release?',
        evidence: verdict.record,
        by: ['anna'],
        timeout: '2d',
        onTimeout: 'reject',
      });
      when(answer.approved, () => {
        const version = run(register, { candidate: candidate.model, verdict: verdict.record });
        run(promote, { version: version.ref });
      });
    });
  },
  triggers: any(
    newRows({ atLeast: 10_000 }),
    drift({ share: 0.3, windows: 3 }),
    performance({ metric: 'roc_auc', below: 0.65 }),
    schedule('0 2 1 * *'),
  ),
  limits: { coolDown: '5d', budget: { runsPerMonth: 3 } },
  watch: {
    source: 'data/*.parquet',
    target: 'left',
    labelsAfter: '1d',
    provisional: { cohort: '1d', metric: 'roc_auc', tolerance: 0.01 },
  },
});

test('ninety days pass in seconds, and each has its reasons', async () => {
  let models = 0;
  let back = '';
  const result = await simulate({
    environment,
    pipeline: churn,
    days: 90,
    candidate: (asOf) => ({ roc_auc: 0.7 + 0.001 * (Math.floor(Date.parse(asOf) / DAY) % 7) }),
    aged: ({ metrics }, asOf) => ({ roc_auc: (metrics.roc_auc ?? 0) - (asOf ? 0.03 : 0) }),
    // The second promotion turns out worse when its labels are in.
    cohort: () =>
      ++models === 1
        ? { champion: { roc_auc: 0.6 }, previous: { roc_auc: 0.7 } }
        : { champion: { roc_auc: 0.7 }, previous: { roc_auc: 0.69 } },
    approve: ({ date }) => (back !== '' && date >= back ? { by: 'anna', approved: true } : null),
    day: async (day) => {
      if (day.number === 21) back = day.date;
      await day.rows(800);
      // Longer than three days: whatever ran on one of them, three in a row are left.
      if (day.number >= 44 && day.number < 53) await day.drift(0.5);
      if (day.number === 75) await day.metric('roc_auc', 0.61);
      await day.labels(new Date(Date.parse(day.date) - DAY).toISOString());
    },
  });
  const { days, decisions, runs } = result;
  console.log(
    `90 days in ${(result.realMs / 1000).toFixed(1)} s: ${runs.length} runs, ${decisions.length} decisions, ` +
      `${decisions.filter(({ outcome }) => outcome === 'confirmed').length} promotions confirmed, ${decisions.filter(({ outcome }) => outcome === 'rolledBack').length} rolled back`,
  );
  expect(result.simulatedMs).toBeGreaterThanOrEqual(90 * DAY);
  expect(result.simulatedMs).toBeLessThan(91 * DAY);
  expect(days).toHaveLength(90);
  // Twelve days of 800 rows are not enough, thirteen are.
  const rows = days.findIndex((day) =>
    day.decisions.some(({ reasons }) => reasons.some(({ kind }) => kind === 'newRows')),
  );
  expect(rows).toBeGreaterThanOrEqual(12);
  const kinds = new Set(runs.flatMap(({ run }) => run.trigger.reasons?.map(({ kind }) => kind) ?? []));
  expect([...kinds].toSorted()).toEqual(expect.arrayContaining(['drift', 'newRows', 'schedule']));
  // Anna is away for the first three weeks: nothing was released, and each run waited two days for her.
  const early = runs.filter(({ run }) => Date.parse(run.trigger.at) < Date.parse(back) - 2 * DAY);
  expect(early.length).toBeGreaterThan(0);
  for (const { startedAt, endedAt, result: run } of early.filter(({ result: run }) => run.verdict === 'passed')) {
    expect(Date.parse(endedAt) - Date.parse(startedAt), run.runId).toBeGreaterThanOrEqual(2 * DAY);
    expect(run.status).not.toBe('promoted');
  }
  expect(days.slice(0, 20).every(({ champion }) => champion === null)).toBe(true);
  expect(runs.filter(({ result: run }) => run.status === 'promoted').length).toBeGreaterThan(2);
  const outcomes = decisions.map(({ outcome }) => outcome);
  expect(outcomes.filter((outcome) => outcome === 'rolledBack')).toHaveLength(1);
  expect(outcomes).toContain('confirmed');
  // Every day has its decision, and every decision its number.
  expect(days.every((day) => day.decisions.length > 0)).toBe(true);
  expect(decisions.map(({ number }) => number)).toEqual(decisions.map((_, index) => index + 1));
  // The month's budget was never exceeded.
  const months = new Map<string, number>();
  for (const { run } of runs) months.set(run.trigger.at.slice(0, 7), (months.get(run.trigger.at.slice(0, 7)) ?? 0) + 1);
  expect(Math.max(...months.values())).toBeLessThanOrEqual(3);
}, 300_000);
