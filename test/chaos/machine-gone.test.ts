import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Harness, ref, startHarness, step } from '../workflows/harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness?.stop());

// Takes its minute of real time: a pending activity stops the clock of the time-skipping server.
test('jobs whose machine is gone are placed on another one, all on the same', async () => {
  const asked: string[] = [];
  const { result } = await harness.run({
    nodes: [step('one', 'host', 1), step('two', 'host', 2)],
    result: [ref('one'), ref('two')],
    steps: { host: (input: never) => input },
    codes: { host: { place: 'host' } },
    plan: (planned) => ({ ...planned, host: 'gone' }),
    placeJob: ({ not }) => {
      asked.push(not);
      return { host: 'here' };
    },
  });
  expect(result.output).toEqual([1, 2]);
  expect(asked.every((host) => host === 'gone')).toBe(true);
});
