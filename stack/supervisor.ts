import type { ChildProcess } from 'node:child_process';
import { isPortFree } from '#adapters/process/free-port.ts';
import { listensOn } from '#adapters/process/listening-port.ts';
import { ensureCredentials } from './credentials.ts';
import { type Doors, openDoors } from './doors.ts';
import { partVariable, withoutMarks } from './orphans.ts';
import { chooseStackPorts } from './part-ports.ts';
import { allParts } from './parts/all-parts.ts';
import { atHome, type Part, type PartContext, type PortWish, portOf } from './parts/part.ts';
import type { StackPaths } from './paths.ts';
import { environmentVariables } from './python-environment.ts';
import type { StackRecord } from './record.ts';
import { type Supervised, supervise } from './supervised-process.ts';
import type { SupervisorRequest, WorkerRequest } from './supervisor-request.ts';
import { workerGroup } from './worker-group.ts';
import { workerTimes } from './worker-times.ts';

/**
 * Keeps the parts and workers of a request running until `stop`, and writes what happens into the stack file.
 * Parts start at once; workers when Temporal is there, because without it they could only fail.
 */
export function startSupervisor(
  request: SupervisorRequest,
  paths: StackPaths,
  record: StackRecord,
): { stop(): Promise<void> } {
  const workers = workerGroup(request.workers, (asked, name) =>
    supervise(workerOf(asked, name, paths, record, request.parts)),
  );
  const doors = new Map<string, Doors>();
  const parts = request.parts.map((name) => {
    const target = serverOf(allParts[name], request, paths, record, doors, workers.restart);
    const onReady = name === 'temporal' ? workers.start : () => {};
    return supervise({
      ...target,
      onChange: (change) => {
        target.onChange(change);
        if (change.state === 'ready') onReady();
      },
    });
  });
  if (!request.parts.includes('temporal')) workers.start();
  return {
    stop: async () => {
      for (const each of doors.values()) each.close();
      await workers.stop();
      await Promise.all(parts.map((part) => part.stop()));
    },
  };
}

function serverOf(
  part: Part,
  request: SupervisorRequest,
  paths: StackPaths,
  record: StackRecord,
  doors: Map<string, Doors>,
  onMoved: () => void,
): Supervised {
  const { environment } = request;
  if (!environment) throw new Error(`${part.name} is embedded, but no environment holds its program`);
  const context = (): PartContext => ({
    data: paths.data(part.name),
    ports: record.portsOf(part.name),
    bin: environment.bin,
    variables: {
      ...atHome(paths.data(part.name), withoutMarks(environmentVariables(environment))),
      [partVariable]: paths.folder,
    },
    credentials: ensureCredentials(paths),
  });
  return {
    name: part.name,
    log: paths.log(part.name),
    startSeconds: part.startSeconds,
    launch: async () => {
      if (await agreeOnPorts(part, record, doors.has(part.name))) onMoved();
      await part.prepare(context());
      return part.command(context());
    },
    isHealthy: async (signal, child) => {
      if (!(await part.isHealthy(context(), signal))) return false;
      // Another program on the same port may have answered.
      const [port] = Object.values(context().ports);
      return port === undefined || child.pid === undefined || (await listensOn(child.pid, port)) !== false;
    },
    settle: async () => {
      await part.settle(context());
      if (!doors.has(part.name)) doors.set(part.name, await openDoors(part, context().ports));
    },
    crowdedOut: async () => !doors.has(part.name) && (await isCrowdedOut(part, record)),
    onChange: (change) => record.changed(part.name, part.version, change),
  };
}

/** Of the part's ports those that somebody listens on. */
async function takenOf(part: Part, record: StackRecord): Promise<PortWish[]> {
  const ports = record.portsOf(part.name);
  const found = await Promise.all(
    part.ports
      .filter((wish) => wish.name in ports)
      .map(async (wish) => ((await isPortFree(portOf({ ports }, wish.name))) ? [] : [wish])),
  );
  return found.flat();
}

/** A port that a setting fixes is not chosen again: who took it has to go. */
async function isCrowdedOut(part: Part, record: StackRecord): Promise<boolean> {
  const taken = await takenOf(part, record);
  return taken.length > 0 && taken.every(({ setting }) => !(setting && process.env[setting]));
}

/**
 * A part that clients know already comes back on the same ports or not at all; one that was never ready may still
 * move, when somebody took a port since it was chosen. @returns whether it moved
 */
async function agreeOnPorts(part: Part, record: StackRecord, wasReady: boolean): Promise<boolean> {
  const ports = record.portsOf(part.name);
  // Doors stay open while their part is started again.
  const taken = (await takenOf(part, record)).find((wish) => !(wasReady && wish.door));
  if (!taken && part.ports.every((wish) => wish.name in ports)) return false;
  if (wasReady)
    throw new Error(
      `port ${taken && portOf({ ports }, taken.name)} is taken by another program: end it, or run ratchet down and ratchet dev to have other ports chosen`,
    );
  const chosen = await chooseStackPorts([part], { [part.name]: ports });
  record.portsChanged(part, chosen[part.name] ?? {});
  return true;
}

function workerOf(
  request: WorkerRequest,
  name: string,
  paths: StackPaths,
  record: StackRecord,
  parts: SupervisorRequest['parts'],
): Supervised {
  const [file = '', ...args] = request.command;
  const { patience, start } = workerTimes(parts);
  const waits = patience === null ? {} : { RATCHET_START_PATIENCE: String(patience) };
  const announced = new WeakSet<ChildProcess>();
  return {
    name,
    log: paths.log(name),
    startSeconds: start,
    launch: async () => ({
      file,
      args,
      cwd: paths.root,
      env: { ...waits, ...withoutMarks(process.env), ...request.env, RATCHET_ROOT: paths.root },
    }),
    ...(request.announcesReady && {
      onSpawn: (child: ChildProcess) => {
        child.on('message', (message) => {
          if (message === 'ready') announced.add(child);
        });
      },
    }),
    isHealthy: async (_, child) => !request.announcesReady || announced.has(child),
    settle: async () => {},
    onChange: (change) => record.changed(name, '', change),
  };
}
