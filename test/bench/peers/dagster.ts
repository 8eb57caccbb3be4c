/** Dagster with a persistent instance: SQLite under DAGSTER_HOME. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePythonEnvironment, environmentVariables } from '#stack/python-environment.ts';
import type { Contender } from '../contender.ts';
import { startPeer } from './peer.ts';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** @param executor `multiprocess` starts a process a step. */
export async function startDagster(root: string, executor: 'in-process' | 'multiprocess'): Promise<Contender> {
  const environment = await ensurePythonEnvironment({
    root,
    name: 'bench-dagster',
    lock: here('../requirements-dagster.lock'),
  });
  const home = join(root, `dagster-${executor}`);
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'dagster.yaml'), 'telemetry:\n  enabled: false\n');
  const alone = executor === 'in-process';
  return startPeer({
    name: alone ? 'Dagster' : 'Dagster multiprocess',
    executor: alone
      ? 'in-process executor (steps of a map one after another), 50 runs in as many warm processes as there are cores, persistent instance on SQLite'
      : 'multiprocess executor, 16 at once, persistent instance on SQLite',
    python: environment.python,
    script: here('./dagster_bench.py'),
    args: [executor],
    cwd: home,
    env: {
      ...environmentVariables(environment),
      DAGSTER_HOME: home,
      DAGSTER_DISABLE_TELEMETRY: 'yes',
      DO_NOT_TRACK: '1',
    },
    log: join(home, 'log'),
    leavesOut: alone ? {} : { 'wide-2500': 'a process a step: over an hour', fifty: '350 processes: not in this time' },
  });
}
