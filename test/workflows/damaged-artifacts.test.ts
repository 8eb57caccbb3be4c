/** An artifact that a step finds gone or damaged is made again by whoever made it, in the same run; all else is kept. */
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StepCall } from '#contracts/run.ts';
import { type Harness, ref, startHarness, step } from './harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness?.stop());

const damaged = (uri: string) => ApplicationFailure.nonRetryable(`${uri} holds other bytes`, 'ArtifactDamaged', uri);

/** A store of names, and steps that make and read what lies there. */
function world() {
  const whole = new Set<string>();
  const asked: Record<string, StepCall['damaged']> = {};
  return {
    whole,
    asked,
    steps: {
      make: (name: never, call: StepCall) => {
        whole.add(`s3://b/${name}`);
        asked[call.node] = call.damaged;
        return { kind: 'file', uri: `s3://b/${name}` };
      },
      damage: ({ uri }: never) => {
        whole.delete(uri);
        return null;
      },
      read: ({ uri }: never) => {
        if (!whole.has(uri)) throw damaged(uri);
        return `read ${uri}`;
      },
      effect: () => 'registered',
    },
  };
}

test('the step that made it makes it again; what did not depend on it is kept', async () => {
  const { steps, asked } = world();
  let hurt = false;
  const { handle, result } = await harness.run({
    nodes: [
      step('data', 'make', 'rows'),
      step('other', 'make', 'model'),
      step('effect', 'effect', ref('data')),
      step('hurt', 'once', ref('data'), { after: ['effect'] }),
      step('use', 'read', ref('data'), { after: ['hurt', 'other'] }),
    ],
    result: ref('use'),
    steps: {
      ...steps,
      once: (data: never) => {
        if (!hurt) steps.damage(data);
        hurt = true;
        return null;
      },
    },
  });
  expect(result).toMatchObject({ status: 'finished', output: 'read s3://b/rows' });
  expect(['data', 'other', 'effect', 'use'].map((node) => harness.called(handle, node))).toEqual([2, 1, 1, 2]);
  // The cache is told not to serve it.
  expect(asked).toEqual({ data: ['s3://b/rows'], other: undefined });
  expect(
    harness.records
      .get(handle.workflowId)
      ?.outcomes.map(({ id }) => id)
      .toSorted(),
  ).toEqual(['data', 'effect', 'hurt', 'other', 'use']);
});

test('in an attempt, in a map and in a wide map alike', async () => {
  const { steps, whole } = world();
  const names = Array.from({ length: 230 }, (_, i) => i);
  const broken = new Set(['few', 'tried', 'many']);
  const { handle, result } = await harness.run({
    nodes: [
      step('few', 'make', 'few'),
      step('tried', 'make', 'tried'),
      step('many', 'make', 'many'),
      step('hurt', 'hurt', [ref('few'), ref('tried'), ref('many')]),
      {
        id: 'try',
        kind: 'attempt',
        blocks: [
          { nodes: [step('in-try', 'read', ref('tried'), { after: ['hurt'] })], result: ref('in-try') },
          { nodes: [step('caught', 'effect', null)], result: ref('caught') },
        ],
      },
      {
        id: 'small',
        kind: 'mapSettled',
        input: [1, 2],
        after: ['hurt'],
        blocks: [{ nodes: [step('in-map', 'read', ref('few'))], result: ref('in-map') }],
      },
      {
        id: 'fit',
        kind: 'map',
        input: names,
        after: ['hurt'],
        blocks: [{ nodes: [step('use', 'read', ref('many'))], result: ref('use') }],
      },
    ],
    result: { tried: ref('try'), small: ref('small'), wide: ref('fit') },
    steps: {
      ...steps,
      hurt: () => {
        for (const name of broken) whole.delete(`s3://b/${name}`);
        broken.clear();
        return null;
      },
    },
  });
  expect(result.status).toBe('finished');
  expect(result.output).toEqual({
    tried: 'read s3://b/tried',
    small: [
      { ok: true, value: 'read s3://b/few' },
      { ok: true, value: 'read s3://b/few' },
    ],
    wide: names.map(() => 'read s3://b/many'),
  });
  expect(harness.called(handle, 'caught')).toBe(0);
  expect(['few', 'tried', 'many', 'hurt'].map((node) => harness.called(handle, node))).toEqual([2, 2, 2, 1]);
});

test('what nobody in the run made, and what is damaged again at once, ends it with the reason', async () => {
  const { steps } = world();
  const foreign = await harness
    .run({ nodes: [step('use', 'read', { uri: 's3://else/where' })], steps })
    .catch((error) => error.cause as ApplicationFailure);
  expect(foreign).toMatchObject({ type: 'RunFailed', message: 'node use: s3://else/where holds other bytes' });
  let made = 0;
  const again = harness.pipeline({
    nodes: [step('data', 'make', 'rows'), step('use', 'read', ref('data'))],
    steps: {
      ...steps,
      make: () => {
        made++;
        return { uri: 's3://b/rows' };
      },
    },
  });
  const handle = await harness.start(again);
  await expect(harness.result(handle)).rejects.toMatchObject({ cause: { type: 'RunFailed' } });
  expect(made).toBe(2);
  // A retry of this run does not keep what is damaged.
  const record = harness.records.get(handle.workflowId);
  expect(record?.outcomes.map(({ id }) => id)).toEqual([]);
  expect(record?.failure).toMatchObject({ type: 'ArtifactDamaged', artifact: 's3://b/rows' });
});
