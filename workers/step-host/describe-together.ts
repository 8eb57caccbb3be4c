/** What many pipelines say of themselves, read by one process that ends with its answer. */
import { fork } from 'node:child_process';
import { DEFAULT_MEMORY_MB, residentLimitMb, residentMb } from './memory.ts';
import type { BuiltGraph, FromHost, Loaded } from './protocol.ts';

/** Some hundred small modules take a second. */
const LIMIT_MS = 30_000;
/** Twice what one has. */
const MEMORY_MB = 2 * DEFAULT_MEMORY_MB;
const WEIGH_MS = 50;

export interface Together {
  all: Loaded[];
  /** Of each, where they were asked for. */
  graphs?: BuiltGraph[];
}

/**
 * @param program the step host's; `bundle`: path of a module that exports `pipelines`; `graphsAsOf`: ISO time to build their
 *   graphs for, with the params' defaults; absent: none is built
 * @returns null when they cannot be read together, for whatever reason: one alone will say which, and why
 */
export function describeTogether(
  program: string,
  bundle: string,
  root: string,
  graphsAsOf?: string,
): Promise<Together | null> {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = fork(program, [bundle, root, ...(graphsAsOf ? [graphsAsOf] : [])], {
    cwd: root,
    env,
    execArgv: [`--max-old-space-size=${MEMORY_MB}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  return new Promise((resolve) => {
    const limit = setTimeout(() => end(null), LIMIT_MS);
    const weighing = setInterval(async () => {
      const held = child.pid === undefined ? null : await residentMb(child.pid);
      if (held !== null && held > residentLimitMb(MEMORY_MB)) end(null);
    }, WEIGH_MS);
    const end = (answer: Together | null) => {
      clearTimeout(limit);
      clearInterval(weighing);
      child.kill('SIGKILL');
      resolve(answer);
    };
    child.on('message', (message: FromHost) => end(message.type === 'described' ? message : null));
    child.on('error', () => end(null));
    child.on('exit', () => end(null));
  });
}
