import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { identityNow, identityOf, type ProcessIdentity } from '#adapters/process/process-identity.ts';
import { backOff } from './back-off.ts';
import type { PartState } from './file.ts';
import { lastLines, openLog } from './log-file.ts';
import type { Command } from './parts/part.ts';
import { terminate } from './terminate.ts';

/** A life this long makes up for the ends before it: the next end is the first again. */
const steadyMilliseconds = 60_000;
const probeMilliseconds = 75;
/** Starts in a row that may fail for want of a port: two stacks that start at once choose alike more than once. */
const crowdings = 5;

export type Change = {
  state: PartState;
  process: ProcessIdentity | null;
  /** Ends in a row before it was ever healthy since the last health. */
  failures: number;
  restarts: number;
  lastError: string | null;
};

export type Supervised = {
  name: string;
  log: string;
  startSeconds: number;
  /** Everything before a start; gives the command line. A throw counts as a failed start. */
  launch(): Promise<Command>;
  isHealthy(signal: AbortSignal, child: ChildProcess): Promise<boolean>;
  /** In the same turn as the spawn: the first message cannot be missed. */
  onSpawn?(child: ChildProcess): void;
  settle(): Promise<void>;
  /** Asked after a start that failed: whether another program took a port meanwhile that the next start does without. */
  crowdedOut?(): Promise<boolean>;
  onChange(change: Change): void;
};

/**
 * Keeps one process running until `stop`: starts it, waits for its health, starts it again when it ends. A process
 * that does not get healthy within `startSeconds` is killed. A healthy one that hangs is left alone: under load a
 * probe may fail for minutes, and a restart would make that worse.
 */
export function supervise(target: Supervised): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let running: Running | undefined;
  const change: Change = { state: 'starting', process: null, failures: 0, restarts: 0, lastError: null };
  const tell = (next: Partial<Change>) => target.onChange(Object.assign(change, next));

  const oneLife = async (): Promise<string> => {
    running = await begin(target, (identity) => tell({ state: 'starting', process: identity }));
    if (stopping.signal.aborted) await running.end();
    const problem = await becomeHealthy(target, running, stopping.signal);
    if (problem === undefined) {
      tell({ state: 'ready', failures: 0, lastError: null });
      await running.exited;
    } else await running.end();
    return problem ?? `it ended with ${await running.exited}`;
  };

  const run = async () => {
    for (let ends = 0, crowded = 0; !stopping.signal.aborted; ) {
      const began = performance.now();
      const problem = await oneLife().catch((error: Error) => error.message);
      if (stopping.signal.aborted) break;
      ends = performance.now() - began > steadyMilliseconds ? 1 : ends + 1;
      const wasReady = change.state === 'ready';
      crowded = !wasReady && (await target.crowdedOut?.()) ? crowded + 1 : 0;
      const excused = crowded > 0 && crowded <= crowdings;
      const failures = wasReady ? 0 : change.failures + (excused ? 0 : 1);
      const lastError = [problem, lastLines(target.log, 5)].filter(Boolean).join('\n').slice(-2000);
      tell({ state: 'restarting', process: null, failures, restarts: change.restarts + 1, lastError });
      await delay(backOff(ends), undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const done = run();

  return {
    stop: async () => {
      stopping.abort();
      await running?.end();
      await done;
      tell({ state: 'stopped', process: null });
    },
  };
}

type Running = { child: ChildProcess; exited: Promise<string>; end(): Promise<void> };

async function begin(target: Supervised, onBegin: (identity: ProcessIdentity) => void): Promise<Running> {
  const command = await target.launch();
  const log = openLog(target.log);
  // A group of its own: a kill reaches all that it starts, and nothing reaches it through the terminal.
  const child = spawn(command.file, command.args, {
    cwd: command.cwd,
    env: command.env,
    detached: true,
    stdio: target.onSpawn ? ['ignore', log, log, 'ipc'] : ['ignore', log, log],
  });
  closeSync(log);
  target.onSpawn?.(child);
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command.file} cannot be started: ${await exited}`);
  const identity = identityNow(pid) ?? (await identityOf(pid));
  if (identity) onBegin(identity);
  // What its own children leave behind would hold its ports and files.
  const swept = exited.then((how) => {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Nobody was left.
    }
    return how;
  });
  return {
    child,
    exited: swept,
    end: async () => {
      if (identity) await terminate(identity);
      await swept;
    },
  };
}

/** Undefined once the process is healthy and settled, else why it will not be. */
async function becomeHealthy(target: Supervised, running: Running, stopping: AbortSignal): Promise<string | undefined> {
  const deadline = performance.now() + target.startSeconds * 1000;
  let ended: string | undefined;
  void running.exited.then((how) => {
    ended = how;
  });
  while (ended === undefined && !stopping.aborted) {
    const healthy = await target.isHealthy(AbortSignal.timeout(5_000), running.child).catch(() => false);
    if (healthy && ended === undefined) return settled(target);
    if (performance.now() > deadline) return `it was not healthy ${target.startSeconds} s after its start`;
    await delay(probeMilliseconds);
  }
  return ended === undefined ? 'it was stopped' : `it ended with ${ended} before it was healthy`;
}

function settled(target: Supervised): Promise<string | undefined> {
  return target.settle().then(
    () => undefined,
    (error: Error) => error.message,
  );
}
