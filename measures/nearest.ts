import { UserError } from '#contracts/failures.ts';
import { edits, nearest } from '#contracts/nearest.ts';

/** All of `names`, those that `wanted` was most probably meant to be first. */
function nearestFirst(wanted: string, names: readonly string[]): string[] {
  const far = names.map((name) => ({ name, distance: edits(wanted.toLowerCase(), name.toLowerCase()) }));
  return far.sort((a, b) => a.distance - b.distance).map(({ name }) => name);
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
