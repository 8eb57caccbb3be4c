import { readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { UserError } from '#contracts/failures.ts';

/** Of all hosts together: the smaller of 4 GiB and half of the machine's. */
export function defaultMemory(): string {
  return `${Math.floor(Math.min(4 * 2 ** 30, totalmem() / 2) / 2 ** 20)}MiB`;
}

/**
 * @param name what the size was given as
 * @throws UserError InvalidInput for what is not a number with MiB, GiB, MB or GB
 */
export function bytesOf(memory: string, name = 'RATCHET_DUCKDB_MEMORY'): number {
  const found = /^(\d+(?:\.\d+)?)\s*(Mi?B|Gi?B)$/i.exec(memory.trim());
  const unit = { mb: 1e6, gb: 1e9, mib: 2 ** 20, gib: 2 ** 30 }[found?.[2]?.toLowerCase() ?? ''];
  if (!found || !unit) throw new UserError('InvalidInput', `${name} is "${memory}"; write for example 4GiB or 512MiB`);
  return Number(found[1]) * unit;
}

/** Node itself, and columns that are read into JavaScript: they lie beside what DuckDB counts. */
const BESIDE = 2 ** 30;

/**
 * Bytes that a host's process may hold in all, given DuckDB's own limit: half as much again, and a GiB. DuckDB counts its
 * buffers, not what one expression makes of one row: `repeat('x', 3000000000)` is not among them.
 */
export const residentLimit = (memory: string): number => 1.5 * bytesOf(memory) + BESIDE;

/** Bytes that a process holds in memory; null where the system does not tell (no /proc), or the process is gone. */
export async function residentBytes(pid: number): Promise<number | null> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const kib = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
    return Number.isFinite(kib) ? kib * 1024 : null;
  } catch {
    return null;
  }
}
