/** What of very many changes the loop is told file by file, and what in one. Pure. */
import { createHash } from 'node:crypto';
import { jsonBytes } from '#contracts/json.ts';
import type { DataArrived } from '#contracts/loop/evidence.ts';

type Partition = DataArrived['partitions'][number];

/** Told one by one: more than the loop tells apart, and less than Temporal takes in one answer. */
const MOST = 1_000;
const BYTES = 512 * 1024;

/**
 * The newest, each for itself; those before as one that counts as many, with all their rows. Of files that are gone the loop
 * knows only the newest, and takes the rows of no other back: older ones are not told of.
 * @param partitions in the order in which they came, those that are gone first
 */
export function reportedPartitions(partitions: readonly Partition[]): Partition[] {
  const gone = newest(partitions.filter((each) => each.gone));
  const came = partitions.filter((each) => !each.gone);
  const told = newest(came);
  const before = came.slice(0, came.length - told.length);
  if (before.length === 0) return [...gone, ...told];
  const digest = createHash('sha256')
    .update(JSON.stringify(before.map(({ name }) => name)))
    .digest('hex');
  const together: Partition = {
    name: `${before.length} files@${digest.slice(0, 32)}`,
    rows: before.reduce((sum, { rows }) => sum + (rows ?? 0), 0),
    parts: before.length,
  };
  return [...gone, together, ...told];
}

function newest(partitions: readonly Partition[]): Partition[] {
  let bytes = 0;
  const last = partitions.slice(-MOST);
  const from = last.findLastIndex((each) => {
    bytes += jsonBytes(each);
    return bytes > BYTES;
  });
  return last.slice(from + 1);
}
