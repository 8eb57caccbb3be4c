/** Dagster's daemon with as many sensors as there are pipelines. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { ensurePythonEnvironment, environmentVariables } from '#stack/python-environment.ts';
import { repository } from '../world.ts';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const Figures = z.object({
  version: z.string(),
  idle_seconds_a_minute: z.number(),
  resident_mb: z.number(),
  waits_ms: z.array(z.number()),
  burst_s: z.number(),
  /** Every sensor saw all of its events in the time given. */
  burst_done: z.boolean(),
  burst_seen: z.number(),
  burst_sent: z.number(),
});
export type DagsterFigures = z.output<typeof Figures>;

export async function dagsterSensors(sizes: {
  pipelines: number;
  peerStarts: number;
  /** Seconds. */
  peerBurst: number;
  watchedMs: number;
}): Promise<DagsterFigures> {
  const lock = here('../requirements-dagster.lock');
  const environment = await ensurePythonEnvironment({ root: repository, name: 'bench-dagster', lock });
  const home = mkdtempSync(join(tmpdir(), 'ratchet-bench-dagster-'));
  try {
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'dagster.yaml'), 'telemetry:\n  enabled: false\n');
    const { pipelines, peerStarts, watchedMs, peerBurst } = sizes;
    const args = [pipelines, peerStarts, watchedMs / 1_000, peerBurst].map(String);
    const { stdout } = await promisify(execFile)(environment.python, [here('./dagster_triggers.py'), ...args], {
      cwd: home,
      env: {
        ...environmentVariables(environment),
        DAGSTER_HOME: home,
        DAGSTER_DISABLE_TELEMETRY: 'yes',
        DO_NOT_TRACK: '1',
      },
      maxBuffer: 64 * 2 ** 20,
      timeout: 600_000,
    });
    return Figures.parse(JSON.parse(stdout));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
