/** What many pipelines say of themselves, read by one process that ends with its answer. */
import { fork } from 'node:child_process';
import { DEFAULT_MEMORY_MB } from './memory.ts';
import type { FromHost, Loaded } from './protocol.ts';

/** Some hundred small modules take a second. */
const LIMIT_MS = 30_000;

/**
 * @param program the step host's; `bundle`: path of a module that exports `pipelines`
 * @returns null when they cannot be read together, for whatever reason: one alone will say which, and why
 */
export function describeTogether(program: string, bundle: string, root: string): Promise<Loaded[] | null> {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = fork(program, [bundle, root], {
    cwd: root,
    env,
    execArgv: [`--max-old-space-size=${2 * DEFAULT_MEMORY_MB}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  return new Promise((resolve) => {
    const limit = setTimeout(() => end(null), LIMIT_MS);
    const end = (all: Loaded[] | null) => {
      clearTimeout(limit);
      child.kill('SIGKILL');
      resolve(all);
    };
    child.on('message', (message: FromHost) => end(message.type === 'described' ? message.all : null));
    child.on('error', () => end(null));
    child.on('exit', () => end(null));
  });
}
