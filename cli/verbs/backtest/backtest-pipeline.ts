/** `ratchet backtest`: recorded evidence, decided upon anew. Nothing is trained and nothing is changed. */

import { z } from 'zod';
import type { Verdict } from '#contracts/data.ts';
import { issuesInWords } from '#contracts/describe-issues.ts';
import { Evidence } from '#contracts/evidence.ts';
import { UserError } from '#contracts/failures.ts';
import { GateRules } from '#contracts/gate-rules.ts';
import type { LoopInput } from '#contracts/loop/activities.ts';
import { DriftMeasured } from '#contracts/loop/evidence.ts';
import type { LoopPolicy } from '#contracts/loop/policy.ts';
import { evaluate, gate } from '#contracts/stages/index.ts';
import { type Condition, LoopLimits, TriggerCondition } from '#contracts/trigger-condition.ts';
import { type DriftThresholds, rejudged, thresholdsOf } from '#decisions/backtest/drift-thresholds.ts';
import { type Batch, backtest, backtestInWords } from '#decisions/backtest.ts';
import { decideGate } from '#decisions/gate.ts';
import { leaves } from '#decisions/retrain/facts.ts';
import { decisionPages, readPolicy } from '#records/decisions.ts';
import { readDrift } from '#records/drift-results.ts';
import { policiesOf } from '#workers/deploy/policies.ts';
import { createPlanning } from '#workers/planning.ts';
import pc from '../../kit/color.ts';
import { readGivenJson } from '../../kit/given-file.ts';
import { createOutput, shortened, table } from '../../kit/output.ts';
import { recentRecords } from '../../kit/runs/reader.ts';
import { type Session, withSession } from '../../kit/session.ts';
import { limitOf, thresholdOf } from './choices.ts';
import type { BacktestOptions } from './options.ts';

