/** The last word of a node is in its heartbeats: whoever follows the run has it, and no event tells of it. */
import { Context } from '@temporalio/activity';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Pulse } from '#activities/dispatch/pulse.ts';
import { runProgress } from '#adapters/temporal/runs.ts';
import { followRun } from '#adapters/temporal/start-run.ts';
import type { RunProgress, StepOutcome } from '#contracts/run.ts';
import { createRuns } from '#gateway/recorded-runs.ts';
import { type Harness, startDevServer, startHarness, step } from './harness.ts';

let harness: Harness;
/** Words of a training, until it is told to end. */
const words: string[] = [];
let end: () => void = () => {};
const ended = new Promise<void>((resolve) => {
  end = resolve;
});
const client = () => harness.environment.client;

/** As the dispatcher does it, but that the workflow hears of no word at all: few are told, and later ones are like this. */
async function training(): Promise<StepOutcome> {
  const pulse = new Pulse(Context.current(), async () => {});
  const reporting = setInterval(() => {
    words.push(`epoch ${words.length}`);
    pulse.progress(words.at(-1) ?? '');
  }, 10);
  await ended;
  clearInterval(reporting);
  pulse.stop();
  return { output: null, cached: false, reason: 'computed', key: null, ms: 1 };
}

beforeAll(async () => {
  harness = await startHarness({ environment: await startDevServer(), activities: { default: training } });
});
afterAll(async () => {
  end();
  await harness?.stop();
});

test('everybody who looks at the run has the newest word, and its history has none', async () => {
  const pipeline = harness.pipeline({ nodes: [step('fit', 'train', {})], steps: { train: () => null } });
  const handle = await harness.start(pipeline);
  const { workflowId } = handle;
  const word = (progress: RunProgress) => progress.nodes.find(({ id }) => id === 'fit')?.progress ?? '';
  const epoch = (text: string) => Number(/^epoch (\d+)$/.exec(text)?.[1] ?? -1);
  const ago = 300;
  await expect.poll(async () => epoch(word(await runProgress(client(), workflowId)))).toBeGreaterThan(ago);
  const gateway = createRuns({ client: client(), store: { get: async () => null, list: async function* () {} } });
  const seen = await gateway.find(workflowId);
  expect(seen?.kind === 'live' && epoch(word(seen.progress))).toBeGreaterThan(ago);
  for await (const progress of followRun(handle)) {
    if (epoch(word(progress)) <= ago) continue;
    end();
    break;
  }
  await harness.result(handle);
  expect(words.length).toBeGreaterThan(ago);
  const { events } = await handle.fetchHistory();
  expect(events?.filter((event) => event.workflowExecutionSignaledEventAttributes).length).toBe(0);
});
