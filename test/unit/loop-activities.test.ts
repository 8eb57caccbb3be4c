/** A loop whose store is away, or refuses: it waits, and takes nothing for the truth that it could not read. */
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { asActivities } from '#activities/dispatch/failure.ts';
import { createWatchActivities } from '#activities/watch/activities.ts';
import type { WatchDeps } from '#activities/watch/deps.ts';
import { createLoopActivities } from '#activities/watch/loop-activities.ts';
import { UserError } from '#contracts/failures.ts';
import type { LoopPolicy } from '#contracts/loop/policy.ts';
import { decideLoop } from '#decisions/retrain.ts';
import type { ObjectStore } from '#ports/store.ts';
import { Story } from './retrain/story.ts';

const refused = async () => {
  throw new UserError('OutsideRefused', 'the object store refuses these credentials');
};
const store = { put: refused, get: refused } as Partial<ObjectStore> as ObjectStore; // All that is asked of it.
const result = { status: 'promoted', verdict: 'passed', modelVersion: '2', reasons: [] };
const loops = {
  runState: async () => ({ kind: 'closed', how: 'completed', result, words: '' }) as never, // A run's end in brief.
};
const activities = asActivities(createLoopActivities({ store, loops }));
const page = () => {
  const { decisions } = decideLoop({
    policy: new Story().policy,
    memory: null,
    inputs: [{ kind: 'configured', by: 'me' }],
    now: '2026-01-01T00:00:00.000Z',
  });
  return { decisions, batches: [] };
};

it.each([
  ['a page of decisions', 'writeDecisions', page()],
  ['the policy', 'loopPolicy', { pipeline: 'p' }],
  ['how a run ended', 'runEnd', { runId: 'run/p/1' }],
])('%s is tried again until the store takes the credentials: giving up would end the loop', async (_, name, asked) => {
  const error = await activities[name]?.(asked as never).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(ApplicationFailure);
  expect(error).toMatchObject({ type: 'OutsideRefused', nonRetryable: false });
});

describe('what a watch or a firing that was under way tells', () => {
  const told: string[] = [];
  const telling = (runs: boolean, stored: LoopPolicy | null) => {
    const watching = {
      store: { get: async () => (stored ? Buffer.from(JSON.stringify(stored)) : null) },
      loops: {
        runs: async () => runs,
        tell: async (_: unknown, { signal }: { signal: string }) => told.push(signal),
        tellWatched: async () => told.push('watched'),
      },
    } as unknown as WatchDeps; // All that is asked of it.
    const environment = new MockActivityEnvironment();
    const { tellFired, tellFindings } = createWatchActivities(watching);
    const target = { pipeline: 'p', environment: 'dev' };
    return async () => {
      told.length = 0;
      await environment.run(tellFired, { ...target, cron: '0 1 * * * UTC', at: '2026-01-01T00:00:00Z', id: 'x' });
      await environment.run(tellFindings, { ...target, evidence: [], mark: null, handMove: null });
      return told;
    };
  };
  const { policy } = new Story();

  it('does not bring back a loop that was taken down', async () => {
    expect(await telling(false, null)()).toEqual([]);
  });

  it.each([
    ['is there', true, null],
    ['is gone, of a pipeline that is deployed', false, policy],
  ] as const)('reaches a loop that %s', async (_, runs, stored) => {
    expect(await telling(runs, stored)()).toEqual(['fired', 'watched']);
  });
});
