import type { ProcessIdentity } from '#adapters/process/process-identity.ts';
import { type PartRecord, readStackFile, type StackFile, writeStackFile } from './file.ts';
import type { Ports } from './part-ports.ts';
import type { Part } from './parts/part.ts';
import type { StackPaths } from './paths.ts';
import type { Change } from './supervised-process.ts';

/** The supervisor's view of the stack file: it alone writes it, after every change, before the next step is taken. */
export type StackRecord = {
  portsOf(part: string): Ports;
  portsChanged(part: Part, ports: Ports): void;
  changed(name: string, version: string, change: Change): void;
  /** False once the file is gone or names another supervisor: this one has been replaced. */
  isOurs(): boolean;
  close(): void;
};

export function openStackRecord(paths: StackPaths, own: ProcessIdentity, file: StackFile): StackRecord {
  const isOurs = () => {
    const named = readStackFile(paths)?.supervisor;
    return named?.pid === own.pid && named.startedAt === own.startedAt && named.bootId === own.bootId;
  };
  const write = () => {
    // A full disk or a deleted folder must not take the servers down: what they run on is recorded again at the next change.
    try {
      if (isOurs()) writeStackFile(paths, file);
    } catch (error) {
      console.error(`cannot write ${paths.stackFile}: ${error}`);
    }
  };
  return {
    portsOf: (part) => file.parts[part]?.ports ?? {},
    portsChanged: (part, ports) => {
      file.parts[part.name] = { ...(file.parts[part.name] ?? newPart(part.version)), ports };
      Object.assign(file.addresses, part.addresses({ ports }));
      write();
    },
    changed: (name, version, change) => {
      const before = file.parts[name] ?? newPart(version);
      const began = change.state === 'starting' && change.process !== null;
      const now = new Date().toISOString();
      file.parts[name] = {
        ...before,
        version,
        state: change.state,
        process: change.process,
        restarts: change.restarts,
        failures: change.failures,
        lastError: change.lastError,
        startedAt: began ? now : before.startedAt,
        readyAt: change.state === 'ready' ? now : began ? null : before.readyAt,
      };
      write();
    },
    isOurs,
    close: () => {
      file.supervisor = null;
      write();
    },
  };
}

export function newPart(version: string, ports: Ports = {}): PartRecord {
  return {
    state: 'waiting',
    process: null,
    ports,
    version,
    startedAt: null,
    readyAt: null,
    restarts: 0,
    failures: 0,
    lastError: null,
  };
}
