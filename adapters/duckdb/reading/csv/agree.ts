/** Files of one table agree on what a column is: their union decides, unless a whole file says something else. */
import { UserError } from '#contracts/failures.ts';
import { count, type Session } from '../../host/session.ts';
import { cellClass, classifiedCells, isNumber, isTime, typeOf } from './cell-class.ts';
import type { CsvColumn } from './columns.ts';
import { type CsvFile, type CsvTable, fromFiles, membersOf, PATH } from './files.ts';

const booleans = cellClass.lowerBoolean | cellClass.titleBoolean | cellClass.upperBoolean;
/** Texts that stand beside numbers or times in good data: 20 digits, 007, 02/11/2013. */
const neutral = cellClass.longInteger | cellClass.padded | cellClass.localDate | cellClass.commaDecimal;

/** Files that one query looks into. */
const TOGETHER = 500;

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
  const files = table.files.flatMap(membersOf);
  if (files.length === 1) return;
  // Of one kind together is of one kind each; and where nothing but words was seen, all are texts anyway.
  const mixed = columns.filter(({ name }) => {
    const found = classes.get(name) ?? 0;
    return kindOf(found) === 'text' && (found & ~neutral & ~cellClass.text) !== 0;
  });
  if (mixed.length === 0) return;
  const seen = new Map<string, { kind: Kind; type: string; file: CsvFile }>();
  const cells = mixed.map(({ cell }) => cell);
  const byPath = new Map(files.map((file) => [file.path, file]));
  for (const some of together(table.files)) {
    const from = classifiedCells(cells, fromFiles(table.request, some, { paths: true }), PATH);
    const rows = await session.rows(
      `SELECT ${PATH} AS path, i, bit_or(k) AS k, min(c) FILTER (k = ${cellClass.text}) AS example FROM ${from} GROUP BY path, i ORDER BY path, i`,
    );
    const places = new Map(some.map(({ path }, place) => [path, place]));
    const place = ({ path }: (typeof rows)[number]) => places.get(String(path)) ?? 0;
    for (const row of rows.sort((a, b) => place(a) - place(b))) {
      const { i, k, example } = row;
      const file = byPath.get(String(row.path)) as CsvFile;
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

/** Of small files several that are written alike, as they stand: a query each would take longer than their rows. */
function together(files: readonly CsvFile[]): CsvFile[][] {
  return files.flatMap((file) => {
    const members = membersOf(file);
    return Array.from({ length: Math.ceil(members.length / TOGETHER) }, (_, n) =>
      members.slice(n * TOGETHER, (n + 1) * TOGETHER),
    );
  });
}
