/** A model that answers quickly keeps its limit beside other work on every core; one that takes a tenth of a second more does not. */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { GateRules } from '#contracts/gate-rules.ts';
import { attempt, evaluating, type JudgedWorld, startJudgedWorld } from '../integration/evaluate-world.ts';

let world: JudgedWorld;
const loops = Array.from({ length: availableParallelism() }, () =>
  spawn(process.execPath, ['-e', 'while (true);'], { stdio: 'ignore' }),
);
beforeAll(async () => {
  world = await startJudgedWorld();
}, 600_000);
afterAll(async () => {
  for (const loop of loops) loop.kill('SIGKILL');
  await world?.close();
});

const rules = GateRules.parse({
  ...{ metric: 'roc_auc', minimumEffect: 0, floors: {} },
  latency: { p99: '80ms', notSlowerThan: 3 },
});

it.each([
  ['good', { requests: 1_000, within: '2m' }, ['passed', 'passed']],
  ['slow', { requests: 100, within: '1m' }, ['refused', 'refused']],
] as const)('%s', async (name, load, outcomes) => {
  const input = evaluating({
    ...{ candidate: await world.candidate(name), champion: await world.champion('weak') },
    ...{ holdout: world.holdout, target: 'late', compare: ['roc_auc'], latency: load },
  });
  const { evidence } = await world.evaluate(input, attempt('evaluate'));
  const { record } = await world.gate({ report: evidence, rules }, attempt('gate'));
  const said = record.findings?.filter(({ rule }) => rule === 'latency') ?? [];
  expect(
    said.map(({ outcome }) => outcome),
    said.map(({ reason }) => reason).join('\n'),
  ).toEqual(outcomes);
});
