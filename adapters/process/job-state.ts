/** What is the case with a job, from its folder alone: exit.json → done; lock held → running; neither → died. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobState } from '#activities/ports/executor.ts';
import { UserError } from '#contracts/failures.ts';
import { type JobFolder, readJson } from './job-folder.ts';
import { ExitFile, ProcessFile, SpecFile } from './job-records.ts';
import { lockHeld } from './lock-probe.ts';

const pollMs = 25;
/** Between lock and process.json a shim may have to end what a killed one left behind. */
const patienceMs = 30_000;

/**
 * @param probe asks Python whether the lock is held; see lock-probe.ts
 * @throws UserError JobDied when the lock is held but nobody says by whom.
 */
export async function readJobState(paths: JobFolder, probe: () => Promise<boolean>): Promise<JobState> {
  for (const deadline = Date.now() + patienceMs; ; await sleep(pollMs)) {
    const spec = SpecFile.optional().parse(await readJson(paths.spec));
    if (!spec) return { kind: 'absent' };
    const { attempt } = spec;
    const held = await lockHeld(paths.lock, probe);
    // exit.json is written before the lock is let go, so it is read after the lock was seen free.
    const exit = ExitFile.optional().parse(await readJson(paths.exit));
    if (exit && exit.attempt >= attempt) return { kind: 'done', attempt: exit.attempt, exit };
    if (!held) return { kind: 'died', attempt };
    const running = ProcessFile.optional().parse(await readJson(paths.process));
    if (running?.attempt === attempt) return { kind: 'running', attempt, identity: running.trainer };
    if (Date.now() > deadline) {
      throw new UserError(
        'JobDied',
        `Job '${paths.id}' is locked but does not say which process runs it. Look at ${paths.shimLog}.`,
      );
    }
  }
}
