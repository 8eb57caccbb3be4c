/** A table → its profile in a file. Runs where DuckDB runs. */
import { writeFile } from 'node:fs/promises';
import { UserError } from '#contracts/failures.ts';
import type { OpenTable, ReadColumns } from '#ports/tables.ts';
import { kindOf } from '../kind.ts';
import { passes, profileColumns } from './columns.ts';
import { writeProfile } from './file.ts';
import { MOST_VALUES, type Profile, type ProfileColumn } from './profile.ts';

export interface ProfileRequest {
  /** Parquet files of one table. */
  readonly files: readonly string[];
  /** Path of the profile to write. */
  readonly to: string;
  /** ISO: when, for a profile that somebody keeps. Without it the same rows give the same bytes, whatever their order. */
  readonly made?: string;
}

/**
 * The same rows give the same bytes, whatever their order, but for `made`.
 * @param tell called with the columns that are done
 */
export async function profileTableHere(
  { files, to, made }: ProfileRequest,
  _read: ReadColumns | null,
  open: OpenTable,
  tell: (done: number, of: number) => void = () => {},
): Promise<{ rows: number; columns: number; untested: { column: string; reason: string }[] }> {
  const profile = await profileOf(open, files, tell);
  await writeFile(to, writeProfile(made === undefined ? profile : { ...profile, made: [made, made] }));
  const untested = [...profile.columns.values()].flatMap((column) => {
    const reason = incomparable(column, profile.rows);
    return reason === null ? [] : [{ column: column.name, reason }];
  });
  return { rows: profile.rows, columns: profile.columns.size, untested };
}

/** Why no test compares a column with this one by itself; null where one may. */
function incomparable(column: ProfileColumn, rows: number): string | null {
  if (column.nulls === rows) return 'it has no value';
  switch (kindOf(column, undefined)) {
    case 'other':
      return `${column.type} values are not compared: make columns of what matters in them`;
    case 'empty':
      return 'it has no finite value';
    case 'time':
      return 'a time moves by itself: only a method that is named tests it';
    case 'text':
      return 'more than half of its values are distinct, so it is taken for free text: only a method that is named tests it';
    default:
      return null;
  }
}

/** @throws UserError DataInvalid without rows */
export async function profileOf(
  open: OpenTable,
  files: readonly string[],
  tell: (done: number, of: number) => void = () => {},
): Promise<Profile> {
  const scan = await open(files);
  if (scan.rows === 0) throw new UserError('DataInvalid', 'the data have no rows: there is nothing to profile');
  const names = scan.columns.map(({ name }) => name);
  const limits = { most: MOST_VALUES };
  const found = new Map<string, ProfileColumn>();
  for (const pass of passes(names, [scan], [limits])) {
    for (const [name, column] of await profileColumns(scan, pass, limits)) found.set(name, column);
    tell(found.size, names.length);
  }
  return { rows: scan.rows, columns: new Map(names.map((name) => [name, found.get(name)!])) };
}
