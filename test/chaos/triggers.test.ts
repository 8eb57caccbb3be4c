/** One event told a thousand times, from eight processes at once, by signal, gateway and webhook: one run, with every reason. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { workflowId } from '#contracts/names.ts';
import { type GatewayWorld, startGatewayWorld } from '../servers/gateway-world.ts';
import type { SenderTask } from './trigger-sender.ts';

const PROCESSES = 8;
const EACH = 125;
const secret = 'what the sender and we know';
const pipeline = 'burst';
const at = '2026-11-23T12:00:00.000Z';

let world: GatewayWorld;
beforeAll(async () => {
  world = await startGatewayWorld({ RATCHET_GITHUB_SECRET: secret });
});
afterAll(() => world?.close());

async function send(task: SenderTask): Promise<string[]> {
  const sender = new URL('./trigger-sender.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--import', 'tsx', sender, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
  return JSON.parse(said);
}

it('a thousand deliveries of three events are one run for three reasons', async () => {
  const push = JSON.parse(readFileSync(new URL('../golden/events/github_push.json', import.meta.url), 'utf8'));
  push.repository.pushed_at = Math.floor(Date.now() / 1_000);
  await world.deploy(pipeline, {
    triggers: {
      kind: 'any',
      of: [
        { kind: 'newRows', atLeast: 20_000 },
        { kind: 'performance', metric: 'roc_auc', below: 0.65, windows: 1 },
        { kind: 'codeChange', paths: ['params.yaml'] },
      ],
    },
    limits: { debounce: '10s' },
  });
  const task: SenderTask = {
    address: world.address,
    gateway: world.gateway.url,
    token: world.gateway.token(`${pipeline}:trigger`),
    secret,
    pipeline,
    deliveries: EACH,
    at,
    push: JSON.stringify(push),
  };
  const acknowledged = (await Promise.all(Array.from({ length: PROCESSES }, () => send(task)))).flat();
  // A push that was acknowledged before is answered, and told no second time.
  expect(acknowledged.length).toBeGreaterThan((PROCESSES * EACH * 4) / 5);
  const status = async () => world.loops.status(pipeline).catch(() => null);
  await expect.poll(status, { timeout: 300_000, interval: 500 }).toMatchObject({
    decisions: expect.arrayContaining([expect.objectContaining({ outcome: 'ended' })]),
  });
  const { decisions, taken } = await world.loops.status(pipeline);
  const runs = decisions.filter(({ outcome }) => outcome === 'run');
  expect(runs).toHaveLength(1);
  expect(new Set(runs[0]?.reasons.map(({ kind }) => kind))).toEqual(new Set(['newRows', 'performance', 'codeChange']));
  expect(world.loops.harness.plans).toHaveLength(1);
  expect(world.loops.harness.plans[0]?.workflowId).toBe(runs[0]?.runId);
  expect(runs[0]?.runId).toMatch(new RegExp(`^${workflowId.run(pipeline, '')}`));
  // Each id that was acknowledged to a sender is in a decision, once.
  const decided = decisions.flatMap(({ evidence }) => evidence);
  expect([...decided].sort()).toEqual([...new Set(acknowledged)].sort());
  // The client's two, the same two as the token's own, and the push.
  expect(new Set(decided).size).toBe(5);
  console.log(`${PROCESSES * EACH} deliveries, ${taken} of them signals: ${runs.length} run, ${decided.length} events`);
});
