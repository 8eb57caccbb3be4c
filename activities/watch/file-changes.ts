/** What became of the watched files since the last look: what came, grew, shrank, was replaced, renamed or removed. Pure. */
import type { DataArrived } from '#contracts/loop-evidence.ts';
import type { WatchedFile, WatchMark } from './watched-files.ts';

export interface CountedFile {
  readonly file: WatchedFile;
  readonly rows: number;
  /** Time of its last row. */
  readonly last: string | null;
  /** Of the rows' bytes: the same rows written anew have the same. */
  readonly digest: string;
}

type Partition = DataArrived['partitions'][number];
type Known = WatchMark['files'][string];

/**
 * As the loop is told of it. Rows of a file that grew are those that it has more than before, of one that shrank those
 * that it has fewer, which are gone; of one with other rows of the same number nothing is known to have come. The same rows
 * under another name, or written anew, are no news.
 * @param gone labels of the mark whose file is not there any more
 */
export function partitionsOf(counted: readonly CountedFile[], gone: readonly string[], mark: WatchMark): Partition[] {
  const removed = new Map(gone.map((label) => [label, mark.files[label] as Known]));
  const found: Partition[] = [];
  for (const { file, rows, digest } of counted) {
    const before = mark.files[file.label];
    if (before) {
      if (before[3] === digest) continue;
      const more = rows - before[1];
      if (more >= 0) found.push({ name: file.partition, rows: more, file: file.label });
      else found.push({ name: file.partition, rows: -more, file: file.label, gone: true });
      continue;
    }
    const renamed = [...removed].find(([, known]) => known[3] === digest)?.[0];
    if (renamed !== undefined) removed.delete(renamed);
    else found.push({ name: file.partition, rows, file: file.label });
  }
  const lost = [...removed].map(
    ([label, [version, rows]]): Partition => ({ name: `${label}@${version} gone`, rows, file: label, gone: true }),
  );
  // First what is gone: what comes under the name of a file that is no more is counted after it.
  return [...lost, ...found];
}
