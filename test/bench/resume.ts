/**
 * From a death until somebody goes on, many times over: the rows of the chaos suite whose time counts. RATCHET_MEDIANS (20)
 * says how often, RATCHET_DEATHS=worker that only rows are wanted whose name begins so.
 */
import { startRun } from '#adapters/temporal/start-run.ts';
import { mlflowInRegister, storeInFeaturize, temporalInTraining, trainerInEpoch, workerIn } from '../chaos/deaths.ts';
import type { Row } from '../chaos/outcome.ts';
import { type Death, type Side, survive } from '../chaos/scene.ts';
import { startWorld } from '../world/world.ts';

/** Each repetition has rows and a model of its own, and trains no longer than it has to. */
const repeated = (death: Death, count: number): Death => {
  const { salt = death.name, epochs } = death.params ?? {};
  const shorter = epochs === undefined ? {} : { epochs: Math.min(epochs, 10) };
  return {
    ...death,
    name: `${death.name}-${count}`,
    params: { ...death.params, ...shorter, salt: `${salt}-${count}` },
  };
};

export async function resume({ quick }: { quick: boolean }): Promise<void> {
  const many = Number(process.env.RATCHET_MEDIANS) || (quick ? 3 : 20);
  const wanted = process.env.RATCHET_DEATHS ?? '';
  const world = await startWorld({ name: 'resume' });
  const side: Side = { world, environment: 'dev', killWorker: () => world.kill('worker-1'), start: startRun };
  const deaths: (() => Death)[] = [
    () => workerIn(side, 'featurize'),
    () => workerIn(side, 'train'),
    trainerInEpoch,
    temporalInTraining,
    mlflowInRegister,
    storeInFeaturize,
  ];
  const rows: Row[] = [];
  try {
    // In turns: whoever is killed again within a minute is started again more slowly each time.
    for (let count = 1; count <= many; count++)
      for (const death of deaths.map((make) => make()).filter(({ scenario }) => scenario.startsWith(wanted))) {
        const row = await survive(side, repeated(death, count));
        if (row.problems.length > 0) console.log(`${row.scenario}, ${count}: ${row.problems.join('; ')}`);
        rows.push(row);
      }
  } finally {
    await world.close();
  }
  console.log('| Scenario | Times | Median | Least | Most | No new attempt was needed | Red |');
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  for (const scenario of new Set(rows.map((row) => row.scenario))) {
    const own = rows.filter((row) => row.scenario === scenario);
    const green = own.filter(({ problems }) => problems.length === 0);
    const seconds = green.flatMap(({ resumed }) => (resumed === null ? [] : [resumed]));
    const counts = `${green.length - seconds.length} | ${own.length - green.length}`;
    console.log(`| ${scenario} | ${own.length} | ${figures(seconds)} | ${counts} |`);
  }
}

function figures(seconds: readonly number[]): string {
  const sorted = [...seconds].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1];
  const high = sorted[Math.floor(middle)];
  if (low === undefined || high === undefined) return '– | – | –';
  return [(low + high) / 2, sorted[0] ?? 0, sorted.at(-1) ?? 0].map((each) => `${each.toFixed(1)} s`).join(' | ');
}
