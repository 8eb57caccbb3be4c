/** A profile as a file: JSON whose numbers are base64 of little-endian arrays. */
import { z } from 'zod';
import { UserError } from '#contracts/failures.ts';
import type { NumberColumn, Profile, ProfileColumn, TextColumn } from './profile.ts';

/** Raised when a file of before cannot be read as it is now. */
const FORMAT = 'ratchet-drift-profile/1';

const Count = z.number().int().nonnegative();
const base = { name: z.string(), type: z.string(), nulls: Count };
const Column = z.discriminatedUnion('of', [
  z.object({
    ...base,
    of: z.literal('numbers'),
    time: z.boolean(),
    infinite: Count,
    step: z.number().nonnegative(),
    /** Float64. Null without any value. */
    values: z.string(),
    /** Uint32. */
    counts: z.string(),
    min: z.number().nullable(),
    max: z.number().nullable(),
  }),
  z.object({
    ...base,
    of: z.literal('texts'),
    boolean: z.boolean(),
    distinct: Count,
    kept: z.enum(['values', 'buckets', 'none']),
    values: z.array(z.string()),
    /** Float64. */
    counts: z.string(),
  }),
  z.object({ ...base, of: z.literal('other') }),
]);
const File = z.object({
  format: z.literal(FORMAT),
  rows: Count,
  /** When it was made, where it was made by hand: what a run makes of the same rows has the same bytes. */
  made: z.iso.datetime().optional(),
  columns: z.array(Column),
});

export function writeProfile({ rows, columns, made }: Profile): string {
  const dated = made ? { made: made[0] } : {};
  const file: z.input<typeof File> = { format: FORMAT, rows, ...dated, columns: [...columns.values()].map(columnOut) };
  return JSON.stringify(file);
}

/**
 * @param label what messages call the file
 * @throws UserError DataInvalid for what is no profile, or one of another version
 */
export function readProfile(text: string, label: string): Profile {
  const parsed = File.safeParse(json(text, label));
  if (!parsed.success)
    throw new UserError(
      'DataInvalid',
      `${label} is no reference profile of this version (${FORMAT}): make it again with \`ratchet profile DATA --out ${label}\``,
    );
  const columns = parsed.data.columns.map((column) => columnIn(column, label));
  const { rows, made } = parsed.data;
  const dated = made === undefined ? {} : { made: [made, made] as const };
  return { rows, ...dated, columns: new Map(columns.map((column) => [column.name, column])) };
}

function json(text: string, label: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError('DataInvalid', `${label} is not JSON, so it is no reference profile: was it cut off?`);
  }
}

function columnOut(column: ProfileColumn): z.input<typeof Column> {
  if (column.of === 'other') return column;
  const counts = encoded(column.counts);
  if (column.of === 'texts') return { ...column, values: [...column.values], counts };
  const bound = (value: number) => (Number.isNaN(value) ? null : value);
  return { ...column, values: encoded(column.values), counts, min: bound(column.min), max: bound(column.max) };
}

function columnIn(column: z.output<typeof Column>, label: string): ProfileColumn {
  if (column.of === 'other') return column;
  const found: NumberColumn | TextColumn =
    column.of === 'texts'
      ? { ...column, counts: new Float64Array(decoded(column.counts)) }
      : {
          ...column,
          values: new Float64Array(decoded(column.values)),
          counts: new Uint32Array(decoded(column.counts)),
          min: column.min ?? Number.NaN,
          max: column.max ?? Number.NaN,
        };
  const listed = column.of === 'numbers' || column.kept === 'values';
  if (listed && found.values.length !== found.counts.length)
    throw new UserError(
      'DataInvalid',
      `${label} is damaged: the column ${column.name} has ${found.values.length} values and ${found.counts.length} counts`,
    );
  return found;
}

const encoded = (array: Float64Array | Uint32Array): string =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64');

/** A buffer of its own: an array must begin at a multiple of its width. */
function decoded(text: string): ArrayBuffer {
  const bytes = Buffer.from(text, 'base64');
  const whole = new ArrayBuffer(bytes.length - (bytes.length % 4));
  new Uint8Array(whole).set(bytes.subarray(0, whole.byteLength));
  return whole;
}
