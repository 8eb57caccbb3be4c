/**
 * Runs that are struck at random: processes killed and frozen, networks cut, requests held up, late and twice. Fewer faults
 * than any budget of deaths are drawn, so that every run has to be promoted, or what its verdict says where a champion was
 * there; the one exception are runs whose planner is killed each time, which have to fail and say so.
 *
 * `MUTANT=1` takes idempotency out, as in chaos.test.ts: then it finds some.
 * RATCHET_WALK_SEED, RATCHET_WALK_RUNS (10), RATCHET_WALK_LANES (2), and RATCHET_WALK_ONLY=137,140 to walk some again.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorld, type World } from '../../world/world.ts';
import { mutantCommand } from '../mutants/mutant.ts';
import { describeWalk, drawWalk } from './draw.ts';
import { type Step, say, walkOne } from './lane.ts';
import { leftOf } from './processes.ts';
import { tally } from './tally.ts';

const seed = Number(process.env.RATCHET_WALK_SEED) || Date.now() % 2 ** 31;
const only = process.env.RATCHET_WALK_ONLY?.split(',').map(Number);
const numbers = only ?? Array.from({ length: Number(process.env.RATCHET_WALK_RUNS) || 10 }, (_, index) => index + 1);
const lanes = Math.min(Number(process.env.RATCHET_WALK_LANES) || 2, numbers.length);

const worlds: World[] = [];
beforeAll(async () => {
  console.log(`seed ${seed}: RATCHET_WALK_SEED repeats it, with RATCHET_WALK_ONLY one run of it`);
  for (let lane = 1; lane <= lanes; lane++)
    worlds.push(
      await startWorld({
        name: `walk-${lane}`,
        wired: true,
        ...(process.env.MUTANT === '1' && { command: mutantCommand() }),
      }),
    );
});
afterAll(async () => {
  await Promise.all(worlds.map((world) => world.close()));
});

it(
  'every run ends, with one version and one champion, each metric once and nobody left',
  async () => {
    const steps: Step[] = [];
    const left = [...numbers];
    await Promise.all(
      worlds.map(async (world) => {
        for (let number = left.shift(); number !== undefined; number = left.shift()) {
          const walk = drawWalk(seed, number);
          console.log(describeWalk(walk));
          const step = await walkOne(world, seed, walk);
          steps.push(step);
          console.log(say(step));
        }
      }),
    );
    const roots = worlds.map(({ root }) => root);
    await Promise.all(worlds.splice(0).map((world) => world.close()));
    const remaining = (await Promise.all(roots.map(leftOf))).flat();
    console.log(`\n${tally(seed, steps)}\n`);
    expect(steps.filter(({ problems }) => problems.length > 0).map(say)).toEqual([]);
    expect(remaining).toEqual([]);
  },
  4 * 3_600_000,
);
