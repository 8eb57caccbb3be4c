/** The raw SDK as a contender. */
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { cut } from '#workflows/run/interpreter/chunks.ts';
import { CONCURRENCY, type Contender, type Shape } from '../contender.ts';
import { processorSeconds } from '../processor-time.ts';
import { RAW_QUEUE } from './queue.ts';

export async function startRaw(root: string, client: Client): Promise<Contender> {
  const child = fork(fileURLToPath(new URL('./worker.ts', import.meta.url)), {
    execArgv: ['--import', import.meta.resolve('tsx')],
    env: { ...process.env, RATCHET_ROOT: root },
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error('the worker of the raw SDK did not start'))),
  ]);
  const ask = <T>(type: string, args: unknown[]) =>
    client.workflow.execute(type, {
      taskQueue: RAW_QUEUE,
      workflowId: `bench-raw/${randomUUID()}`,
      args,
    }) as Promise<T>;
  const seven = async () => expectValue(await ask<number>('seven', []), 7);
  const wide = async (width: number, chunked: boolean) => {
    const values = await ask<number[]>('wide', [width, CONCURRENCY, chunked ? cut(width, CONCURRENCY) : null]);
    expectValue(values[width - 1], width);
  };
  const work: Record<Shape, () => Promise<unknown>> = {
    seven,
    'wide-100': () => wide(100, false),
    'wide-2500': () => wide(2_500, true),
    fifty: () => Promise.all(Array.from({ length: 50 }, seven)),
  };
  return {
    name: 'raw SDK',
    executor: 'hand-written Temporal workflow, activities in its own worker process',
    leavesOut: {},
    perform: async (shape) => {
      const began = performance.now();
      await work[shape]();
      return performance.now() - began;
    },
    processorSeconds: () => (child.pid === undefined ? null : processorSeconds(child.pid)),
    close: async () => {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function expectValue(found: unknown, value: number): void {
  if (found !== value) throw new Error(`the raw workflow answered ${JSON.stringify(found)} instead of ${value}`);
}
