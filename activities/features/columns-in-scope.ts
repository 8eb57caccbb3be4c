/** Names of columns as the joins and expressions see them: the database does not tell Age from age. */
import { UserError } from '#contracts/failures.ts';
import { MissingColumn } from '#measures/nearest.ts';
import type { HeaderColumn } from '#ports/tables.ts';

/** A column and, where it is known before anything ran, its type. */
export interface ScopedColumn {
  readonly name: string;
  readonly type: string | null;
  /** Where it comes from, in words: `data`, `the view weather`, `derive`. */
  readonly origin: string;
}

export class Scope {
  private readonly columns = new Map<string, ScopedColumn>();

  constructor(columns: readonly HeaderColumn[]) {
    for (const { name, type } of columns) this.add({ name, type, origin: 'data' });
  }

  /** @throws UserError InvalidInput when the name is taken or ours */
  add(column: ScopedColumn): void {
    if (column.name.toLowerCase().startsWith('__ratchet_'))
      throw new UserError(
        'InvalidInput',
        `the column name ${column.name} begins with __ratchet_, which is kept for internal columns: rename it`,
      );
    const taken = this.columns.get(column.name.toLowerCase());
    if (taken) {
      const advice = column.origin.startsWith('the view')
        ? 'give the view a prefix, or choose its columns'
        : 'choose another name';
      throw new UserError(
        'InvalidInput',
        `${column.origin} brings the column ${column.name}, which ${taken.origin} has already: ${advice}`,
      );
    }
    this.columns.set(column.name.toLowerCase(), column);
  }

  find(name: string): ScopedColumn | null {
    return this.columns.get(name.toLowerCase()) ?? null;
  }

  /** @param where what messages say of the place that names it: `select` */
  get(name: string, where: string): ScopedColumn {
    const column = this.find(name);
    if (!column) throw new MissingColumn(where, name, this.all());
    return column;
  }

  all(): ScopedColumn[] {
    return [...this.columns.values()];
  }
}

const time = /^(TIMESTAMP.*|DATE)$/;
export const isTimeType = (type: string) => time.test(type);

/** Types of one kind can be compared: numbers with numbers, times with times. */
export function kindOf(type: string): string {
  if (/^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL.*)$/.test(type)) return 'number';
  if (/^(VARCHAR|ENUM.*|UUID)$/.test(type)) return 'text';
  return isTimeType(type) ? 'time' : type;
}
