/** What the examples of the public API take for granted, beside `z`, Node's `readFile`, `stat`, `sleep` and what the entry points export. */
import type { Client } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { continuousTraining, DatasetRef, defineStep, ModelRef, python } from 'ratchet-ml';
import { z } from 'zod';

export { readFile, stat } from 'node:fs/promises';
export { setTimeout as sleep } from 'node:timers/promises';
export { TestWorkflowEnvironment } from '@temporalio/testing';
export { z } from 'zod';

const never = () => {
  throw new Error('examples are compiled, not run');
};
export const load = defineStep({
  name: 'load',
  input: z.object({ path: z.string() }),
  output: z.object({ rows: DatasetRef, passed: z.boolean(), parts: z.array(DatasetRef) }),
  run: never,
});
export const fit = defineStep({
  name: 'fit',
  input: z.object({ rows: DatasetRef }),
  output: z.object({ model: ModelRef, score: z.number() }),
  run: never,
});
export const steps = { load, fit };
export const churn = continuousTraining({
  name: 'churn',
  data: 'churn.csv',
  target: 'left',
  trainer: python('train.py'),
  rules: { metric: 'roc_auc', minimumEffect: 0.002 },
});
/** Of a program that is connected, and of a test that has begun; no example is run. */
export const client = null as unknown as Client;
export const environment = null as unknown as TestWorkflowEnvironment;
