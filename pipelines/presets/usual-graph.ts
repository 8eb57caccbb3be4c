/** The graph of continuousTraining: validate → featurize → train → evaluate → gate → register → promote. */
import type { z } from 'zod';
import { type Duration, milliseconds } from '#contracts/duration.ts';
import type { GateRules } from '#contracts/gate-rules.ts';
import type { Json } from '#contracts/json.ts';
import type { Split } from '#contracts/stages/featurize.ts';
import { evaluate, featurize, gate, promote, register, train, validateData } from '#contracts/stages/index.ts';
import type { GraphContext } from '../define-pipeline.ts';
import { askedOfEvaluate } from './asked-of-evaluate.ts';
import type { ContinuousTraining } from './options.ts';

export function usualGraph(
  options: ContinuousTraining,
  rules: GateRules,
  splitAt: (asOf: string) => Split,
  { params, champion, asOf, run, when, approval }: GraphContext<z.ZodObject>,
) {
  const { target, time, task = 'binary' } = options;
  const until = (timeColumn: string | undefined, end = asOf) => (timeColumn ? { asOf: end, timeColumn } : {});
  const labelled = labelledUntil(asOf, options.labelsAfter);
  const data = run(validateData, {
    source: options.data,
    ...options.reading,
    expectations: list(options.expectations),
    ...until(time, labelled),
  });
  const views = list(options.views).map(({ source, reading, expectations, ...view }) => {
    const checked = run(
      validateData,
      { source, ...reading, expectations: list(expectations), ...until(view.time) },
      { id: view.name },
    );
    return { ...view, data: checked.snapshot };
  });
  const features = run(featurize, {
    data: data.snapshot,
    time,
    views,
    derive: options.derive ?? {},
    where: options.where,
    select: options.select,
    leakage: list(options.leakage),
    target,
    split: splitAt(labelled),
  });
  const { asOf: _, ...hyperparameters } = params as Record<string, Json>;
  const candidate = run(train, { features: features.train, trainer: options.trainer, params: hyperparameters, target });
  const report = run(evaluate, {
    candidate: candidate.model,
    champion,
    holdout: features.holdout,
    target,
    task,
    compare: [rules.metric],
    slices: list(options.slices),
    ...askedOfEvaluate(rules),
    ...options.evaluate,
  });
  const checks = list(options.checks).map((step) => run(step, { model: candidate.model }).check);
  const verdict = run(gate, { report: report.evidence, rules, ...(checks.length > 0 ? { checks } : {}) });
  const { approval: rule } = rules;
  if (rule) {
    const { by, roles, quorum, timeout = '7d', escalateAfter, escalateTo } = rule;
    const answer = when(verdict.needsApproval, () =>
      approval({
        ...{ title: `Promote to champion of ${options.model ?? options.name}?`, evidence: verdict.record },
        ...{ by: list(by), roles: list(roles), quorum, timeout, onTimeout: 'reject', escalateAfter, escalateTo },
      }),
    ).otherwise(() => ({ approved: verdict.passed, by: '', note: '' }));
    const release = when(answer.approved, () => {
      const version = run(register, { candidate: candidate.model, verdict: verdict.record, approval: answer });
      return run(promote, { version: version.ref });
    });
    return { verdict: verdict.record, metrics: candidate.metrics, release };
  }
  const release = when(verdict.passed, () => {
    const version = run(register, { candidate: candidate.model, verdict: verdict.record });
    return run(promote, { version: version.ref });
  });
  return { verdict: verdict.record, metrics: candidate.metrics, release };
}

/** Labels of rows before this time are known `asOf`. */
function labelledUntil(asOf: string, labelsAfter: Duration | undefined): string {
  return labelsAfter === undefined ? asOf : new Date(Date.parse(asOf) - milliseconds(labelsAfter)).toISOString();
}

const list = <T>(items: readonly T[] | undefined): readonly T[] => items ?? [];
