/** Loops and schedules on a real server, brought to what is wanted, by their ids. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { any, newRows, schedule } from 'ratchet-ml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loopStatus } from '#adapters/temporal/loops.ts';
import { LoopPolicy } from '#contracts/loop-policy.ts';
import { reconcile } from '#workers/deploy/reconcile.ts';
import { createFolderStore, type FolderStore } from '../conformance/folder-store.ts';
import { startDevServer } from './harness.ts';
import { type LoopWorld, pipelineThat, startLoopWorld } from './loop-world.ts';

let world: LoopWorld;
let store: FolderStore;
const folder = mkdtempSync(join(tmpdir(), 'ratchet-deploy-'));
beforeAll(async () => {
  world = await startLoopWorld({ environment: await startDevServer() });
  store = createFolderStore(folder);
});
afterAll(async () => {
  await world?.harness.stop();
  rmSync(folder, { recursive: true, force: true });
});

const client = () => world.harness.environment.client;
const policy = (pipeline: string, more: object = {}) =>
  LoopPolicy.parse({
    pipeline,
    triggers: any(newRows({ atLeast: 10 }), schedule('0 2 * * 1', { timezone: 'Europe/Berlin' })),
    watch: { source: 'data/*.csv', every: '1h' },
    ...more,
  });
const deploy = (wanted: LoopPolicy[], dryRun = false) => reconcile({ client: client(), store }, wanted, { dryRun });
const ids = (changes: { what: string; id: string }[]) => changes.map(({ what, id }) => `${what} ${id}`);

test('creates, leaves alone, changes and takes down; a dry run only says so', async () => {
  const wanted = [policy('one'), policy('two')];
  const all = ['one', 'two'].flatMap((name) => [
    `create loop/${name}`,
    `create watch/${name}`,
    `create fire/${name}/0`,
  ]);
  expect(ids(await deploy(wanted, true))).toEqual(all);
  expect(await loopStatus(client(), { pipeline: 'one' })).toBeNull();
  expect(ids(await deploy(wanted))).toEqual(all);
  expect(await deploy(wanted)).toEqual([]);

  const { spec, policies, action } = await client().schedule.getHandle('fire/one/0').describe();
  expect(spec).toMatchObject({ timezone: 'Europe/Berlin', jitter: 10_000 });
  expect(policies).toMatchObject({ overlap: 'ALLOW_ALL', catchupWindow: 7 * 86_400_000 });
  expect(action).toMatchObject({ workflowType: 'fire', workflowId: 'fire/one/0' });
  expect((await client().schedule.getHandle('watch/one').describe()).policies.overlap).toBe('SKIP');

  // Somebody removes one by hand: it is found by its id.
  await client().schedule.getHandle('watch/two').delete();
  expect(ids(await deploy(wanted))).toEqual(['create watch/two']);

  const changed = [policy('one', { triggers: newRows({ atLeast: 20 }) })];
  expect(ids(await deploy(changed))).toEqual([
    'update loop/one',
    'delete fire/one/0',
    'delete watch/two',
    'delete fire/two/0',
    'delete loop/two',
  ]);
  await expect.poll(async () => (await world.status('one')).policy?.triggers).toEqual({ kind: 'newRows', atLeast: 20 });
  await expect
    .poll(async () => (await client().workflow.getHandle('loop/two').describe()).status.name)
    .toBe('TERMINATED');
  expect(await deploy(changed)).toEqual([]);
});

test('a real schedule fires, backfilled for a time of the past: a run of that time, once', async () => {
  const pipeline = world.harness.pipeline(pipelineThat(() => null));
  await deploy([policy(pipeline)]);
  const handle = client().schedule.getHandle(`fire/${pipeline}/0`);
  // A Monday, two o'clock in Berlin.
  const range = { start: new Date('2013-07-01T00:00:00Z'), end: new Date('2013-07-01T00:30:00Z') };
  await handle.backfill({ ...range, overlap: 'ALLOW_ALL' });
  const { watermark, decisions } = await world.until(pipeline, (status) => status.watermark !== null);
  expect(watermark?.at.slice(0, 13)).toBe('2013-07-01T00');
  expect(decisions[0]?.reasons[0]).toMatchObject({ kind: 'schedule', source: 'signal' });
  await handle.backfill({ ...range, overlap: 'ALLOW_ALL' });
  await world.until(pipeline, ({ taken }) => taken === 2);
  await expect
    .poll(async () => (await world.status(pipeline)).decisions.reduce((sum, { duplicates }) => sum + duplicates, 0))
    .toBe(1);
});
