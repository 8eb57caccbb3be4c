/** A loop whose store is away, or refuses: it waits, and takes nothing for the truth that it could not read. */
import { ApplicationFailure } from '@temporalio/common';
import { expect, it } from 'vitest';
import { asActivities } from '#activities/dispatch/failure.ts';
import type { ObjectStore } from '#activities/ports/store.ts';
import { createLoopActivities } from '#activities/watch/loop-activities.ts';
import { UserError } from '#contracts/failures.ts';
import { decideLoop } from '#decisions/retrain.ts';
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