export async function backtestPipeline(pipeline: string, options: BacktestOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withSession(async (session) => {
    if (options.rules) {
      const judged = await judgedAnew(session, pipeline, await read('--rules', options.rules, GateRules));
      out.object({ pipeline, judged });
      if (judged.length === 0) return out.print(`No candidate of ${pipeline} is on record yet.`);
      const rows = judged.map(({ runId, was, is, reason }) => [
        runId.replace(/^run\//, ''),
        was,
        was === is ? pc.dim('the same') : pc.bold(is),
        shortened(reason, 90),
      ]);
      return out.print(table(['run', 'was', 'would be', 'because'], rows));
    }
    const deployed = await readPolicy(session.store, pipeline);
    if (!deployed)
      throw new UserError(
        'InvalidInput',
        `"${pipeline}" is not deployed, so its loop was told nothing: \`ratchet deploy\`.`,
      );
    const batches: Batch[] = [];
    // Written by the loop itself.
    for await (const page of decisionPages(session.store, pipeline))
      for (const { now, inputs } of page.batches) batches.push({ now, inputs: inputs as unknown as LoopInput[] });
    const limits = options.bad === undefined ? undefined : [limitOf(options.bad)];
    const changed = await otherRule(session, deployed, options);
    const told = await judgedBy(changed.thresholds, leaves(changed.policy.triggers), batches, session.store);
    const found = backtest(deployed, changed.policy, { batches, told, ...(limits ? { limits } : {}) });
    const says = backtestInWords(changed.words, found);
    out.object({ pipeline, batches: batches.length, says, ...found });
    const { before, after, same, more, fewer } = found;
    out.print(
      [
        pc.bold(says),
        `${batches.length} batches of evidence. Trainings as deployed: ${before.length}; by the other rule: ${after.length}, ${same} on the same day.`,
        ...more.map(
          ({ at, kind, reason }) => `  ${pc.green('+')} ${at.slice(0, 10)}  ${kind}  ${shortened(reason, 90)}`,
        ),
        ...fewer.map(
          ({ at, kind, reason }) => `  ${pc.red('−')} ${at.slice(0, 10)}  ${kind}  ${shortened(reason, 90)}`,
        ),
        pc.dim(
          'What a training that did not take place would have come to is not known: each counts as one that ended well, and a bad week as\n' +
            'saved when it would have come before it and after the last one that there was.',
        ),
      ].join('\n'),
    );
  });
}

interface OtherRule {
  policy: LoopPolicy;
  thresholds: DriftThresholds;
  /** What is other. */
  words: string;
}

/** From the options; without any, what the pipeline's file says now. */
async function otherRule(session: Session, deployed: LoopPolicy, options: BacktestOptions): Promise<OtherRule> {
  const chosen = options.threshold.map(thresholdOf);
  const named = chosen.map(([method, value]) => `${method === 'psi' ? 'PSI' : method} ${value}`).join(', ');
  const methods = Object.fromEntries(chosen);
  if (options.triggers)
    return {
      policy: { ...deployed, ...(await read('--triggers', options.triggers, Changed)) },
      thresholds: { methods, columns: {} },
      words: named ? `The rule of ${options.triggers} with ${named}` : `The rule of ${options.triggers}`,
    };
  if (named) return { policy: deployed, thresholds: { methods, columns: {} }, words: named };
  const policy = await written(session, deployed);
  return { policy, thresholds: thresholdsOf(policy.watch?.drift), words: 'The rule as it is written now' };
}

/** The same batches, their drift judged by other thresholds, on every column of the check as far as the store has it. */
async function judgedBy(
  thresholds: DriftThresholds,
  conditions: readonly Condition[],
  batches: readonly Batch[],
  store: Session['store'],
): Promise<readonly Batch[]> {
  if (Object.keys(thresholds.methods).length + Object.keys(thresholds.columns).length === 0) return batches;
  const asked = new Set(conditions.flatMap((each) => (each.kind === 'drift' && each.column ? [each.column] : [])));
  const anew = async (input: LoopInput): Promise<LoopInput> => {
    if (input.kind !== 'evidence' || input.signal !== 'driftMeasured') return input;
    const measured = DriftMeasured.safeParse(input.raw).data;
    if (!measured) return input;
    const check = measured.result && (await readDrift(store, store.key(measured.result.uri)));
    const whole = check && Object.entries(check.result.columns).map(([name, column]) => ({ ...column, name }));
    const bare = whole?.map(({ name, drifted, method, value, threshold, chance, level }) => ({
      ...{ name, drifted, method, value, threshold },
      ...(typeof chance === 'number' ? { chance } : {}),
      ...(level === undefined ? {} : { level }),
    }));
    return { ...input, raw: rejudged(measured, bare ?? null, thresholds, asked) };
  };
  return Promise.all(
    batches.map(async ({ now, inputs }) => ({ now, inputs: await Promise.all(inputs.map((input) => anew(input))) })),
  );
}

const Changed = z
  .strictObject({ triggers: TriggerCondition.optional(), limits: LoopLimits.optional() })
  .transform(({ triggers, limits }) => ({ ...(triggers ? { triggers } : {}), ...(limits ? { limits } : {}) }));

/** Triggers, limits and watch as the pipeline's file has them now. */
async function written(session: Session, deployed: LoopPolicy): Promise<LoopPolicy> {
  const planning = createPlanning(session);
  const loaded = await planning.describeAll().finally(() => planning.close());
  const { pipeline } = deployed;
  const policy = policiesOf(loaded, session.environment).find((each) => each.pipeline === pipeline);
  if (!policy)
    throw new UserError(
      'InvalidInput',
      `pipelines/${pipeline} has no triggers now: give other ones with --triggers FILE.`,
    );
  return { ...deployed, triggers: policy.triggers, limits: policy.limits, watch: policy.watch };
}

async function judgedAnew(session: Session, pipeline: string, rules: z.output<typeof GateRules>) {
  const records = await recentRecords(session, pipeline, 500);
  const judged: {
    runId: string;
    was: Verdict['outcome'];
    is: Verdict['outcome'];
    reason: string;
  }[] = [];
  for (const { run, outcomes } of records.reverse()) {
    const output = (name: string) => outcomes.find(({ step }) => step === name)?.output;
    const evidence = evaluate.output.safeParse(output(evaluate.name)).data?.evidence;
    const was = gate.output.safeParse(output(gate.name)).data?.record;
    const body = evidence && (await session.store.get(session.store.key(evidence.uri)));
    if (!was || !body) continue;
    const decision = decideGate({ evidence: Evidence.parse(JSON.parse(Buffer.from(body).toString('utf8'))), rules });
    judged.push({ runId: run.id, was: was.outcome, is: decision.outcome, reason: decision.reasons[0] ?? '' });
  }
  return judged;
}

async function read<S extends z.ZodType>(option: string, path: string, schema: S): Promise<z.output<S>> {
  const given = await readGivenJson(option, path);
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new UserError('InvalidInput', `${option} ${path} does not fit: ${issuesInWords(parsed.error, given)}`);
}
