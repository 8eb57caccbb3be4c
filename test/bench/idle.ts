/** What the stack costs while nothing is asked of it. */
import { setTimeout as pause } from 'node:timers/promises';
import { stackStatus } from '#stack/status.ts';
import { processorSeconds } from './processor-time.ts';

export interface Idle {
  part: string;
  residentMb: number | null;
  /** Share of one core, %. */
  processor: number | null;
}

/** @param watchedMs processor time over this long */
export async function idleParts(root: string, watchedMs = 10_000): Promise<Idle[]> {
  const began = performance.now();
  const before = new Map((await everyPart(root)).map((part) => [part.name, part]));
  await pause(watchedMs);
  const elapsed = (performance.now() - began) / 1000;
  return (await everyPart(root)).map(({ name, residentBytes, used }): Idle => {
    const then = before.get(name)?.used;
    return {
      part: name,
      residentMb: residentBytes === null ? null : residentBytes / 2 ** 20,
      processor: used === null || then === null || then === undefined ? null : ((used - then) / elapsed) * 100,
    };
  });
}

async function everyPart(root: string) {
  const { supervisor, parts } = await stackStatus(root);
  const all = [...parts, ...(supervisor ? [{ name: 'supervisor', ...supervisor }] : [])];
  return all.map(({ name, pid, residentBytes }) => ({
    name,
    residentBytes,
    used: pid === null ? null : processorSeconds(pid),
  }));
}
