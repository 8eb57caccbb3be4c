/**
 * Bytes are lost, damaged or replaced while whole runs need them: what a step made is made again in the same run; a champion
 * whose bytes are others is not judged against; and what was rolled back stays so, also when its run is taken up again.
 */
import { appendFileSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { glob } from 'tinyglobby';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readLedger, rollback } from '#adapters/temporal/models.ts';
import { RunEnded, startRun } from '#adapters/temporal/start-run.ts';
import { startWorld, type World } from '../world/world.ts';
import { examine, resultOf } from './outcome.ts';
import { addScene, begin, type Side } from './scene.ts';
import { strikeAt } from './strikes.ts';

let world: World;
let side: Side;
beforeAll(async () => {
  world = await startWorld({ name: 'damage' });
  side = { world, environment: 'dev', killWorker: () => world.kill('worker-1'), start: startRun };
}, 600_000);
afterAll(() => world?.close());

/** Files of all models that MLflow keeps of an experiment's runs, `MLmodel` apart. */
const weights = (runId: string) =>
  glob(`**/*/artifacts/*.{pkl,skops}`, { cwd: join(world.root, '.ratchet', 'data', 'mlflow'), absolute: true }).then(
    async (files) => {
      const models = await world.tracking.models(runId);
      const ids = models.map(({ uri }) => uri.split('/').at(-1) ?? '');
      return files.filter((file) => ids.some((id) => file.includes(`/${id}/`)));
    },
  );
/** Ends whole: one version that is champion, each metric once, the record. */
const whole = async (name: string, runId: string, epochs: number) => {
  const result = await resultOf(world.client.workflow.getHandle(runId));
  const found = await examine(world, { runId, model: name, result, epochs });
  expect(found.problems).toEqual([]);
};
/** The run of MLflow that the run's trainer logged to. */
const training = async (name: string, runId: string) => {
  const experiment = await world.tracking.ensureExperiment(name);
  const [tracked] = (await world.tracking.runsTagged(experiment, 'ratchet.run', runId)).filter(
    ({ tags }) => tags['ratchet.node'],
  );
  if (!tracked) throw new Error(`${runId} has trained nothing`);
  return tracked.runId;
};
/** What this machine keeps of others' bytes. */
const forget = (folder: string) => rmSync(join(world.root, '.ratchet', folder), { recursive: true, force: true });
const candidateOf = async (runId: string) => {
  const output = (await world.record(runId))?.outcomes.find(({ id }) => id === 'train')?.output;
  return (output as { model: { runId: string; uri: string } }).model;
};

it.each([
  ['damaged', (bytes: Uint8Array) => bytes.map((byte, at) => (at % 97 === 50 ? byte ^ 0xff : byte))],
  ['cut off', (bytes: Uint8Array) => bytes.slice(0, bytes.length / 2)],
  ['gone', () => null],
])('datasets of the store are %s before they are judged on: they are made again', async (kind, hurt) => {
  const name = `data-${kind.replace(' ', '-')}`;
  addScene(world, name);
  const { runId } = await begin(side, name, { salt: name });
  let hit = 0;
  const { struck, disarm } = strikeAt(world, runId, {
    stage: 'train',
    tap: 'mlflow',
    match: /^POST .*logged-models/,
    action: async () => {
      forget('cache');
      for await (const { key } of world.store.list('files/md5/')) {
        const bytes = await world.store.get(key);
        if (!bytes) continue;
        const other = hurt(bytes);
        await (other ? world.store.put(key, other) : world.store.delete(key));
        hit++;
      }
    },
  });
  await whole(name, runId, 2).finally(disarm);
  await struck;
  expect(hit).toBeGreaterThan(0);
  const again = (await world.record(runId))?.outcomes.map(({ id, reason }) => `${id}: ${reason}`).join('\n');
  expect(again).toMatch(/gone or damaged/);
});

it('the candidate is lost before it is judged: it is trained again, once', async () => {
  const name = 'lost-candidate';
  addScene(world, name);
  const { runId } = await begin(side, name, { salt: name });
  let lost = '';
  const { struck, disarm } = strikeAt(world, runId, {
    stage: 'evaluate',
    tap: 'mlflow',
    match: /./,
    action: async () => {
      lost = await training(name, runId);
      const files = await weights(lost);
      expect(files).not.toEqual([]);
      for (const file of files) rmSync(file);
    },
  });
  await whole(name, runId, 2).finally(disarm);
  await struck;
  expect((await candidateOf(runId)).runId).not.toBe(lost);
});

