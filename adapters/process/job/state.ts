/** What is the case with a job, from its folder alone: exit.json → done; lock held → running; neither → died. */
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '#contracts/failures.ts';
import type { JobState } from '#ports/executor.ts';
import { type JobFolder, readJson } from './folder.ts';
import { ExitFile, ProcessFile, SpecFile } from './records.ts';

const pollMs = 25;
/** Between lock and process.json a shim may have to end what a killed one left behind. */
const patienceMs = 30_000;

/** A job that its files do not decide: whether it runs or has died is told by its lock alone. */
export interface Undecided {
  kind: 'undecided';
  attempt: number;
}

/** Two small files, no process: all that it takes for a job that has ended. */
export async function readJobFiles(
  paths: JobFolder,
): Promise<Extract<JobState, { kind: 'absent' | 'done' }> | Undecided> {
  const spec = SpecFile.optional().parse(await readJson(paths.spec));
  if (!spec) return { kind: 'absent' };
  const exit = ExitFile.optional().parse(await readJson(paths.exit));
  const { attempt } = spec;
  return exit && exit.attempt >= attempt
    ? { kind: 'done', attempt: exit.attempt, exit }
    : { kind: 'undecided', attempt };
}

/**
 * @param held whether somebody holds the lock now; see lock-probe.ts
 * @throws UserError JobDied when the lock is held but nobody says by whom.
 */
export async function readJobState(paths: JobFolder, held: () => Promise<boolean>): Promise<JobState> {
  for (const deadline = performance.now() + patienceMs; ; await sleep(pollMs)) {
    const before = await readJobFiles(paths);
    if (before.kind !== 'undecided') return before;
    if (!(await held())) {
      // exit.json is written before the lock is let go, so it is read again after the lock was seen free.
      const now = await readJobFiles(paths);
      return now.kind === 'undecided' ? { kind: 'died', attempt: now.attempt } : now;
    }
    const running = ProcessFile.optional().parse(await readJson(paths.process));
    if (running?.attempt === before.attempt) {
      const { trainer, restoredAt } = running;
      return {
        kind: 'running',
        attempt: before.attempt,
        where: whereOf(trainer),
        ...(restoredAt ? { restoredAt } : {}),
      };
    }
    if (performance.now() > deadline) {
      throw new UserError(
        'JobDied',
        `Job '${paths.id}' is locked but does not say which process runs it. Look at ${paths.shimLog}.`,
      );
    }
  }
}

/** With all that tells one process from another: a pid alone is used again, by another boot or another container. */
const whereOf = ({ pid, host, startTime, bootId }: ProcessFile['trainer']) =>
  `process ${pid} on ${host}, begun at tick ${startTime} of boot ${bootId.slice(0, 8)}`;
