/** Processor seconds of a process group and of all that its members waited for. Linux only. */
import { readdirSync, readFileSync } from 'node:fs';

/** Ticks of /proc are hundredths of a second on every Linux that Node runs on. */
const TICKS = 100;

/** null where there is no /proc. */
export function processorSeconds(group: number): number | null {
  let names: string[];
  try {
    names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return null;
  }
  let ticks = 0;
  for (const name of names) {
    const fields = statOf(name);
    // After the command's name: state, ppid, pgrp, …, utime, stime, cutime, cstime.
    if (Number(fields?.[2]) === group) for (const at of [11, 12, 13, 14]) ticks += Number(fields?.[at] ?? 0);
  }
  return ticks / TICKS;
}

function statOf(pid: string): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
