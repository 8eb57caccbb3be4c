/** Drift where the worker measures it: profiles in the store, work in the data host, cancelled and measured from outside. */
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDrift, type Drift } from '#activities/data/drift.ts';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { createTables } from '#adapters/duckdb/tables.ts';
import type { DatasetRef } from '#contracts/data.ts';
import { measureDriftHere } from '#measures/drift/measure.ts';
import { profileTableHere } from '#measures/drift/profile/table.ts';
import type { Tables } from '#ports/tables.ts';
import { writeTable } from '../bench/drift/tables.ts';
import { createFolderStore, type FolderStore } from '../conformance/folder-store.ts';

let folder: string;
let tables: Tables;
let store: FolderStore;
let drift: Drift;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-drift-test-'));
  tables = createTables({ scratchFolder: join(folder, 'scratch') });
  store = createFolderStore(join(folder, 'store'));
  drift = createDrift({ store, tables, cacheFolder: join(folder, 'cache') });
});
afterAll(async () => {
  await tables.close();
  await rm(folder, { recursive: true, force: true });
});

async function dataset(
  name: string,
  rows: number,
  columns: number,
  seed: number,
  shift = 0,
): Promise<DatasetRef & { path: string }> {
  const path = join(folder, name);
  await writeTable(path, { rows, columns }, seed, shift);
  const facts = await tables.inspect(path);
  const key = `files/md5/${facts.md5.slice(0, 2)}/${facts.md5.slice(2)}`;
  await store.upload(path, key);
  const base = { kind: 'dataset', uri: store.uri(key), digest: `md5:${facts.md5}`, format: 'parquet' } as const;
  return { ...base, path, rows: facts.rows, bytes: facts.bytes, columns: [...facts.columns] };
}

describe('a stored profile', () => {
  test('finds what the data themselves find, and only the new rows are read', async () => {
    const reference = await dataset('reference.parquet', 60_000, 20, 1);
    const current = await dataset('current.parquet', 3_000, 20, 2, 0.3);
    const profile = await drift.profileReference(reference);
    expect(await drift.profileReference(reference)).toEqual(profile);
    // What is gone cannot be read.
    await rm(reference.path);
    await rm(join(store.folder, store.key(reference.uri)));
    await rm(join(folder, 'cache', store.key(reference.uri)));
    const stored = await drift.measureDrift({ profile, current });
    expect(stored.drifted).toBe(4);
    await dataset('reference.parquet', 60_000, 20, 1);
    const local = createTablesInProcess();
    const files = [reference.path, current.path];
    const { signal } = new AbortController();
    const direct = await local.scanning(
      files,
      (open) =>
        measureDriftHere(
          { reference: { files: [files[0]!] }, current: { files: [files[1]!] }, options: {} },
          null,
          open,
        ),
      signal,
    );
    for (const [name, column] of Object.entries(direct.columns)) {
      const same = stored.columns[name]!;
      expect(same.drifted, name).toBe(column.drifted);
      expect(same.method, name).toBe(column.method);
      expect(Math.abs(Number(same.value) - Number(column.value)), name).toBeLessThanOrEqual(same.error ?? 0);
    }
    // Bytes that this process reads for the daily check: the new file and the profile, each about once.
    const path = join(folder, 'profile.json');
    await local.scanning(files, (open) => profileTableHere({ files: [files[0]!], to: path }, null, open), signal);
    const before = await bytesRead();
    await local.scanning(
      [files[1]!],
      (open) =>
        measureDriftHere({ reference: { profiles: [path] }, current: { files: [files[1]!] }, options: {} }, null, open),
      signal,
    );
    const read = (await bytesRead()) - before;
    await local.close();
    // A pass over some columns reads the file's footer again.
    expect(read).toBeLessThan((await stat(path)).size + 2 * current.bytes + 2 ** 20);
  });

  test('of two days is that of both together', async () => {
    const [one, two, new_] = await Promise.all([
      dataset('one.parquet', 2_000, 20, 3),
      dataset('two.parquet', 1_500, 20, 4),
      dataset('new.parquet', 1_200, 20, 5, 0.4),
    ]);
    const profiles = [await drift.profileReference(one), await drift.profileReference(two)];
    const merged = await drift.measureDrift({ profile: profiles, current: new_ });
    const local = createTablesInProcess();
    const direct = await local.scanning(
      [one.path, two.path, new_.path],
      (open) =>
        measureDriftHere(
          { reference: { files: [one.path, two.path] }, current: { files: [new_.path] }, options: {} },
          null,
          open,
        ),
      new AbortController().signal,
    );
    await local.close();
    expect(merged).toEqual(direct);
  });
});

describe('beside the worker', () => {
  test('its event loop goes on, a cancel ends the work, and nothing is left', async () => {
    const reference = await dataset('large.parquet', 1_500_000, 10, 6);
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    const abort = new AbortController();
    const running = drift.profileReference(reference, abort.signal);
    const ended = running.then(
      () => 'done',
      (error: Error) => error.message,
    );
    // Turns of this loop, while the host has work: were the work done here, there would be none.
    await until(async () => (await readdir(join(folder, 'scratch'))).length > 0 && turns > 20);
    clearInterval(timer);
    abort.abort(new Error('cancelled by the test'));
    expect(await ended).toBe('cancelled by the test');
    const left = (await readdir(join(folder, 'cache', 'profiles'))).filter((name) => name.endsWith('.partial'));
    expect(left).toEqual([]);
  });
});

/** By this process so far, files and pipes; Linux only. */
async function bytesRead(): Promise<number> {
  return Number(/rchar: (\d+)/.exec(await readFile('/proc/self/io', 'utf8'))?.[1]);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('it never came to hold');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
