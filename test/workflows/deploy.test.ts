/** Loops and schedules on a real server, brought to what is wanted, by their ids. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScheduleNotFoundError } from '@temporalio/client';
import { any, newRows, schedule } from 'ratchet-ml';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { exclusively } from '#adapters/temporal/exclusive.ts';
import { loopStatus } from '#adapters/temporal/loops.ts';
import { LoopPolicy } from '#contracts/loop/policy.ts';
import { storeKey } from '#contracts/names.ts';
import { type Deployment, reconcile } from '#workers/deploy/reconcile.ts';
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

beforeEach(async () => {
  await deploy([]);
});

const client = () => world.harness.environment.client;
const policy = (pipeline: string, more: object = {}) =>
  LoopPolicy.parse({
    pipeline,
    triggers: any(newRows({ atLeast: 10 }), schedule('0 2 * * 1', { timezone: 'Europe/Berlin' })),
    watch: { source: 'data/*.csv', every: '1h' },
    ...more,
  });
const deploy = async (wanted: LoopPolicy[], more: Partial<Deployment> = {}) =>
  (await reconcile({ client: client(), store }, wanted, { project: 'shop', dryRun: false, ...more })).changes;
const MONDAYS = '0_2_*_*_1_Europe/Berlin';
const ids = (changes: { what: string; id: string }[]) => changes.map(({ what, id }) => `${what} ${id}`);

test('creates, leaves alone, changes and takes down; a dry run only says so', async () => {
  const wanted = [policy('one'), policy('two')];
  const all = ['one', 'two'].flatMap((name) => [
    `create loop/${name}`,
    `create watch/${name}`,
    `create fire/${name}/${MONDAYS}`,
  ]);
  expect(ids(await deploy(wanted, { dryRun: true }))).toEqual(all);
  expect(await loopStatus(client(), { pipeline: 'one' })).toBeNull();
  expect(ids(await deploy(wanted))).toEqual(all);
  expect(await deploy(wanted)).toEqual([]);

  const { spec, policies, action } = await client().schedule.getHandle(`fire/one/${MONDAYS}`).describe();
  expect(spec).toMatchObject({ timezone: 'Europe/Berlin', jitter: 10_000 });
  expect(policies).toMatchObject({ overlap: 'ALLOW_ALL', catchupWindow: 7 * 86_400_000 });
  expect(action).toMatchObject({ workflowType: 'fire', workflowId: `fire/one/${MONDAYS}` });
  expect((await client().schedule.getHandle('watch/one').describe()).policies.overlap).toBe('SKIP');

  // Somebody removes one by hand: it is found by its id.
  await client().schedule.getHandle('watch/two').delete();
  expect(ids(await deploy(wanted))).toEqual(['create watch/two']);

  const changed = [policy('one', { triggers: newRows({ atLeast: 20 }) })];
  expect(ids(await deploy(changed))).toEqual([
    'update loop/one',
    `delete fire/one/${MONDAYS}`,
    'delete watch/two',
    `delete fire/two/${MONDAYS}`,
    'delete loop/two',
  ]);
  await expect.poll(async () => (await world.status('one')).policy?.triggers).toEqual({ kind: 'newRows', atLeast: 20 });
  await expect
    .poll(async () => (await client().workflow.getHandle('loop/two').describe()).status.name)
    .toBe('TERMINATED');
  expect(await deploy(changed)).toEqual([]);
});

test('brings what is named to what is wanted, and leaves the others as they are', async () => {
  await deploy([policy('left'), policy('named'), policy('gone')]);
  const changed = [
    policy('left', { triggers: newRows({ atLeast: 30 }) }),
    policy('fresh'),
    policy('named', { triggers: newRows({ atLeast: 30 }) }),
  ];
  expect(ids(await deploy(changed, { only: ['named', 'fresh'] }))).toEqual([
    'create loop/fresh',
    'create watch/fresh',
    `create fire/fresh/${MONDAYS}`,
    'update loop/named',
    `delete fire/named/${MONDAYS}`,
  ]);
  await expect(deploy(changed, { only: ['fresh', 'nosuch'] })).rejects.toThrow(
    'Nothing of "nosuch" can be deployed: no pipeline of that name has triggers, and none is deployed. Those that have: left, fresh, named.',
  );
  // What nobody named was neither brought up to date nor taken down.
  const rest = ids(await deploy(changed, { dryRun: true }));
  expect(rest).toContain('update loop/left');
  expect(rest).toContain('delete loop/gone');
  expect(ids(await deploy(changed, { only: ['gone'] }))).toContain('delete loop/gone');
  expect(ids(await deploy(changed, { dryRun: true }))).toContain('update loop/left');
});

test('a real schedule fires, backfilled for a time of the past: a run of that time, once', async () => {
  const pipeline = world.harness.pipeline(pipelineThat(() => null));
  await deploy([policy(pipeline)]);
  const handle = client().schedule.getHandle(`fire/${pipeline}/${MONDAYS}`);
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

describe('two projects beside each other', () => {
  const others = (more: Partial<Deployment> = {}) => ({ project: '@acme/other', ...more });

  test('leave each other’s loops and schedules alone', async () => {
    await deploy([policy('mine')]);
    expect(ids(await deploy([policy('theirs')], others()))).not.toContain('delete loop/mine');
    expect(ids(await deploy([], others()))).toEqual([
      'delete watch/theirs',
      `delete fire/theirs/${MONDAYS}`,
      'delete loop/theirs',
    ]);
    expect(await deploy([policy('mine')])).toEqual([]);
  });

  test('may not have pipelines of one name, unless one is handed over', async () => {
    await deploy([policy('ours')]);
    await expect(deploy([policy('ours')], others())).rejects.toThrow(
      'Deployed already: "ours" by the project "shop"; this project is "@acme/other"',
    );
    expect(await deploy([policy('ours')], others({ takeOver: ['ours'] }))).toEqual([]);
    await expect(deploy([policy('ours')])).rejects.toThrow('by the project "@acme/other"');
    expect(ids(await deploy([], others()))).toContain('delete loop/ours');
  });

  test('what nobody is known to have deployed is left alone, and named', async () => {
    await deploy([policy('old')]);
    await store.delete(storeKey.owner('shop', 'old'));
    const left = await reconcile({ client: client(), store }, [], { project: 'shop', dryRun: false });
    expect(left).toEqual({ changes: [], unowned: ['old'] });
    expect(ids(await deploy([], { takeOver: ['old'] }))).toContain('delete loop/old');
  });
});

test('what is to be taken down is told before anything is changed', async () => {
  await deploy([policy('leaving')]);
  const planned = vi.fn(() => {
    throw new Error('Ctrl-C');
  });
  await expect(deploy([], { planned })).rejects.toThrow('Ctrl-C');
  expect(planned).toHaveBeenCalledWith(expect.arrayContaining([expect.objectContaining({ id: 'loop/leaving' })]));
  expect(await deploy([policy('leaving')])).toEqual([]);
});

describe('two deploys at once', () => {
  const shape = (atLeast: number, cron: string) =>
    ['a', 'b', 'c', 'd'].map((name) => policy(name, { triggers: any(newRows({ atLeast }), schedule(cron)) }));
  const [one, two] = [shape(10, '0 1 * * *'), shape(20, '0 2 * * *')];

  test('end as one of the two', async () => {
    const waits = vi.fn();
    await Promise.all([deploy(one, { who: 'one', waits }), deploy(two, { who: 'two', waits })]);
    expect(waits).toHaveBeenCalledTimes(1);
    const wanted = (await deploy(one, { dryRun: true })).length === 0 ? one : two;
    expect(await deploy(wanted, { dryRun: true })).toEqual([]);
    const ids: string[] = [];
    for await (const { scheduleId } of client().schedule.list()) ids.push(scheduleId);
    const hour = wanted === one ? 1 : 2;
    for (const name of ['a', 'b', 'c', 'd'])
      expect(ids.filter((id) => id.startsWith(`fire/${name}/`))).toEqual([`fire/${name}/0_${hour}_*_*_*_UTC`]);
  });

  test('one that died in the middle is put out after a while', async () => {
    const handle = client().workflow.getHandle('deploy');
    const dead = exclusively(
      client(),
      { id: 'deploy', who: 'dead', waits: () => undefined, beatMs: 1_000_000 },
      (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    await expect.poll(async () => (await handle.describe().catch(() => null))?.status.name).toBe('RUNNING');
    const waits = vi.fn();
    const who = { id: 'deploy', who: 'next', waits, beatMs: 50, deadMs: 300 };
    expect(await exclusively(client(), who, async () => 'done')).toBe('done');
    expect(waits).toHaveBeenCalledWith('dead');
    void dead.catch(() => undefined);
  });

  test('one that was frozen meanwhile stops when it wakes up', async () => {
    const frozen = { id: 'deploy', who: 'frozen', waits: () => undefined, beatMs: 50 };
    const woken = exclusively(client(), frozen, async (signal) => {
      await client().workflow.getHandle('deploy').terminate('taken for dead');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      signal.throwIfAborted();
    });
    await expect(woken).rejects.toThrow('frozen gave no sign of life to Temporal');
  });
});

const notFound = (error: unknown) => {
  if (error instanceof ScheduleNotFoundError) return null;
  throw error;
};

describe('a schedule that somebody paused', () => {
  const nightly = schedule('0 1 * * *');
  const weekly = schedule('0 2 * * 1');
  const paused = async () => {
    const found: string[] = [];
    for await (const { scheduleId } of client().schedule.list())
      if (scheduleId.startsWith('fire/reordered/')) {
        // The list lags behind: one that was deleted may still be in it.
        const known = await client().schedule.getHandle(scheduleId).describe().catch(notFound);
        if (known?.state.paused) found.push(scheduleId);
      }
    return found;
  };

  test('stays that one, also when the triggers are written in another order, or it is changed', async () => {
    await deploy([policy('reordered', { triggers: any(nightly, weekly) })]);
    await client().schedule.getHandle('fire/reordered/0_1_*_*_*_UTC').pause('fair week');
    await deploy([policy('reordered', { triggers: any(weekly, newRows({ atLeast: 1 }), nightly) })]);
    await expect.poll(paused, { timeout: 10_000 }).toEqual(['fire/reordered/0_1_*_*_*_UTC']);
    await client().schedule.getHandle('watch/reordered').pause('too loud');
    await deploy([
      policy('reordered', { triggers: any(weekly, nightly), watch: { source: 'data/*.csv', every: '2h' } }),
    ]);
    const { state, spec } = await client().schedule.getHandle('watch/reordered').describe();
    expect(state).toMatchObject({ paused: true, note: 'too loud' });
    expect(spec.intervals?.[0]?.every).toBe(7_200_000);
  });

  test('stays so when schedules get their new names', async () => {
    const old = policy('reordered', { triggers: any(weekly, nightly) });
    await deploy([old]);
    for (const [index, id] of ['0_2_*_*_1_UTC', '0_1_*_*_*_UTC'].entries()) {
      const handle = client().schedule.getHandle(`fire/reordered/${id}`);
      const { spec, action } = await handle.describe();
      await handle.delete();
      const { cronExpressions: _none, ...calendars } = spec as typeof spec & { cronExpressions?: string[] };
      await client().schedule.create({
        ...{ scheduleId: `fire/reordered/${index}`, spec: calendars, state: { paused: index === 1, note: 'fair' } },
        action: { ...action, type: 'startWorkflow', workflowId: `fire/reordered/${index}` } as never, // As it was described.
      });
    }
    const changes = ids(await deploy([old]));
    expect(changes).toContain('delete fire/reordered/0');
    expect(changes).toContain('delete fire/reordered/1');
    await expect.poll(paused, { timeout: 10_000 }).toEqual(['fire/reordered/0_1_*_*_*_UTC']);
    expect(await deploy([old])).toEqual([]);
  });
});
