/** Whether the worker keeps anything of the runs that it did: its resident memory after every hundred of five hundred. */
import { setTimeout as pause } from 'node:timers/promises';
import { stackStatus } from '#stack/status.ts';
import type { Contender } from './contender.ts';

export interface AfterRuns {
  readonly runs: number;
  readonly residentMb: number;
}

/** @param ratchet does fifty runs of seven steps at a time; @param root whose stack's first worker is looked at */
export async function memoryOverRuns(ratchet: Contender, root: string, runs: number): Promise<AfterRuns[]> {
  const looked: AfterRuns[] = [];
  for (let done = 0; ; done += 50) {
    if (done % 100 === 0) {
      // What is free is given back some time after the work.
      await pause(3_000);
      const { parts } = await stackStatus(root);
      const resident = parts.find(({ name }) => name === 'worker-1')?.residentBytes ?? null;
      if (resident === null) return [];
      looked.push({ runs: done, residentMb: resident / 2 ** 20 });
    }
    if (done >= runs) return looked;
    await ratchet.perform('fifty');
  }
}
