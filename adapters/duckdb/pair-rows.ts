/** Two tables that speak of the same rows, side by side in one file. */
import type { Column } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import type { Paired, PairedSide, PairRequest } from '#ports/tables.ts';
import { count, type Session } from './host/session.ts';
import { openParquet, type ParquetTable, PLACE_IN_FILE } from './reading/parquet/table.ts';
import { writeParquet } from './reading/write-parquet.ts';
import { identifier } from './sql.ts';
import { family, valueOrNull } from './value.ts';

interface Side extends PairedSide {
  readonly table: ParquetTable;
  readonly id: Column | null;
}

/** @throws UserError DataInvalid */
export async function pairRows(session: Session, request: PairRequest): Promise<Paired> {
  const left = await opened(session, request.left, request.id);
  const right = request.right && (await opened(session, request.right, request.id));
  for (const name of request.shared) mustBeSomewhere(name, right ? [left, right] : [left]);
  if (right && left.id && right.id) mustBeAlike(left.id, right.id, left, right);
  if (right && !request.id && left.table.rows !== right.table.rows)
    throw new UserError(
      'DataInvalid',
      `${left.label} has ${said(left.table.rows)} rows and ${right.label} ${said(right.table.rows)}: name the column that tells which row is which (--id)`,
    );
  await session.run(`CREATE TEMP VIEW l AS SELECT * FROM ${left.table.withPlaces}`);
  if (right) await session.run(`CREATE TEMP VIEW r AS SELECT * FROM ${right.table.withPlaces}`);
  for (const [side, view] of [[left, 'l'], ...(right ? [[right, 'r']] : [])] as [Side, string][])
    await idsAreUnique(session, side, view);
  const from = joined(left, right);
  const only = right ? await lookedAt(session, left, right, request.shared, from) : { left: 0, right: 0 };
  const columns = [...(request.id && !request.shared.includes(request.id) ? [request.id] : []), ...request.shared].map(
    (name) => `${either(left, right, name)} AS ${identifier(name)}`,
  );
  const own = [[left, 'l'] as const, ...(right ? [[right, 'r'] as const] : [])].flatMap(([side, view]) =>
    side.own.map(([name, as]) => `${view}.${identifier(columnOf(side, name).name)} AS ${identifier(as)}`),
  );
  const order = right ? `ORDER BY l.${PLACE_IN_FILE} NULLS LAST, r.${PLACE_IN_FILE}` : `ORDER BY l.${PLACE_IN_FILE}`;
  await writeParquet(session, `SELECT ${[...columns, ...own].join(', ')} FROM ${from} ${order}`, request.to);
  const written = await openParquet(session, [request.to]);
  return { rows: written.rows, columns: written.columns, leftOnly: only.left, rightOnly: only.right };
}

async function opened(session: Session, side: PairedSide, id: string | null): Promise<Side> {
  const table = await openParquet(session, side.files);
  const all: Side = { ...side, table, id: null };
  return { ...all, id: id === null ? null : columnOf(all, id) };
}

function columnOf({ label, table }: Side, name: string): Column {
  const found = inTable(table, name);
  if (found) return found;
  const there = table.columns.slice(0, 30).map((column) => column.name);
  throw new UserError('DataInvalid', `${label} has no column ${name}; it has ${there.join(', ')}`);
}

const inTable = ({ columns }: ParquetTable, name: string): Column | undefined =>
  columns.find((column) => column.name === name) ??
  columns.find((column) => column.name.toLowerCase() === name.toLowerCase());

function mustBeSomewhere(name: string, sides: readonly Side[]): void {
  if (sides.every(({ table }) => !inTable(table, name))) columnOf(sides[0] as Side, name);
}

