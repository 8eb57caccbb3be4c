import { WorkflowUpdateFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { watchAlias } from '#activities/watch/alias.ts';
import {
  claimHoldout,
  lookAgain,
  moveAlias,
  readLedger,
  registerVersion,
  rollback,
  settleHoldout,
} from '#adapters/temporal/models.ts';
import type { VersionRef } from '#contracts/data.ts';
import { LoopPolicy } from '#contracts/loop/policy.ts';
import { moveUpdate, type RegisterRequest } from '#contracts/messages.ts';
import { failing, type Harness, startDevServer, startHarness } from './harness.ts';
import { registries } from './registry.ts';

let harness: Harness;
const { registry, activities } = registries();
beforeAll(async () => {
  harness = await startHarness({ environment: await startDevServer(), activities });
});
afterAll(() => harness?.stop());

const request = (key: string, digest = `sha256:${key}`): RegisterRequest => ({
  key,
  candidate: { kind: 'model', runId: 'r', uri: 'runs:/r/model', digest, environment: null, trainedOn: null },
  verdict: { digest: 'v', against: null, outcome: 'passed', reasons: [], report: null },
  description: '',
  tags: {},
});
const client = () => harness.environment.client;

test('twenty that register one key at once get one version; four keys get four', async () => {
  const same = await Promise.all(
    Array.from({ length: 20 }, () => registerVersion(client(), { model: 'many' }, request('k'))),
  );
  expect(new Set(same.map(({ version }) => version.version))).toEqual(new Set(['1']));
  expect(same.filter(({ already }) => !already)).toHaveLength(1);
  const different = await Promise.all(
    ['a', 'b', 'c', 'd'].map((key) => registerVersion(client(), { model: 'many' }, request(key))),
  );
  expect(new Set(different.map(({ version }) => version.version)).size).toBe(4);
  expect(registry('many').versions).toHaveLength(5);
});

describe('moves', () => {
  const target = { model: 'mover', asker: 'run/x/1' };
  const ref = (version: string) => registry('mover').ref(version, 'mover');

  test('of ten judged against the same champion exactly one wins; the others learn who is champion', async () => {
    for (const key of Array.from({ length: 10 }, (_, n) => `m${n}`))
      await registerVersion(client(), target, request(key));
    const answers = await Promise.allSettled(
      Array.from({ length: 10 }, (_, n) =>
        moveAlias(client(), { model: 'mover' }, { key: `move${n}`, to: ref(`${n + 1}`), expect: null, by: 'test' }),
      ),
    );
    const won = answers.filter((answer) => answer.status === 'fulfilled');
    expect(won).toHaveLength(1);
    for (const answer of answers)
      if (answer.status === 'rejected')
        expect(answer.reason).toMatchObject({ type: 'ChampionMoved', details: [registry('mover').champion] });
    expect(registry('mover').writes).toHaveLength(1);
  });

  test('the same key again answers the same, from any asker; the champion again is already champion', async () => {
    const champion = registry('mover').champion as string;
    const winner = `move${Number(champion) - 1}`;
    const again = await moveAlias(
      client(),
      { model: 'mover', asker: 'another' },
      { key: winner, to: ref(champion), expect: null, by: 'test' },
    );
    expect(again).toMatchObject({ outcome: 'promoted', champion, epoch: 1 });
    const already = await moveAlias(client(), target, {
      key: 'new',
      to: ref(champion),
      expect: 'anything',
      by: 'test',
    });
    expect(already).toMatchObject({ outcome: 'already-champion', champion, epoch: 1 });
    expect(registry('mover').writes).toHaveLength(1);
  });

  test('a version that somebody deleted by hand is registered anew', async () => {
    const ask = (asker: string) => registerVersion(client(), { model: 'deleter', asker }, request('k', 'd-deleted'));
    expect(await ask('a')).toMatchObject({ already: false, version: { version: '1' } });
    expect(await ask('b')).toMatchObject({ already: true, version: { version: '1' } });
    registry('deleter').versions = [];
    expect(await ask('c')).toMatchObject({ already: false });
  });

  test('registering the very model that is champion gives the champion', async () => {
    const champion = registry('mover').champion as string;
    const answer = await registerVersion(client(), target, request('with another verdict', ref(champion).digest));
    expect(answer).toMatchObject({ already: true, version: { version: champion } });
    expect(registry('mover').versions).toHaveLength(10);
  });

  test('a move by hand is found before the next one, refused, and told in the ledger', async () => {
    const before = registry('mover').champion as string;
    const other = before === '3' ? '4' : '3';
    registry('mover').champion = other;
    await expect(
      moveAlias(client(), target, { key: 'late', to: ref('9'), expect: before, by: 'test' }),
    ).rejects.toMatchObject({
      type: 'ChampionMoved',
      details: [other],
      message: expect.stringContaining('by hand'),
    });
    expect(await readLedger(client(), target)).toMatchObject({
      champion: other,
      previous: before,
      epoch: 2,
      moves: [{}, { by: 'somebody outside of Ratchet' }],
    });
  });

  test('rollback goes back, once for one asker', async () => {
    const { champion, previous } = (await readLedger(client(), target)) as { champion: string; previous: string };
    const back = await rollback(client(), { model: 'mover', asker: 'anna-1' }, { by: 'anna', reason: 'it smells' });
    expect(back).toMatchObject({ champion: previous, previous: champion, epoch: 3 });
    expect(await rollback(client(), { model: 'mover', asker: 'anna-1' }, { by: 'anna', reason: 'it smells' })).toEqual(
      back,
    );
    expect(registry('mover')).toMatchObject({ champion: previous, previous: champion });
    expect(await readLedger(client(), target)).toMatchObject({
      frozen: false,
      moves: [{}, {}, { by: 'anna', reason: 'it smells' }],
    });
  });
});

describe('rows of holdouts', () => {
  const asking = (key: string, run = key) => ({
    ...{ key, run, looks: 1, holdout: { digest: `md5:${key}`, from: 1_000, to: 2_000 } },
  });
  const target = (asker: string) => ({ model: 'judge', asker });

  test('are one verdict’s of those that claim them at once; the others are told, and a repeat is told the same', async () => {
    const keys = Array.from({ length: 8 }, (_, n) => `claim${n}`);
    const told = await Promise.all(keys.map((key) => claimHoldout(client(), target(key), asking(key))));
    expect(told.map(({ earlier }) => earlier.length).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    // By another run, which judges the same.
    const again = await Promise.all(keys.map((key) => claimHoldout(client(), target('retry'), asking(key))));
    expect(again).toEqual(told);
  });

  test('are given back by a verdict that could decide nothing, and kept across a continue-as-new', async () => {
    await client().workflow.start('model', {
      ...{ workflowId: 'model/short', taskQueue: 'ratchet', args: [{ model: 'short', updatesAHistory: 3 }] },
    });
    const short = (asker: string) => ({ model: 'short', asker });
    await claimHoldout(client(), short('a'), asking('a'));
    await claimHoldout(client(), short('b'), asking('b'));
    await settleHoldout(client(), short('a'), { key: 'a', outcome: 'released' }, 'e');
    expect(await claimHoldout(client(), short('c'), asking('c'))).toEqual({
      earlier: [{ from: 1_000, to: 2_000, state: 'used' }],
      look: 1,
    });
    await registerVersion(client(), { model: 'short' }, request('k'));
    const { earlier } = await claimHoldout(client(), short('d'), asking('d'));
    expect(earlier).toHaveLength(2);
  });

  test('that are none are refused before they enter the history', async () => {
    const broken = { ...asking('x'), looks: 0 };
    await expect(claimHoldout(client(), target('x'), broken)).rejects.toMatchObject({ type: 'InvalidInput' });
  });
});

test('a write that MLflow refuses leaves the ledger and the aliases as they were, and says why', async () => {
  const target = { model: 'refusing' };
  const { version } = await registerVersion(client(), target, request('k'));
  registry('refusing').failures.push(failing('no such version', 'OutsideRefused'));
  await expect(moveAlias(client(), target, { key: 'm', to: version, expect: null, by: 'x' })).rejects.toMatchObject({
    type: 'OutsideRefused',
    message: 'no such version',
  });
  expect(await readLedger(client(), target)).toMatchObject({ champion: null, epoch: 0 });
  // After it was mended, the same key by another asker goes through.
  expect(await moveAlias(client(), target, { key: 'm', to: version, expect: null, by: 'x' })).toMatchObject({
    outcome: 'promoted',
  });
});

test('the watch takes no move that is under way for one by hand, and one by hand for what it is', async () => {
  const target = { model: 'watched' };
  const policy = LoopPolicy.parse({ pipeline: 'watched', model: 'watched' });
  const alias = async () => ({ version: registry('watched').champion ?? '' });
  const look = () =>
    watchAlias(
      {
        loops: {
          ledger: (model) => readLedger(client(), { model }),
          look: (model) => lookAgain(client(), { model }),
        },
        tracking: { alias, version: async () => null, newestVersions: async () => [] },
        store: { list: async function* () {} },
      },
      { policy, mark: { epoch: 0 } },
    );
  const { version } = await registerVersion(client(), target, request('k'));
  let answer: (() => void) | undefined;
  registry('watched').answering = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const moving = moveAlias(client(), target, { key: 'm', to: version, expect: null, by: 'x' });
  await expect.poll(() => registry('watched').champion).toBe('1');
  // The ledger is asked, and answers when the move is done.
  const seen = look();
  answer?.();
  await moving;
  const first = { runId: 'x', version: '1', previous: null, epoch: 1, at: expect.any(String), probation: true };
  expect(await seen).toEqual({ handMove: null, mark: { epoch: 1 }, moves: [first] });
  expect(await look()).toEqual({ handMove: null, mark: { epoch: 1 }, moves: [first] });
  registry('watched').champion = '7';
  expect(await look()).toMatchObject({ handMove: { id: 'watched/2', words: expect.stringContaining('version 7') } });
});

test('a write that fails in passing is repeated', async () => {
  const target = { model: 'shaky' };
  const { version } = await registerVersion(client(), target, request('k'));
  registry('shaky').failures.push(new Error('connection reset'));
  expect(await moveAlias(client(), target, { key: 'm', to: version, expect: null, by: 'x' })).toMatchObject({
    outcome: 'promoted',
    champion: '1',
  });
});

test('requests that are none are refused before they enter the history', async () => {
  const { version } = await registerVersion(client(), { model: 'strict' }, request('k'));
  const handle = client().workflow.getHandle('model/strict');
  await expect(handle.executeUpdate(moveUpdate, { args: [{ key: 'm' } as never] })).rejects.toThrow(
    WorkflowUpdateFailedError,
  );
  await expect(
    moveAlias(client(), { model: 'strict' }, { key: 'm', to: { ...version, model: 'other' }, expect: null, by: 'x' }),
  ).rejects.toMatchObject({
    type: 'InvalidInput',
    message: 'version 1 is one of other, not of strict',
  });
});

test('the ledger, its keys and its answers survive a continue-as-new under load', async () => {
  await client().workflow.start('model', {
    workflowId: 'model/long',
    taskQueue: 'ratchet',
    args: [{ model: 'long', updatesAHistory: 7 }],
  });
  const first = (await client().workflow.getHandle('model/long').describe()).runId;
  const target = { model: 'long' };
  const versions = await Promise.all(
    Array.from({ length: 25 }, (_, n) => registerVersion(client(), target, request(`k${n}`))),
  );
  expect(new Set(versions.map(({ version }) => version.version)).size).toBe(25);
  let expected: string | null = null;
  for (const [n, { version }] of versions.slice(0, 12).entries()) {
    const answer = await moveAlias(client(), target, { key: `m${n}`, to: version, expect: expected, by: 'test' });
    expect(answer).toMatchObject({ champion: version.version, previous: expected, epoch: n + 1 });
    expected = version.version;
  }
  expect((await client().workflow.getHandle('model/long').describe()).runId).not.toBe(first);
  expect(
    await moveAlias(client(), target, {
      key: 'm3',
      to: (versions[3] as { version: VersionRef }).version,
      expect: 'whatever',
      by: 'test',
    }),
  ).toMatchObject({ epoch: 4 });
  expect(await registerVersion(client(), target, request('k3'))).toMatchObject({
    already: true,
    version: versions[3]?.version,
  });
  expect(registry('long').versions).toHaveLength(25);
  // Each once, whichever history it happened in.
  await expect
    .poll(() => registry('long').moves.map(({ epoch }) => epoch))
    .toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
});

test('every move, rollback and move by hand is kept; a store that is away holds up none and is told later', async () => {
  const target = { model: 'kept', asker: 'anna-1' };
  const all = registry('kept');
  for (const key of ['a', 'b', 'c']) await registerVersion(client(), target, request(key));
  const move = (key: string, version: string, expect: string | null) =>
    moveAlias(client(), target, { key, to: all.ref(version, 'kept'), expect, by: 'run/x/1 (test)' });
  await move('first', '1', null);
  await expect.poll(() => all.moves).toHaveLength(1);
  all.storeAway = true;
  expect(await move('second', '2', '1')).toMatchObject({ outcome: 'promoted', champion: '2' });
  await rollback(client(), target, { by: 'anna', reason: 'it smells' });
  all.champion = '3';
  expect(await lookAgain(client(), target)).toMatchObject({ champion: '3', epoch: 4 });
  expect(all.moves).toHaveLength(1);
  all.storeAway = false;
  await expect.poll(() => all.moves).toHaveLength(4);
  expect(all.moves).toMatchObject([
    { model: 'kept', epoch: 1, key: 'first', from: null, to: '1', by: 'run/x/1 (test)' },
    { epoch: 2, key: 'second', from: '1', to: '2' },
    { epoch: 3, key: expect.stringMatching(/^rollback\//), from: '2', to: '1', by: 'anna', reason: 'it smells' },
    { epoch: 4, key: 'outside/4', from: '1', to: '3' },
  ]);
});

test('a pack is owed to a version that was registered, and to both sides of a move; it waits for its run beside all else', async () => {
  const target = { model: 'packed', asker: 'anna-1' };
  const all = registry('packed');
  all.recorded = false;
  for (const key of ['a', 'b']) await registerVersion(client(), target, request(key));
  await expect.poll(() => new Set(all.packs)).toEqual(new Set(['1', '2']));
  const move = (key: string, version: string, expect: string | null) =>
    moveAlias(client(), target, { key, to: all.ref(version, 'packed'), expect, by: 'x' });
  expect(await move('first', '1', null)).toMatchObject({ outcome: 'promoted' });
  expect(await move('second', '2', '1')).toMatchObject({ outcome: 'promoted' });
  all.recorded = true;
  // Both are tried until it is there, and then no more.
  await expect.poll(async () => (await pending('model/packed')).filter((name) => name === 'keepPack')).toEqual([]);
  all.packs = [];
  await rollback(client(), target, { by: 'anna', reason: 'it smells' });
  await expect.poll(() => [...all.packs].sort()).toEqual(['1', '2']);
  // A move by hand is told to the store and then written to the registry: the packs are written once, after both.
  await expect.poll(async () => pending('model/packed')).toEqual([]);
  all.packs = [];
  all.champion = '2';
  expect(await lookAgain(client(), target)).toMatchObject({ champion: '2' });
  await expect.poll(async () => all.packs.length > 0 && (await pending('model/packed'))).toEqual([]);
  expect([...all.packs].sort()).toEqual(['1', '2']);
});

test('packs that are owed go along when the ledger starts over', async () => {
  await client().workflow.start('model', {
    ...{ workflowId: 'model/owing', taskQueue: 'ratchet', args: [{ model: 'owing', updatesAHistory: 3 }] },
  });
  const all = registry('owing');
  const first = (await client().workflow.getHandle('model/owing').describe()).runId;
  all.recorded = false;
  for (const key of ['a', 'b', 'c']) await registerVersion(client(), { model: 'owing' }, request(key));
  await expect.poll(async () => (await client().workflow.getHandle('model/owing').describe()).runId).not.toBe(first);
  all.recorded = true;
  all.packs = [];
  await expect.poll(() => new Set(all.packs)).toEqual(new Set(['1', '2', '3']));
  await expect.poll(async () => pending('model/owing')).toEqual([]);
});

/** Types of activities that are under way or wait for their next attempt. */
async function pending(workflowId: string): Promise<unknown[]> {
  const { raw } = await client().workflow.getHandle(workflowId).describe();
  return (raw.pendingActivities ?? []).map(({ activityType }) => activityType?.name);
}
