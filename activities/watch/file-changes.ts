/** What became of the watched files since the last look: what came, grew, shrank, was replaced, renamed or removed. Pure. */
import type { DataArrived } from '#contracts/loop/evidence.ts';
import type { WatchMemory } from './cursor.ts';
import type { CountedFile } from './watched-files.ts';

type Partition = DataArrived['partitions'][number];
type Known = WatchMemory['files'][string];

/**
 * As the loop is told of it. Rows of a file that grew are those that it has more than before, of one that shrank those
 * that it has fewer, which are gone; of one with other rows of the same number nothing is known to have come. The same rows
 * under another name, or written anew, are no news.
 * @param gone labels of the memory whose file is not there any more
 */
export function partitionsOf(
  counted: readonly CountedFile[],
  gone: readonly string[],
  { files: known, former, changes }: WatchMemory,
): Partition[] {
  const removed = new Map(gone.map((label) => [label, known[label] as Known]));
  const removedWith = new Map<string, string[]>();
  for (const [label, { 3: digest }] of removed) if (digest) pushed(removedWith, digest, label);
  // The loop takes a name once. An object that is put back as it was has the version that it had.
  const named = (label: string, version: string, name: string) =>
    Object.hasOwn(former, label) && former[label]?.includes(version) ? `${name} again, ${changes}` : name;
  const found: Partition[] = [];
  for (const { file, rows, digest } of counted) {
    const before = Object.hasOwn(known, file.label) ? known[file.label] : undefined;
    const name = named(file.label, file.version, file.partition);
    if (before) {
      if (before[3] === digest) continue;
      const more = rows - (before[1] ?? 0);
      if (more >= 0) found.push({ name, rows: more, file: file.label });
      else found.push({ name, rows: -more, file: file.label, gone: true });
      continue;
    }
    const renamed = removedWith.get(digest)?.shift();
    if (renamed !== undefined) removed.delete(renamed);
    else found.push({ name, rows, file: file.label });
  }
  const lost = [...removed].map(
    ([label, [version, rows]]): Partition => ({
      ...{ name: named(label, version, `${label}@${version} gone`), rows, file: label, gone: true },
    }),
  );
  // First what is gone: what comes under the name of a file that is no more is counted after it.
  return [...lost, ...found];
}

/** Files that have more rows than at the look before, which may go on: why, by label. */
export function grewSince(counted: readonly CountedFile[], { files: known }: WatchMemory): Map<string, string> {
  const grown = new Map<string, string>();
  for (const { file, rows } of counted) {
    const before = Object.hasOwn(known, file.label) ? known[file.label]?.[1] : null;
    if (typeof before === 'number' && rows > before)
      grown.set(file.label, `it has ${rows} rows, and had ${before} at the look before`);
  }
  return grown;
}

function pushed(lists: Map<string, string[]>, key: string, value: string): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