it.each([
  ['others', (file: string) => appendFileSync(file, 'x')],
  ['cut off', (file: string) => truncateSync(file, 3)],
  ['gone', (file: string) => rmSync(file)],
])('the champion’s files are %s: nothing is judged against them, and the run says what differs', async (kind, hurt) => {
  const name = `champion-${kind.replace(' ', '-')}`;
  addScene(world, name);
  const first = await begin(side, name, { salt: name, weak: true }, 'first');
  await whole(name, first.runId, 2);
  const champion = await candidateOf(first.runId);
  const files = await weights(champion.runId);
  expect(files).not.toEqual([]);
  for (const file of files) hurt(file);
  // As on another machine: the copies here are held against the same digest, and would do.
  forget('jobs-files');

  const second = await begin(side, name, { salt: name, epochs: 4 }, 'second');
  const ended = await resultOf(second.workflow).catch((error: unknown) => error);
  expect(ended).toBeInstanceOf(RunEnded);
  expect((ended as RunEnded).failure).toMatchObject({ type: 'ArtifactDamaged', node: 'evaluate' });
  expect((ended as RunEnded).message).toContain(champion.uri);
  expect(await world.record(second.runId)).toMatchObject({ result: { status: 'failed', verdict: null } });
  expect((await world.tracking.alias(name, 'champion'))?.version).toBe('1');
  expect(await world.tracking.versions(name)).toHaveLength(1);
});

it('a run that promoted and failed later is retried after a rollback: what was taken back stays so', async () => {
  const name = 'rolled-back';
  addScene(world, name);
  const fails = join(world.root, 'fails');
  const file = join(world.root, 'pipelines', name, 'pipeline.ts');
  const text = readFileSync(file, 'utf8');
  const told = text
    .replace("import { z } from 'zod';", "import { existsSync } from 'node:fs';\nimport { z } from 'zod';")
    .replace(
      'export default',
      `const after = defineStep({ name: 'after', input: z.object({ champion: z.string() }), output: z.object({}), retry: { attempts: 1 },
  run: async () => { if (existsSync(${JSON.stringify(fails)})) throw new Error('it is not told'); return {}; } });\nexport default`,
    )
    .replace(
      'run(promote, { version: version.ref });',
      'const moved = run(promote, { version: version.ref });\n      run(after, { champion: moved.champion });',
    );
  expect(told).not.toBe(text);
  writeFileSync(file, told);

  const first = await begin(side, name, { salt: name, epochs: 1, weak: true }, 'first');
  await whole(name, first.runId, 1);
  writeFileSync(fails, '');
  const second = await begin(side, name, { salt: name, epochs: 6 }, 'second');
  const ended = await resultOf(second.workflow).catch((error: unknown) => error);
  expect(ended).toMatchObject({ status: 'failed', failure: { node: 'after' } });
  expect((await world.tracking.alias(name, 'champion'))?.version).toBe('2');
  await rollback(world.client, { model: name }, { by: 'ann', reason: 'it smells' });
  expect((await world.tracking.alias(name, 'champion'))?.version).toBe('1');

  rmSync(fails);
  expect(existsSync(fails)).toBe(false);
  for (const [again, resume] of [
    ['r2', { runId: second.runId, mode: 'retry' as const }],
    ['forked', { runId: second.runId, mode: 'fork' as const, from: 'promote' }],
  ] as const) {
    const taken = await startRun(world.client, {
      pipeline: name,
      params: { salt: name, epochs: 6 },
      resume,
      runId: `${second.runId}/${again}`,
    });
    await resultOf(taken.workflow);
    expect((await world.tracking.alias(name, 'champion'))?.version).toBe('1');
    const ledger = await readLedger(world.client, { model: name });
    expect(ledger).toMatchObject({ champion: '1', epoch: 3 });
    expect(await world.tracking.versions(name)).toHaveLength(2);
  }
});
