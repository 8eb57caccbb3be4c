/** Features as they were known: each row of a table, with the values of then, Parquet to Parquet. */
import type { Column } from '#contracts/data.ts';
import type { History, HistoryRequest, HistoryView } from '#ports/history.ts';
import { factsOf } from '../facts.ts';
import { columnsOf } from '../featurize/described.ts';
import { ROW, TIME } from '../featurize/internal-columns.ts';
import { joinOf, keptHits } from '../featurize/join.ts';
import { count, type Session } from '../host/session.ts';
import { readParquet } from '../reading/parquet/footers.ts';
import { writeInPlace } from '../reading/write-parquet.ts';
import { identifier } from '../sql.ts';
import { asTime } from '../timestamp.ts';
import { meetsFew, newestKnown } from './newest-known.ts';
import { typedValue } from './typed-value.ts';
import { windowsOf } from './windows.ts';

export async function history(session: Session, request: HistoryRequest): Promise<History> {
  const own = await columnsOf(session, readParquet([request.file]));
  const time = own.find(({ name }) => name.toLowerCase() === request.time.toLowerCase());
  if (!time) throw new Error(`the caller has not looked for ${request.time}`);
  const base = `SELECT * EXCLUDE (file_row_number) FROM (SELECT *, file_row_number AS ${ROW}, ${asTime(identifier(time.name), time.type)} AS ${TIME}
    FROM ${readParquet([request.file], ', file_row_number = true')})`;
  // A table for each view, with as many rows as ask, in their order: what is found of one view is carried through no other's join.
  const found: { table: string; columns: readonly Column[] }[] = [];
  const matched: [string, number][] = [];
  for (const [index, view] of request.views.entries()) {
    const table = `found_${index}`;
    await session.run(`CREATE TABLE ${table} AS ${await foundOf(session, view, index, { base, own })}`);
    const columns = await columnsOf(session, table);
    found.push({ table, columns });
    if (view.bring.length > 0) {
      const [row] = await session.rows(`SELECT avg(${keptHits(index)}::INT) AS hit FROM ${table}`);
      matched.push([view.name, Number(row?.hit ?? 0)]);
    }
  }
  const selected = request.select.map(({ from, name, type }) => {
    const table = type === null ? 'p' : found.find(({ columns }) => columns.some((each) => each.name === from))?.table;
    const column = (found.find((each) => each.table === table)?.columns ?? own).find((each) => each.name === from);
    if (!table || !column) throw new Error(`${from} is not among the columns`);
    const sql = `${table}.${identifier(from)}`;
    return `${type === null ? sql : typedValue(type, column, sql, name)} AS ${identifier(name)}`;
  });
  const [row] = await session.rows(`SELECT count(*) FILTER (${TIME} IS NULL) AS without FROM (${base})`);
  await writeInPlace(
    session,
    `SELECT ${selected.join(', ')} FROM ${[`${readParquet([request.file])} p`, ...found.map(({ table }) => table)].join(' POSITIONAL JOIN ')}`,
    request.to,
  );
  return {
    ...(await factsOf(session, request.to)),
    matched: Object.fromEntries(matched),
    withoutTime: count(row?.without),
  };
}

/** What a view has of each row that asks, in the order of those. */
async function foundOf(
  session: Session,
  view: HistoryView,
  index: number,
  { base, own }: { base: string; own: readonly Column[] },
): Promise<string> {
  const columns = await columnsOf(session, readParquet([view.file]));
  const steps = [`base AS NOT MATERIALIZED (${base})`];
  const select: string[] = [];
  let from = 'base';
  if (view.bring.length > 0) {
    const few = await meetsFew(session, view, base, columns, own);
    const { right, joined } = few
      ? newestKnown(view, index, 'base', columns, own)
      : joinOf(view, index, 'base', columns, own, 'base');
    steps.push(`view_${index} AS NOT MATERIALIZED (${right})`, `joined AS NOT MATERIALIZED (${joined})`);
    from = 'joined';
    select.push(`p.${keptHits(index)}`, ...view.bring.map(([, name]) => `p.${identifier(name)}`));
  }
  let join = '';
  if (view.windows.length > 0) {
    steps.push(`windows AS NOT MATERIALIZED (${windowsOf(view, columns, own)})`);
    join = ` LEFT JOIN windows w ON w.asked = p.${ROW}`;
    select.push(...view.windows.map(({ name }, i) => `w.w${i} AS ${identifier(name)}`));
  }
  return `WITH ${steps.join(',\n')} SELECT ${select.join(', ')} FROM ${from} p${join} ORDER BY p.${ROW}`;
}
