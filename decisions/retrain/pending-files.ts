/**
 * Rows that came since the last training, by the file that they came with: a file that is gone takes its own with it, and
 * not those of others nor those that were trained on already.
 */
import type { LoopFacts } from '#contracts/loop/activities.ts';
import type { DataArrived } from '#contracts/loop/evidence.ts';

/** Files that are told apart, the newest; rows of older ones stay counted, whatever becomes of the file. */
const MOST = 200;

type Pending = NonNullable<LoopFacts['pending']>;
type Counted = Pick<LoopFacts, 'newRows' | 'newPartitions' | 'pending'>;

export function withPartitions(facts: Counted, partitions: DataArrived['partitions']): Required<Counted> {
  let { newRows, newPartitions } = facts;
  const pending = new Map((facts.pending ?? []).map(([file, rows, parts]) => [file, { rows, parts }]));
  for (const { file, rows, gone, told, parts = 1 } of partitions) {
    const known = file === undefined ? undefined : pending.get(file);
    if (gone) {
      if (!known || file === undefined) continue;
      // Where nobody knows how many they were, all that came with it.
      const taken = Math.min(known.rows, rows ?? known.rows);
      newRows -= taken;
      pending.delete(file);
      if (taken < known.rows) pending.set(file, { ...known, rows: known.rows - taken });
      else newPartitions -= known.parts;
      continue;
    }
    newRows += rows ?? 0;
    if (!told) newPartitions += parts;
    if (file === undefined || rows === null) continue;
    // The newest last.
    pending.delete(file);
    pending.set(file, { rows: (known?.rows ?? 0) + rows, parts: (known?.parts ?? 0) + 1 });
  }
  return { newRows: Math.max(0, newRows), newPartitions: Math.max(0, newPartitions), pending: bounded(pending) };
}

/** What a failed run was started for, with what came since. */
export function pendingOfBoth(before: Pending = [], since: Pending = []): Pending {
  const all = new Map(before.map(([file, rows, parts]) => [file, { rows, parts }]));
  for (const [file, rows, parts] of since) {
    const known = all.get(file);
    all.delete(file);
    all.set(file, { rows: rows + (known?.rows ?? 0), parts: parts + (known?.parts ?? 0) });
  }
  return bounded(all);
}

const bounded = (files: ReadonlyMap<string, { rows: number; parts: number }>): Pending =>
  [...files].slice(-MOST).map(([file, { rows, parts }]): Pending[number] => [file, rows, parts]);
