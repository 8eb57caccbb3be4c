import { UserError } from '#contracts/failures.ts';

/** The name among `names` that `wanted` was probably meant to be; null when none is close. */
export function nearest(wanted: string, names: readonly string[]): string | null {
  const limit = Math.max(2, Math.floor(wanted.length / 3));
  let best: { name: string; distance: number } | null = null;
  for (const name of names) {
    const distance = edits(wanted.toLowerCase(), name.toLowerCase());
    if (distance <= limit && distance < (best?.distance ?? Infinity)) best = { name, distance };
  }
  return best?.name ?? null;
}

/** All of `names`, those that `wanted` was most probably meant to be first. */
function nearestFirst(wanted: string, names: readonly string[]): string[] {
  const far = names.map((name) => ({ name, distance: edits(wanted.toLowerCase(), name.toLowerCase()) }));
  return far.sort((a, b) => a.distance - b.distance).map(({ name }) => name);
}

/** Insertions, deletions, replacements and swaps of neighbours that make one text of the other (optimal string alignment). */
function edits(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    const above = rows[i - 1]!;
    for (let j = 1; j <= b.length; j++) {
      let least = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, rows[i - 2]![j - 2]! + 1);
      row.push(least);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}

/** `column x is missing`, with what it was probably renamed to, or what there is. */
export function missingColumn(wanted: string, columns: readonly { name: string }[]): string {
  const names = columns.map(({ name }) => name);
  const close = nearest(wanted, names);
  if (close) return `column ${wanted} is missing; there is ${close}: renamed?`;
  const shown = names.slice(0, 20).join(', ');
  return `column ${wanted} is missing; there are ${shown}${names.length > 20 ? ` and ${names.length - 20} more` : ''}`;
}

/** Columns that a message lists. */
const LISTED = 12;

/** A place that names a column which is not there. */
export class MissingColumn extends UserError {
  /** What messages say of the place: `select`. */
  readonly place: string;
  readonly wanted: string;
  /** Those that are there. */
  readonly columns: readonly { readonly name: string }[];
  constructor(place: string, wanted: string, columns: readonly { readonly name: string }[]) {
    super('InvalidInput', `${place}: ${missingColumn(wanted, columns)}`);
    this.place = place;
    this.wanted = wanted;
    this.columns = columns;
  }

  /**
   * The name, where it was looked for, what is there, and what to write.
   * @param tables what those are called that it was looked for in
   */
  whole(tables: readonly string[]): string {
    const names = this.columns.map(({ name }) => name);
    const listed = nearestFirst(this.wanted, names).slice(0, LISTED).join(', ');
    const more = names.length > LISTED ? `, and ${names.length - LISTED} more` : '';
    const close = nearest(this.wanted, names);
    const derivable = /^(target|select|where|derive\.)/.test(this.place) ? `, or make ${this.wanted} with derive` : '';
    return `${this.place}: there is no column ${this.wanted} in ${tables.join(' with ')}; there are (the nearest first) ${listed}${more}. Write ${close ? `${close}, if that is meant` : 'one of these'}${derivable}`;
  }
}
