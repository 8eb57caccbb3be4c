/** Whoever writes a pack may die anywhere: what there is afterwards is the pack before, or the whole new one. */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writePackFolder } from '#records/audit/folder.ts';
import { keepPack } from '#records/audit/keep-pack.ts';
import { filesOf, newestPack } from '#records/audit/stored-packs.ts';
import { verifyFolder } from '#records/audit/verify.ts';
import { writeMove } from '#records/moves.ts';
import { createFolderStore, type FolderStore } from '../../conformance/folder-store.ts';
import { type AuditWorld, auditWorld } from '../../fixtures/audit-world.ts';
import { drawnKey } from '../../fixtures/signing-keys.ts';

const root = mkdtempSync(join(tmpdir(), 'ratchet-killed-'));
let world: AuditWorld;
beforeAll(async () => {
  world = await auditWorld(2);
  await keepPack(world.sources, target, drawnKey);
});
afterAll(() => {
  world?.close();
  rmSync(root, { recursive: true, force: true });
});
const target = { model: 'flights', version: '1' };
let copies = 0;
function copyOfStore(): FolderStore {
  const folder = join(root, `${++copies}`, 'store');
  cpSync(world.store.folder, folder, { recursive: true });
  return createFolderStore(folder);
}
/** How many events the newest pack has; it has to be whole. */
async function newestWhole(store: FolderStore): Promise<number> {
  const newest = await newestPack(store, target.model, target.version);
  const folder = join(root, `${++copies}-newest`);
  await writePackFolder(folder, await filesOf(store, newest as NonNullable<typeof newest>));
  expect(await verifyFolder(folder)).toMatchObject({ verified: true, problems: [] });
  return newest?.contents?.events.count ?? 0;
}
const rollbackTo1 = {
  ...target,
  epoch: 9,
  key: 'rollback/x',
  from: '2',
  to: '1',
  by: 'x',
  reason: 'y',
  at: '2027-01-01T00:00:00.000Z',
};

it('before each request, and after each', async () => {
  const before = await newestWhole(world.store);
  const seen = new Set<number>();
  for (let requests = 0, died = true; died; requests++)
    for (const done of [false, true]) {
      const store = copyOfStore();
      await writeMove(store, rollbackTo1);
      let left = requests;
      const dying = {
        ...store,
        put: async (...args: Parameters<typeof store.put>) => {
          if (left-- > 0) return store.put(...args);
          if (done) await store.put(...args);
          throw new Error('killed');
        },
      };
      died = await keepPack({ ...world.sources, store: dying }, target, drawnKey).then(
        () => false,
        () => true,
      );
      const events = await newestWhole(store);
      seen.add(events - before);
      // The next one writes the rest.
      await keepPack({ ...world.sources, store }, target, drawnKey);
      expect(await newestWhole(store)).toBe(before + 1);
    }
  expect([...seen].sort()).toEqual([0, 1]);
  expect(await newestWhole(world.store)).toBe(before);
});

it('by kill -9 at any moment, of a process that writes one after the other', async () => {
  for (let kill = 0; kill < 4; kill++) {
    const store = copyOfStore();
    const before = await newestWhole(store);
    const tags = JSON.stringify(world.versions.get('1')?.tags);
    const argv = ['--import', 'tsx', fileURLToPath(new URL('./writer.ts', import.meta.url)), store.folder, '1', tags];
    const writer = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    let told = '';
    writer.stdout.on('data', (text) => {
      told += text;
    });
    // Some packs later, in the middle of the next one.
    await expect.poll(() => told.split('\n').length, { interval: 3 }).toBeGreaterThan(2 + kill * 3);
    const gone = new Promise((resolve) => writer.once('exit', resolve));
    writer.kill('SIGKILL');
    await gone;
    expect(await newestWhole(store)).toBeGreaterThan(before);
    const outs = readdirSync(join(store.folder, '..')).filter((name) => name.startsWith('out-'));
    expect(outs.length).toBeGreaterThan(0);
    for (const out of outs)
      expect(await verifyFolder(join(store.folder, '..', out))).toMatchObject({ verified: true, problems: [] });
  }
});

it('of two that write at once the one that knows more is the newest, whichever comes last', async () => {
  const store = copyOfStore();
  const before = await newestWhole(store);
  const late = copyOfStore();
  await writeMove(store, rollbackTo1);
  await keepPack({ ...world.sources, store }, target, drawnKey);
  // Read before the move, written after it.
  await keepPack(
    { store: { ...late, put: store.put, list: late.list }, registry: world.sources.registry },
    target,
    () => drawnKey(),
  );
  expect(await newestWhole(store)).toBe(before + 1);
});
