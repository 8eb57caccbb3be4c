/** What is worth a word of columns that stay texts: a mark that stands for "no value", decimal commas, dates of some country. */
import { count, type Session } from '../../host/session.ts';
import { identifier } from '../../sql.ts';
import { cellClass, cellOf, classifiedCells, isNumber, isTime, numbers, times } from './cell-class.ts';
import type { CsvTable } from './files.ts';
import type { CsvRows } from './table.ts';

/** Marks that one column is taken to have; more different texts are texts. */
const MOST_MARKS = 3;

/**
 * @param from what was written, as something that can stand behind FROM
 * @returns a sentence for each such column, which names the option that reads it otherwise
 */
export async function notesOf(session: Session, { request }: CsvTable, rows: CsvRows, from: string): Promise<string[]> {
  const texts = rows.columns.filter(({ name, type }) => type === 'VARCHAR' && rows.classes.has(name));
  const seen = texts.map(({ name }) => ({ name, classes: rows.classes.get(name) ?? 0 }));
  const only = (classes: number, allowed: number, needed: number) =>
    (classes & ~allowed) === 0 && (classes & needed) !== 0;
  const { integer, commaDecimal, localDate, text, notFinite } = cellClass;
  const notes = seen.flatMap(({ name, classes }) => {
    if (only(classes, integer | commaDecimal, commaDecimal))
      return [
        `column ${name} is text: it looks like numbers with a decimal comma; if so, say decimal: ',' (--decimal ,)`,
      ];
    if (only(classes, localDate, localDate))
      return [
        `column ${name} is text: it looks like dates, but of which order; say dates: { ${name}: '%m/%d/%Y' } (--date '${name}=%m/%d/%Y'), or '%d/%m/%Y', '%d.%m.%Y', …`,
      ];
    return [];
  });
  const mixed = seen.filter(({ classes }) => classes & (text | notFinite) && (isNumber(classes) || isTime(classes)));
  return [...notes, ...(await marks(session, request, mixed, from))];
}

async function marks(
  session: Session,
  request: CsvTable['request'],
  columns: readonly { readonly name: string }[],
  from: string,
): Promise<string[]> {
  if (columns.length === 0) return [];
  const cells = columns.map(({ name }) => cellOf(name, request.decimal));
  const counts = await session.rows(
    `SELECT i, count(c) AS n, count(*) FILTER (k & ${numbers} <> 0) AS numbers, count(*) FILTER (k & ${times} <> 0) AS times,
       approx_count_distinct(c) FILTER (k & ${numbers | times} = 0) AS others
     FROM ${classifiedCells(cells, from)} GROUP BY i ORDER BY i`,
  );
  const notes: string[] = [];
  for (const row of counts) {
    const name = columns[count(row.i)]?.name ?? '';
    const kind = count(row.numbers) >= count(row.times) ? 'numbers' : 'times';
    if (count(row[kind]) <= count(row.n) / 2 || count(row.others) > 2 * MOST_MARKS) continue;
    const odd = await session.rows(
      `SELECT c, count(*) AS n FROM ${classifiedCells([cellOf(name, request.decimal)], `(SELECT ${identifier(name)} FROM ${from})`)}
       WHERE c IS NOT NULL AND k & ${kind === 'numbers' ? numbers : times} = 0 GROUP BY c ORDER BY n DESC, c LIMIT ${MOST_MARKS + 1}`,
    );
    if (odd.length === 0 || odd.length > MOST_MARKS) continue;
    const said = odd.map(({ c, n }) => `"${String(c).slice(0, 20)}" in ${percent(count(n) / count(row.n))}`).join(', ');
    // What is named replaces the default.
    const all = [...new Set([...odd.map(({ c }) => String(c)), ...(request.missing ?? ['NA'])])];
    const flags = all.map((mark) => `--missing '${mark.replaceAll("'", "'\\''")}'`).join(' ');
    notes.push(
      `column ${name} is text: ${said} of otherwise ${kind === 'numbers' ? 'numeric' : 'temporal'} fields; if that means "no value", name it: ${flags} (missing: ${JSON.stringify(all)})`,
    );
  }
  return notes;
}

const percent = (share: number) => `${(share * 100).toFixed(share < 0.1 && share > 0 ? 2 : 0).replace(/\.00$/, '')} %`;
