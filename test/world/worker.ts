/** A worker beside those that the supervisor keeps: for tests that want one more, another environment's, or a mutant. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

export interface ExtraWorker {
  /** Of the process that runs now. */
  pid(): number;
  stop(): Promise<void>;
}

/** Returns when it takes work. When it dies it is started again, as a supervisor does, until it is stopped. */
export async function startExtraWorker(worker: {
  command: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  log: string;
}): Promise<ExtraWorker> {
  const [file = '', ...args] = worker.command;
  let child: ChildProcess | undefined;
  let stopped = false;
  const begin = async () => {
    const log = openSync(worker.log, 'a');
    const started = spawn(file, args, { cwd: worker.cwd, env: worker.env, stdio: ['ignore', log, log, 'ipc'] });
    closeSync(log);
    child = started;
    started.once('exit', () => {
      if (!stopped) void pause(250).then(() => (stopped ? undefined : begin().catch(() => {})));
    });
    const [how] = await Promise.race([once(started, 'message'), once(started, 'exit')]);
    if (how !== 'ready') throw new Error(`the worker did not start:\n${readFileSync(worker.log, 'utf8').slice(-3000)}`);
  };
  const stop = async () => {
    stopped = true;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    const patience = setTimeout(() => child?.kill('SIGKILL'), 20_000);
    child.kill('SIGTERM');
    await exited;
    clearTimeout(patience);
  };
  await begin().catch(async (error) => {
    await stop();
    throw error;
  });
  return { pid: () => child?.pid ?? 0, stop };
}
