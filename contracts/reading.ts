/** How the bytes of a source become a table: what a file cannot say of itself. */
import { z } from 'zod';

/** Said where it is needed; the error or note of reading that meets such a file names the option. */
export const Reading = z.strictObject({
  /**
   * CSV: texts that mean "no value", beside the empty field, which always does. Default ['NA']; what is named replaces it,
   * so that `[]` keeps NA as a text (a country).
   */
  missing: z.array(z.string()).optional(),
  /**
   * Types by column, DuckDB's names (`{ zip: 'VARCHAR' }`). A value that the type would change is refused with its column,
   * row and value: 2.5 and 007 as BIGINT, a time of day as DATE. DOUBLE takes the nearest number to a written fraction, and
   * only exact whole numbers. Default: what every value of the table is.
   */
  types: z.record(z.string(), z.string()).optional(),
  /** CSV: how dates that are not ISO 8601 are written, by column: `{ day: '%m/%d/%Y' }`, in strptime's directives. They stay texts otherwise. */
  dates: z.record(z.string(), z.string().min(2)).optional(),
  /** CSV: the decimal mark of all numbers; default '.'. */
  decimal: z.enum(['.', ',']).optional(),
  /** CSV: between columns; default: a first line `sep=;`, else the one of comma, tab, semicolon and bar that the header has most of. */
  delimiter: z.string().length(1).optional(),
  /** CSV: what stands before a quote inside of quotes: `"` (default), or `\`, as Spark writes. */
  escape: z.enum(['"', '\\']).optional(),
  /** CSV: default UTF-8, or UTF-16 with its mark; else a name of the Encoding Standard, such as latin-1 or windows-1252. */
  encoding: z.string().min(1).optional(),
  /** Parts of the path such as `month=05` become columns of text or numbers like any other. Default: a path is only a path. */
  hivePartitions: z.boolean().optional(),
});
export type Reading = z.output<typeof Reading>;

/** What a message says of a column that should hold times and holds texts. */
export function howTimesAreWritten(column: string): string {
  return `write 2013-01-31 or 2013-01-31T10:00:00Z, or say how the CSV writes them: dates: { ${column}: '%m/%d/%Y' } (--date '${column}=%m/%d/%Y')`;
}

/** Options that say how a CSV is written; other formats say it themselves. */
export const csvOptions = ['missing', 'dates', 'decimal', 'delimiter', 'escape', 'encoding'] as const;

/** The options of a reading that were given, from an object that says more. */
export function readingOf(said: { readonly [K in keyof Reading]?: Reading[K] | undefined }): Reading {
  const entries = Object.keys(Reading.shape).map((key) => [key, said[key as keyof Reading]] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
