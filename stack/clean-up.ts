import { isSameProcess } from '#adapters/process/process-identity.ts';
import { readStackFile, type StackFile } from './file.ts';
import { findOrphans, partVariable, supervisorVariable } from './orphans.ts';
import type { StackPaths } from './paths.ts';
import { terminate } from './terminate.ts';

/** A supervisor stops workers, then servers, each within 10 s. */
const supervisorGraceMilliseconds = 45_000;

/** Whether the supervisor that the file names is still that process. */
export async function supervisorLives(file: StackFile | undefined): Promise<boolean> {
  return file?.supervisor ? isSameProcess(file.supervisor) : false;
}

/**
 * Ends everything of this project that still runs: the supervisor (which ends its own), then whatever it left behind.
 * Each process is matched by pid, start and boot before it is signalled. Returns the names of what was ended.
 */
export async function endEverything(paths: StackPaths): Promise<string[]> {
  const supervisor = readStackFile(paths)?.supervisor;
  const before = await living(readStackFile(paths));
  const supervisors = await findOrphans(paths.folder, supervisorVariable);
  await Promise.all(
    [...supervisors, ...(supervisor ? [supervisor] : [])].map((one) => terminate(one, supervisorGraceMilliseconds)),
  );
  const left = (await living(readStackFile(paths))).sort((a, b) => Number(isWorker(b.name)) - Number(isWorker(a.name)));
  for (const { process } of left.filter(({ name }) => isWorker(name))) await terminate(process);
  await Promise.all(left.filter(({ name }) => !isWorker(name)).map(({ process }) => terminate(process)));
  const orphans = await findOrphans(paths.folder, partVariable);
  await Promise.all(orphans.map((orphan) => terminate(orphan)));
  return [...new Set([...before, ...left].map(({ name }) => name)), ...orphans.map(({ pid }) => `process ${pid}`)];
}

const isWorker = (name: string) => name.startsWith('worker-');

async function living(file: StackFile | undefined) {
  const recorded = Object.entries(file?.parts ?? {}).flatMap(([name, { process }]) =>
    process ? [{ name, process }] : [],
  );
  const alive = await Promise.all(recorded.map(({ process }) => isSameProcess(process)));
  return recorded.filter((_, index) => alive[index]);
}
