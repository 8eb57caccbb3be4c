/** Provisional champions: measured when their labels are in, rolled back when they are worse. */
import { log, proxyActivities } from '@temporalio/workflow';
import type { LoopInput, WatchActivities } from '#contracts/loop/activities.ts';
import type { Provisional } from '#contracts/loop/answers.ts';
import type { LoopPolicy } from '#contracts/loop/policy.ts';
import { describe } from '../run/interpreter/failure.ts';

const watch = proxyActivities<WatchActivities>({
  startToCloseTimeout: '2h',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
});

/** What measuring came to; one that cannot be measured is looked at again later. */
export async function judged(policy: LoopPolicy, provisional: Provisional): Promise<LoopInput> {
  try {
    return { kind: 'judged', judgement: await watch.judgeCohort({ policy, provisional }) };
  } catch (error) {
    log.warn('a cohort could not be judged', { version: provisional.version, error: describe(error).message });
    const { runId, version } = provisional;
    const metric = policy.watch?.provisional?.metric ?? '';
    return {
      kind: 'judged',
      judgement: { runId, version, metric, champion: null, previous: null, higherIsBetter: true, rows: 0 },
    };
  }
}

export async function rolledBack(policy: LoopPolicy, order: Provisional & { words: string }): Promise<LoopInput> {
  const { words, ...provisional } = order;
  try {
    const { done, words: outcome } = await watch.rollBack({ policy, provisional, words });
    return { kind: 'rolledBack', runId: provisional.runId, done, words: `${words}; ${outcome}` };
  } catch (error) {
    const { message } = describe(error);
    return {
      kind: 'rolledBack',
      runId: provisional.runId,
      done: false,
      again: true,
      words: `${words}; not rolled back: ${message}`,
    };
  }
}
