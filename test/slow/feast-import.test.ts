/** `ratchet features import` of what `feast init` makes, run by the real Feast: the definitions hold, and history finds the rows. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { ensurePythonEnvironment } from '#stack/python-environment.ts';

const main = fileURLToPath(new URL('../../cli/bin.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ratchet-feast-import-'));
const repository = join(folder, 'drivers', 'feature_repo');
const tables = createTablesInProcess();
let python: string;
const ratchet = (...args: string[]) =>
  spawnSync(process.execPath, [main, 'features', ...args], {
    cwd: folder,
    env: { ...process.env, RATCHET_ROOT: folder },
    encoding: 'utf8',
  });
beforeAll(async () => {
  const here = import.meta.dirname;
  const environment = await ensurePythonEnvironment({
    root: join(here, '..', '..'),
    name: 'feast',
    lock: join(here, 'feast', 'requirements.lock'),
    progress: (line) => console.log(line),
  });
  python = environment.python;
  const made = spawnSync(join(environment.bin, 'feast'), ['init', 'drivers'], { cwd: folder, encoding: 'utf8' });
  expect(made.status, made.stderr).toBe(0);
});
afterAll(async () => {
  await tables.close();
  rmSync(folder, { recursive: true, force: true });
});

test('views, their types and services come over, what has no like is named, and nothing of the repository is touched', async () => {
  const files = () => readdirSync(repository, { recursive: true }).toSorted();
  const before = files();
  const made = ratchet('import', 'drivers/feature_repo', '--python', python, '--json');
  expect(made.status, made.stderr).toBe(0);
  const told = JSON.parse(made.stdout);
  expect(told).toMatchObject({
    entities: ['driver'],
    views: ['driver_hourly_stats', 'driver_hourly_stats_fresh'],
    services: ['driver_activity_v1', 'driver_activity_v2', 'driver_activity_v3'],
    onDemand: ['transformed_conv_rate', 'transformed_conv_rate_fresh'],
  });
  expect(told.leftOut.map(({ what }: { what: string }) => what)).toContain('driver_hourly_stats:driver_profile');
  expect(files()).toEqual(before);

  const list = ratchet('list', '--json');
  expect(list.status, list.stderr).toBe(0);
  writeFileSync(
    join(folder, 'rows.csv'),
    `driver_id,event_timestamp\n1001,${new Date().toISOString()}\n1002,${new Date().toISOString()}\n9,2020-01-01T00:00:00Z\n`,
  );
  const history = ratchet(
    ...['history', '--entities', 'rows.csv', '--time', 'event_timestamp'],
    ...['--service', 'driver_activity_v2', '--out', 'train.parquet', '--json'],
  );
  expect(history.status, history.stderr).toBe(0);
  const { columns } = await tables.shape([join(folder, 'train.parquet')]);
  expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
    'driver_id BIGINT',
    'event_timestamp TIMESTAMP WITH TIME ZONE',
    'conv_rate DOUBLE',
    'acc_rate DOUBLE',
    'avg_daily_trips BIGINT',
  ]);
  expect(JSON.parse(history.stdout)).toMatchObject({ rows: 3, matched: { driver_hourly_stats: 2 / 3 } });

  const again = ratchet('import', 'drivers/feature_repo', '--python', python);
  expect([again.status, again.stderr]).toEqual([2, expect.stringMatching(/features\.ts is there already/)]);
});

test('definitions that do not load are told in Feast’s words', () => {
  const broken = join(folder, 'broken');
  mkdirSync(broken);
  writeFileSync(join(broken, 'feature_store.yaml'), readFileSync(join(repository, 'feature_store.yaml')));
  writeFileSync(join(broken, 'definitions.py'), 'from nowhere import Entity\n');
  const made = ratchet('import', 'broken', '--python', python, '--out', 'broken.ts');
  expect(made.status).toBe(2);
  expect(made.stderr).toMatch(/Feast cannot load .*broken: .*No module named 'nowhere'/);
  expect(made.stderr).not.toMatch(/^\s+at /m);
});
