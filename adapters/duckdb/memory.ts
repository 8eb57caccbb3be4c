import { totalmem } from 'node:os';
import { UserError } from '#contracts/failures.ts';

/** Of all hosts together: the smaller of 4 GiB and half of the machine's. */
export function defaultMemory(): string {
  return `${Math.floor(Math.min(4 * 2 ** 30, totalmem() / 2) / 2 ** 20)}MiB`;
}

/** @throws UserError InvalidInput for what is not a number with MiB, GiB, MB or GB */
export function bytesOf(memory: string): number {
  const found = /^(\d+(?:\.\d+)?)\s*(Mi?B|Gi?B)$/i.exec(memory.trim());
  const unit = { mb: 1e6, gb: 1e9, mib: 2 ** 20, gib: 2 ** 30 }[found?.[2]?.toLowerCase() ?? ''];
  if (!found || !unit)
    throw new UserError('InvalidInput', `RATCHET_DUCKDB_MEMORY is "${memory}"; write for example 4GiB or 512MiB`);
  return Number(found[1]) * unit;
}
