/** The verbs. */
import type { Command } from 'commander';
import { approve } from './verbs/approve.ts';
import { backtest } from './verbs/backtest.ts';
import { cancel } from './verbs/cancel.ts';
import { check } from './verbs/check.ts';

import { demo } from './verbs/demo.ts';
import { deploy } from './verbs/deploy.ts';
import { dev } from './verbs/dev.ts';
import { doctor } from './verbs/doctor.ts';
import { down } from './verbs/down.ts';
import { drift } from './verbs/drift.ts';
import { estimate } from './verbs/estimate.ts';
import { fork } from './verbs/fork.ts';
import { gateway } from './verbs/gateway.ts';
import { gc } from './verbs/gc.ts';
import { graph } from './verbs/graph.ts';
import { init } from './verbs/init.ts';
import { logs } from './verbs/logs.ts';
import { loop } from './verbs/loop.ts';
import { plan } from './verbs/plan.ts';
import { profile } from './verbs/profile.ts';
import { quality } from './verbs/quality.ts';
import { retry } from './verbs/retry.ts';
import { rollback } from './verbs/rollback.ts';
import { run } from './verbs/run.ts';
import { runs } from './verbs/runs.ts';
import { schema } from './verbs/schema.ts';
import { show } from './verbs/show.ts';
import { tokens } from './verbs/tokens.ts';
import { trigger } from './verbs/trigger.ts';
import { validate } from './verbs/validate.ts';
import { worker } from './verbs/worker.ts';

/** Adds one verb to the program: its arguments, options and help; its work is imported when it runs. */
export type Verb = (program: Command) => void;

/** By what they are for, as `ratchet help` lists them. */
export const verbs: Record<string, readonly Verb[]> = {
  'Begin:': [demo, doctor, init, dev, down],
  'A pipeline and its runs:': [
    ...[check, plan, graph, schema, run, runs, show, logs],
    ...[approve, retry, fork, cancel, rollback, worker, gc],
  ],
  'Data, without a server or a pipeline:': [quality, validate, drift, estimate, profile],
  'Retraining by itself:': [deploy, trigger, loop, backtest, gateway, tokens],
};
