/** The commands of a stage, one after the other, in the shell that the user works in. */
import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import type { Stage } from './stage.ts';
import { isValueList, pythonText, type Value } from './value.ts';

const GRACE_MS = 10_000;
/** Of shells, so that no file of the user's changes what a command does. */
const plainly: Readonly<Record<string, readonly string[]>> = { zsh: ['--no-rcs'], bash: ['--noprofile', '--norc'] };

export interface CommandWatcher {
  /** Is told each command before it starts. */
  command(text: string): void;
  /** Is told of each process, which leads a group of its own. */
  started(pid: number): void;
  /** Where what a command writes goes: `inherit` to the terminal, 2 to standard error alone. */
  readonly output: 'inherit' | 2;
}

/** One a line where it is a text, as with DVC. */
export function commandsOf({ cmd }: Stage): string[] {
  const all: readonly Value[] = isValueList(cmd) ? cmd : pythonText(cmd as string).split('\n');
  return all.map(String).filter((each) => each.trim() !== '');
}

/** @throws UserError JobFailed with the command and how it ended */
export async function runCommands(
  stage: Stage,
  root: string,
  watcher: CommandWatcher,
  signal: AbortSignal,
): Promise<void> {
  const shell = process.env.SHELL || '/bin/sh';
  for (const command of commandsOf(stage)) {
    signal.throwIfAborted();
    watcher.command(command);
    const child = spawn(shell, [...(plainly[basename(shell)] ?? []), '-c', command], {
      cwd: stage.wdir,
      env: { ...process.env, DVC_ROOT: root, DVC_STAGE: stage.address },
      stdio: ['ignore', watcher.output === 'inherit' ? 'inherit' : 2, 'inherit'],
      detached: true,
    });
    const { pid } = child;
    if (pid !== undefined) watcher.started(pid);
    const end = await ended(child, signal);
    if (end === null) continue;
    signal.throwIfAborted();
    throw new UserError('JobFailed', `${stage.address} failed: \`${command}\` ${end}`);
  }
}

/** @returns null: well */
async function ended(child: ReturnType<typeof spawn>, signal: AbortSignal): Promise<string | null> {
  let late: NodeJS.Timeout | undefined;
  const group = (name: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch {
      // All of it is gone.
    }
  };
  const stop = () => {
    group('SIGTERM');
    late = setTimeout(() => group('SIGKILL'), GRACE_MS);
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await new Promise((resolve) => {
      child.once('error', (error) => resolve(`cannot be started: ${error.message}`));
      child.once('exit', (code, name) =>
        resolve(code === 0 ? null : name === null ? `ended with exit code ${code}` : `was ended by ${name}`),
      );
    });
  } finally {
    signal.removeEventListener('abort', stop);
    clearTimeout(late);
    // What it left behind would write into the outputs that are looked at now.
    if (signal.aborted) group('SIGKILL');
  }
}
