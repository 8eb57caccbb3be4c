/** Files of one table agree on what a column is: their union decides, unless a whole file says something else. */
import { UserError } from '#contracts/failures.ts';
import { count, type Session } from '../session.ts';
import { cellClass, classifiedCells, isNumber, isTime, typeOf } from './cell-class.ts';
import type { CsvColumn } from './columns.ts';
import { type CsvFile, type CsvTable, fromFiles } from './files.ts';

const booleans = cellClass.lowerBoolean | cellClass.titleBoolean | cellClass.upperBoolean;
/** Texts that stand beside numbers or times in good data: 20 digits, 007, 02/11/2013. */
const neutral = cellClass.longInteger | cellClass.padded | cellClass.localDate | cellClass.commaDecimal;

type Kind = 'a number' | 'a time' | 'true or false' | 'text';

function kindOf(classes: number): Kind | null {
  const said = classes & ~neutral;
  if (said === 0) return null;
  const kinds: Kind[] = [
    ...(isNumber(said) ? (['a number'] as const) : []),
    ...(isTime(said) ? (['a time'] as const) : []),
    ...(said & booleans ? (['true or false'] as const) : []),
  ];
  return kinds[0] !== undefined && kinds.length === 1 && !(said & cellClass.text) ? kinds[0] : 'text';
}

/**
 * A file of numbers beside one of words is more often a mistake than a column of text.
 * @param classes of the columns over all files
 * @throws UserError DataInvalid naming column and both files
 */
export async function agreeOnKinds(
  session: Session,
  table: CsvTable,
  columns: readonly CsvColumn[],
  classes: ReadonlyMap<string, number>,
): Promise<void> {
  if (table.files.length === 1) return;
  // Of one kind together is of one kind each; and where nothing but words was seen, all are texts anyway.
  const mixed = columns.filter(({ name }) => {
    const found = classes.get(name) ?? 0;
    return kindOf(found) === 'text' && (found & ~neutral & ~cellClass.text) !== 0;
  });
  if (mixed.length === 0) return;
  const seen = new Map<string, { kind: Kind; type: string; file: CsvFile }>();
  for (const file of table.files) {
    const cells = mixed.map(({ cell }) => cell);
    const rows = await session.rows(
      `SELECT i, bit_or(k) AS k, min(c) FILTER (k = ${cellClass.text}) AS example FROM ${classifiedCells(cells, fromFiles(table.request, [file]))} GROUP BY i ORDER BY i`,
    );
    for (const { i, k, example } of rows) {
      const name = mixed[count(i)]?.name ?? '';
      const kind = kindOf(count(k));
      if (kind === null) continue;
      const first = seen.get(name) ?? { kind, type: typeOf(count(k)), file };
      seen.set(name, first);
      if (kind === first.kind) continue;
      const such = example === null ? '' : `, such as "${String(example).slice(0, 40)}"`;
      const words = (of: Kind, type: string, where: CsvFile) => `${of} (${type}) in ${where.label}`;
      throw new UserError(
        'DataInvalid',
        `column ${name} is ${words(first.kind, first.type, first.file)} and ${words(kind, typeOf(count(k)), file)}${such}; files of one table must agree: mend it, name what means "no value" (missing), or say what the column is: types: { ${name}: 'VARCHAR' }`,
      );
    }
  }
}
