/** One column over the Parquet files of a table: the type that holds what each of them holds, or a refusal. */
import { UserError } from '#contracts/failures.ts';
import { count, type Session } from '../../host/session.ts';
import { identifier } from '../../sql.ts';
import { type Family, family } from '../../value.ts';
import { type ParquetFile, readParquet } from './footers.ts';

const words: Record<Family, string> = {
  number: 'a number',
  text: 'text',
  boolean: 'true or false',
  time: 'a time',
  other: 'something else',
};
const kindOf = (type: string) => (family(type) === 'other' ? type : words[family(type)]);

/** Files with the same columns, and one column's type in them. */
interface Part {
  readonly files: readonly ParquetFile[];
  readonly type: string;
}

/**
 * Files where the column has no value have no say: what pandas writes for a column of nothing but None has some type.
 * @throws UserError DataInvalid naming two files where kinds differ, or a value that the union cannot hold
 */
export async function unitedType(session: Session, name: string, parts: readonly Part[]): Promise<string> {
  const types = new Set(parts.map(({ type }) => type));
  const [only] = types;
  if (only !== undefined && types.size === 1) return only;
  const filled: Part[] = [];
  for (const part of parts) if (await hasValues(session, name, part)) filled.push(part);
  const [first, ...others] = filled;
  if (!first) return parts[0]?.type ?? 'VARCHAR';
  const other = others.find(({ type }) => kindOf(type) !== kindOf(first.type));
  if (other) {
    const said = async (part: Part) =>
      `${kindOf(part.type)} (${part.type}) in ${await fileWithValues(session, name, part)}`;
    throw new UserError(
      'DataInvalid',
      `column ${name} is ${await said(first)} and ${await said(other)}; files of one table must agree`,
    );
  }
  const candidates = await union(session, filled);
  let loss = '';
  for (const type of candidates) {
    const found = await lossOf(session, name, filled, type);
    if (found === null) return type;
    loss = found;
  }
  throw new UserError('DataInvalid', loss);
}

async function hasValues(session: Session, name: string, { files }: Part): Promise<boolean> {
  const paths = files.filter(({ rows }) => rows > 0).map(({ path }) => path);
  if (paths.length === 0) return false;
  const [row] = await session.rows(`SELECT count(${identifier(name)}) AS n FROM ${readParquet(paths)}`);
  return count(row?.n) > 0;
}

async function fileWithValues(session: Session, name: string, part: Part): Promise<string> {
  for (const file of part.files) if (await hasValues(session, name, { ...part, files: [file] })) return file.label;
  return part.files[0]?.label ?? '';
}

/** Types that may hold all, the plainer first. */
async function union(session: Session, parts: readonly Part[]): Promise<readonly string[]> {
  const types = [...new Set(parts.map(({ type }) => type))];
  if (types.length === 1 && types[0] !== undefined) return [types[0]];
  // The engine's own union of FLOAT and BIGINT is FLOAT.
  if (types.some((type) => /^(FLOAT|DOUBLE)$/.test(type))) return ['DOUBLE'];
  const nulls = types.map((type) => `SELECT CAST(NULL AS ${type}) AS x`).join(' UNION ALL ');
  const [row] = await session.rows(`SELECT typeof(x) AS t FROM (${nulls}) LIMIT 1`);
  const type = String(row?.t);
  // Parquet has no HUGEINT; 20 digits hold whatever 64 bits without a sign do.
  return type === 'HUGEINT' ? ['BIGINT', 'DECIMAL(20,0)'] : [type];
}

/** What a type would change, in words; null for nothing. */
async function lossOf(session: Session, name: string, parts: readonly Part[], type: string): Promise<string | null> {
  const column = identifier(name);
  for (const part of parts) {
    if (part.type === type) continue;
    const changed = `TRY_CAST(TRY_CAST(${column} AS ${type}) AS ${part.type}) IS DISTINCT FROM ${column}`;
    for (const file of part.files) {
      const [row] = await session.rows(
        `SELECT CAST(${column} AS VARCHAR) AS v FROM ${readParquet([file.path])} WHERE ${column} IS NOT NULL AND ${changed} LIMIT 1`,
      );
      if (row)
        return `column ${name} holds ${row.v} in ${file.label} (${part.type}), which ${type}, the type for all files together, would change; give the files one type`;
    }
  }
  return null;
}
