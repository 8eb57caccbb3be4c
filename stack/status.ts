import { isSameProcess } from '#adapters/process/process-identity.ts';
import { supervisorLives } from './clean-up.ts';
import { type Addresses, noAddresses, type PartState, readStackFile } from './file.ts';
import { groupUsage } from './group-usage.ts';
import { stackPaths } from './paths.ts';

type PartStatus = {
  name: string;
  state: PartState;
  pid: number | null;
  ports: Record<string, number>;
  version: string;
  startedAt: string | null;
  readyAt: string | null;
  restarts: number;
  lastError: string | null;
  log: string;
  /** Of the process and all that it started; null when it does not run or the system does not tell. */
  residentBytes: number | null;
  cpuSeconds: number | null;
};

export type StackStatus = {
  /** Whether a supervisor keeps the parts running. */
  running: boolean;
  supervisor: { pid: number; residentBytes: number | null; cpuSeconds: number | null } | null;
  addresses: Addresses;
  parts: PartStatus[];
};

/** What runs in this project, checked against the process table. Starts and changes nothing. */
export async function stackStatus(root: string): Promise<StackStatus> {
  const paths = stackPaths(root);
  const file = readStackFile(paths);
  const running = await supervisorLives(file);
  const parts = await Promise.all(
    Object.entries(file?.parts ?? {}).map(async ([name, part]): Promise<PartStatus> => {
      const alive = part.process !== null && (await isSameProcess(part.process));
      const usage = alive && part.process ? await groupUsage(part.process.pid) : null;
      const { process: _, failures: __, ...told } = part;
      return {
        ...told,
        name,
        state: stateNow(part.state, running, alive),
        pid: alive ? (part.process?.pid ?? null) : null,
        log: paths.log(name),
        residentBytes: usage?.residentBytes ?? null,
        cpuSeconds: usage?.cpuSeconds ?? null,
      };
    }),
  );
  const pid = running ? file?.supervisor?.pid : undefined;
  const usage = pid === undefined ? null : await groupUsage(pid);
  const supervisor =
    pid === undefined
      ? null
      : { pid, residentBytes: usage?.residentBytes ?? null, cpuSeconds: usage?.cpuSeconds ?? null };
  return { running, supervisor, addresses: file?.addresses ?? noAddresses, parts };
}

/** As recorded, unless the process table knows better: a death that the supervisor has yet to notice, or no supervisor. */
function stateNow(recorded: PartState, running: boolean, alive: boolean): PartState {
  if (alive) return recorded;
  if (!running) return 'stopped';
  return recorded === 'ready' ? 'restarting' : recorded;
}
