/** A peer's Python process: it is told a shape a line, and answers with one line of JSON. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Contender, Shape } from '../contender.ts';
import { processorSeconds } from '../processor-time.ts';

const Answer = z.union([
  z.object({ ready: z.string() }),
  z.object({ ms: z.number() }),
  z.object({ error: z.string() }),
]);

export interface PeerSpec {
  name: string;
  executor: string;
  python: string;
  script: string;
  args?: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  log: string;
  leavesOut?: Contender['leavesOut'];
}

/** Starts it and waits until it is ready; longer than this it has hung. */
const LIMIT_MS = 300_000;

export async function startPeer(spec: PeerSpec): Promise<Contender> {
  const log = openSync(spec.log, 'a');
  const child = spawn(spec.python, [spec.script, ...(spec.args ?? [])], {
    cwd: spec.cwd,
    env: spec.env,
    stdio: ['pipe', 'pipe', log],
    detached: true,
  });
  closeSync(log);
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new Error('a pipe was asked for, and none was given');
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Already gone.
    }
  };
  const answer = async (): Promise<z.output<typeof Answer>> => {
    const limit = setTimeout(kill, LIMIT_MS);
    try {
      for (;;) {
        const { value, done } = await lines.next();
        if (done)
          throw new Error(
            `${spec.name} ended or took over ${LIMIT_MS / 1000} s:\n${readFileSync(spec.log, 'utf8').slice(-1500)}`,
          );
        // Whatever else a peer prints is no answer.
        if (value.startsWith('{')) return Answer.parse(JSON.parse(value));
      }
    } finally {
      clearTimeout(limit);
    }
  };
  try {
    const first = await answer();
    if (!('ready' in first)) throw new Error(`${spec.name} did not start: ${JSON.stringify(first)}`);
    const perform = async (shape: Shape): Promise<number> => {
      stdin.write(`${shape}\n`);
      const told = await answer();
      if ('ms' in told) return told.ms;
      throw new Error(`${spec.name}, ${shape}: ${'error' in told ? told.error : 'no time was told'}`);
    };
    return {
      name: `${spec.name} ${first.ready}`,
      executor: spec.executor,
      leavesOut: spec.leavesOut ?? {},
      perform,
      processorSeconds: () => (child.pid === undefined ? null : processorSeconds(child.pid)),
      close: async () => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = once(child, 'exit');
        stdin.end();
        const timer = setTimeout(kill, 5_000);
        await ended;
        clearTimeout(timer);
        kill();
      },
    };
  } catch (error) {
    kill();
    throw error;
  }
}