async function idsAreUnique(session: Session, side: Side, view: string): Promise<void> {
  if (!side.id) return;
  const id = valueOrNull(side.id);
  const [missing] = await session.rows(`SELECT count(*) AS n FROM ${view} WHERE ${id} IS NULL`);
  if (count(missing?.n) > 0)
    throw new UserError(
      'DataInvalid',
      `${said(count(missing?.n))} rows of ${side.label} have no ${side.id.name}: which rows they are cannot be told`,
    );
  const twice = `SELECT ${id} AS id, count(*) AS n FROM ${view} GROUP BY 1 HAVING count(*) > 1`;
  const [found] = await session.rows(
    `SELECT count(*) AS ids, min(id)::VARCHAR AS first, max_by(n, -n) AS n FROM (${twice})`,
  );
  const ids = count(found?.ids);
  if (ids === 0) return;
  throw new UserError(
    'DataInvalid',
    `${said(ids)} ${ids === 1 ? `value of ${side.id.name} comes` : `values of ${side.id.name} come`} more than once in ${side.label}, the first is ${String(found?.first)}: a row must be named by one value alone`,
  );
}

function joined(left: Side, right: Side | null): string {
  if (!right) return 'l';
  if (!left.id || !right.id) return `l JOIN r ON (l.${PLACE_IN_FILE} = r.${PLACE_IN_FILE})`;
  return `l FULL JOIN r ON (l.${identifier(left.id.name)} = r.${identifier(right.id.name)})`;
}

/** SQL of a shared column. */
function either(left: Side, right: Side | null, name: string): string {
  const [a, b] = [inTable(left.table, name), right && inTable(right.table, name)];
  if (a && b) return `coalesce(l.${identifier(a.name)}, r.${identifier(b.name)})`;
  return a ? `l.${identifier(a.name)}` : `r.${identifier((b as Column).name)}`;
}

/** In one pass over the pairs: rows of one side alone, and where the sides contradict each other. */
async function lookedAt(
  session: Session,
  left: Side,
  right: Side,
  shared: readonly string[],
  from: string,
): Promise<{ left: number; right: number }> {
  const both = shared.flatMap((name) => {
    const [a, b] = [inTable(left.table, name), inTable(right.table, name)];
    return a && b && a.name !== left.id?.name ? [[a, b] as const] : [];
  });
  for (const [a, b] of both) mustBeAlike(a, b, left, right);
  const at = left.id ? `l.${identifier(left.id.name)}` : `(l.${PLACE_IN_FILE} + 1)`;
  const place = `l.${PLACE_IN_FILE}`;
  const looks = both.flatMap(([a, b], index) => {
    const [mine, theirs] = [valueOrNull(a, `l.${identifier(a.name)}`), valueOrNull(b, `r.${identifier(b.name)}`)];
    const where = `FILTER (${mine} <> ${theirs})`;
    const first = (value: string) => `min_by(${value}::VARCHAR, ${place}) ${where}`;
    return [
      `count(*) ${where} AS n${index}`,
      `${first(at)} AS at${index}`,
      `${first(mine)} AS mine${index}`,
      `${first(theirs)} AS theirs${index}`,
    ];
  });
  const counts = [
    `count(*) FILTER (r.${PLACE_IN_FILE} IS NULL) AS l`,
    `count(*) FILTER (${place} IS NULL) AS r`,
    ...looks,
  ];
  const [found] = await session.rows(`SELECT ${counts.join(', ')} FROM ${from}`);
  for (const [index, [{ name }]] of both.entries()) {
    const rows = count(found?.[`n${index}`]);
    if (rows === 0) continue;
    const text = (what: string) => String(found?.[`${what}${index}`]);
    const row = left.id ? `${left.id.name} ${text('at')}` : `row ${text('at')}`;
    const cure = left.id ? 'are they of the same rows?' : 'name the column that tells which row is which (--id)';
    throw new UserError(
      'DataInvalid',
      `${left.label} and ${right.label} contradict each other in ${name} at ${said(rows)} rows, first at ${row}: ${text('mine')} and ${text('theirs')}; ${cure}`,
    );
  }
  return { left: count(found?.l), right: count(found?.r) };
}

function mustBeAlike(a: Column, b: Column, left: Side, right: Side): void {
  if (family(a.type) === family(b.type)) return;
  throw new UserError(
    'DataInvalid',
    `${a.name} is ${a.type} in ${left.label} and ${b.type} in ${right.label}: read them alike, for example with --type ${a.name}=VARCHAR`,
  );
}

const said = (rows: number): string => rows.toLocaleString('en-US');
