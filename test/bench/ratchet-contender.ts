/** Ratchet as a contender: pipelines in a project folder, run by the stack's own worker. */
import type { Client } from '@temporalio/client';
import { runResult, startRun } from '#adapters/temporal/start-run.ts';
import type { Json } from '#contracts/json.ts';
import type { Contender, Shape } from './contender.ts';
import { processorSeconds } from './processor-time.ts';

/** @param workerPid leads the process group of the worker and its step hosts. */
export function ratchet(client: Client, workerPid: number | null): Contender & { lastRunId(): string } {
  let last = '';
  const run = async (pipeline: string, params: Json): Promise<Json> => {
    const { workflow, runId } = await startRun(client, { pipeline, params });
    last = runId;
    const { output, status } = await runResult(workflow);
    if (status !== 'finished') throw new Error(`the run of ${pipeline} ended as ${status}`);
    return output;
  };
  const seven = async () => {
    const output = (await run('seven', {})) as { value?: Json };
    if (output.value !== 7) throw new Error(`seven steps gave ${JSON.stringify(output)}`);
  };
  const wide = async (width: number) => {
    const { values } = (await run('wide', { width })) as { values?: Json[] };
    if (values?.length !== width || values[width - 1] !== width) throw new Error(`a map of ${width} gave other values`);
  };
  const work: Record<Shape, () => Promise<unknown>> = {
    seven,
    'wide-100': () => wide(100),
    'wide-2500': () => wide(2_500),
    fifty: () => Promise.all(Array.from({ length: 50 }, seven)),
  };
  return {
    name: 'Ratchet',
    executor: 'pipeline, TypeScript steps in step hosts (processes of their own)',
    leavesOut: {},
    perform: async (shape) => {
      const began = performance.now();
      await work[shape]();
      return performance.now() - began;
    },
    processorSeconds: () => (workerPid === null ? null : processorSeconds(workerPid)),
    lastRunId: () => last,
    close: async () => undefined,
  };
}
