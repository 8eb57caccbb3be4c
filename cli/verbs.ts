/** The verbs. */
import type { Verb } from './kit/verb.ts';
import { approve } from './verbs/approve/command.ts';
import { backtest } from './verbs/backtest/command.ts';
import { cancel } from './verbs/cancel.ts';
import { check } from './verbs/check/command.ts';
import { data } from './verbs/data/command.ts';
import { demo } from './verbs/demo/command.ts';
import { deploy } from './verbs/deploy/command.ts';
import { dev } from './verbs/dev/command.ts';
import { doctor } from './verbs/doctor.ts';
import { down } from './verbs/down.ts';
import { drift } from './verbs/drift/command.ts';
import { estimate } from './verbs/estimate/command.ts';
import { features } from './verbs/features/command.ts';
import { fork } from './verbs/fork.ts';
import { gate } from './verbs/gate/command.ts';
import { gateway } from './verbs/gateway/command.ts';
import { gc } from './verbs/gc/command.ts';
import { graph } from './verbs/graph/command.ts';
import { init } from './verbs/init/command.ts';
import { logs } from './verbs/logs/command.ts';
import { loop } from './verbs/loop/command.ts';
import { metrics } from './verbs/metrics/command.ts';
import { model } from './verbs/model/command.ts';
import { params } from './verbs/params/command.ts';
import { plan } from './verbs/plan/command.ts';
import { profile } from './verbs/profile/command.ts';
import { quality } from './verbs/quality/command.ts';
import { repro } from './verbs/repro/command.ts';
import { retry } from './verbs/retry.ts';
import { rollback } from './verbs/rollback/command.ts';
import { run } from './verbs/run/command.ts';
import { runs } from './verbs/runs/command.ts';
import { schema } from './verbs/schema.ts';
import { show } from './verbs/show/command.ts';
import { tokens } from './verbs/tokens/command.ts';
import { trigger } from './verbs/trigger.ts';
import { validate } from './verbs/validate/command.ts';
import { worker } from './verbs/worker.ts';

/** By what they are for, as `ratchet help` lists them. */
export const verbs: Record<string, readonly Verb[]> = {
  'Begin:': [demo, doctor, init, dev, down],
  'A pipeline and its runs:': [
    ...[check, plan, graph, schema, run, runs, show, logs],
    ...[approve, retry, fork, cancel, rollback, model, worker, gc],
  ],
  'Data, without a server or a pipeline:': [
    ...[data, repro, metrics, params],
    ...[quality, validate, drift, estimate, profile, gate],
  ],
  'Retraining by itself:': [deploy, trigger, loop, backtest, gateway, tokens],
  'Features:': [features],
};
