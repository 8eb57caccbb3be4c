/** Vectors that were served, and how they differ from those that history has of the same moments. */
import type { FeatureType } from '#features/value-types.ts';
import type { NewestRequest, SampledRequest, SkewOfFeature, SkewRequest } from '#ports/skew.ts';
import type { TableFacts } from '#ports/tables.ts';
import { factsOf } from '../facts.ts';
import { count, type Session } from '../host/session.ts';
import { readParquet } from '../reading/parquet/footers.ts';
import { writeParquet } from '../reading/write-parquet.ts';
import { identifier, list, number, text } from '../sql.ts';

const sqlTypes: Readonly<Record<string, string>> = {
  int64: 'BIGINT',
  float64: 'DOUBLE',
  string: 'VARCHAR',
  bool: 'BOOLEAN',
  timestamp: 'TIMESTAMPTZ',
  date: 'DATE',
};

/** The text as the type that wrote it: see `SampledVector`. */
function read(type: FeatureType, sql: string): string {
  if (!type.endsWith('[]')) return `CAST(${sql} AS ${sqlTypes[type]})`;
  return `CAST(from_json(${sql}, '["VARCHAR"]') AS ${sqlTypes[type.slice(0, -2)]}[])`;
}

export async function sampled(session: Session, request: SampledRequest): Promise<TableFacts> {
  const fields = Object.entries(request.fields);
  const columns = [...new Set(['at', ...fields.map(([field]) => field)])].map((field) => `${text(field)}: 'VARCHAR'`);
  const from = `read_json(${list(request.files)}, format = 'newline_delimited', columns = {${columns.join(', ')}})`;
  const wanted = `"at" >= ${text(request.from)} AND "at" < ${text(request.to)}`;
  const typed = fields.map(([field, { column, type }]) => `${read(type, identifier(field))} AS ${identifier(column)}`);
  await writeParquet(
    session,
    `SELECT ${typed.join(', ')} FROM (SELECT * FROM ${from} WHERE ${wanted} ORDER BY "at" DESC LIMIT ${number(request.most)}) ORDER BY "at"`,
    request.file,
  );
  return factsOf(session, request.file);
}

export async function skew(session: Session, request: SkewRequest): Promise<SkewOfFeature[]> {
  const pairs = request.pairs.map((pair) => {
    const [served, recomputed] = [identifier(pair.served), identifier(pair.recomputed)];
    return { ...pair, served, recomputed, differ: differ(pair.type, served, recomputed, request.tolerance) };
  });
  const from = readParquet([request.file]);
  const figures = pairs.flatMap(({ served, recomputed, differ }, i) => [
    `count(*) FILTER (${differ}) AS differ_${i}`,
    `count(*) FILTER (${served} IS NULL AND ${recomputed} IS NOT NULL) AS missing_${i}`,
    `count(*) FILTER (${served} IS NOT NULL AND ${recomputed} IS NULL) AS extra_${i}`,
    `count(*) FILTER (${served} IS NULL) AS nulls_${i}`,
  ]);
  const [row] = await session.rows(`SELECT ${['count(*) AS vectors', ...figures].join(', ')} FROM ${from}`);
  const found: SkewOfFeature[] = [];
  for (const [i, { feature, served, recomputed, differ }] of pairs.entries()) {
    const of = count(row?.[`differ_${i}`]);
    const shown = request.shown.map((column, place) => `CAST(${identifier(column)} AS VARCHAR) AS s${place}`);
    const examples =
      of === 0
        ? []
        : await session.rows(
            `SELECT ${[...shown, `CAST(${served} AS VARCHAR) AS served`, `CAST(${recomputed} AS VARCHAR) AS recomputed`].join(', ')}
             FROM ${readParquet([request.file], ', file_row_number = true')} WHERE ${differ} ORDER BY file_row_number DESC LIMIT ${number(request.examples)}`,
          );
    found.push({
      feature,
      vectors: count(row?.vectors),
      differ: of,
      missing: count(row?.[`missing_${i}`]),
      extra: count(row?.[`extra_${i}`]),
      nulls: count(row?.[`nulls_${i}`]),
      examples: examples.map((example) => ({
        of: Object.fromEntries(request.shown.map((column, place) => [column, textOf(example[`s${place}`])])),
        served: textOf(example.served),
        recomputed: textOf(example.recomputed),
      })),
    });
  }
  return found;
}

export async function newest(session: Session, { sources, until }: NewestRequest): Promise<(number | null)[]> {
  const times: (number | null)[] = [];
  for (const { file, time, created } of sources) {
    const at = `CAST(${identifier(time)} AS TIMESTAMPTZ)`;
    const known = [time, ...(created === null ? [] : [created])].map(
      (column) => `CAST(${identifier(column)} AS TIMESTAMPTZ) <= CAST(${text(until)} AS TIMESTAMPTZ)`,
    );
    const [row] = await session.rows(
      `SELECT CAST(epoch_ms(max(${at})) AS VARCHAR) AS newest FROM ${readParquet([file])} WHERE isfinite(${at}) AND ${known.join(' AND ')}`,
    );
    times.push(row?.newest === null || row?.newest === undefined ? null : Number(row.newest));
  }
  return times;
}

const textOf = (value: unknown): string | null => (value === null || value === undefined ? null : String(value));

/** NaN is NaN's equal here, and null is null's. */
function differ(type: FeatureType, served: string, recomputed: string, tolerance: number): string {
  const distinct = `${served} IS DISTINCT FROM ${recomputed}`;
  if (type !== 'float64') return `(${distinct})`;
  const near = `abs(${served} - ${recomputed}) <= ${number(tolerance)} * greatest(abs(${served}), abs(${recomputed}))`;
  // An infinite distance is near nothing.
  return `(${distinct} AND NOT coalesce(isfinite(${served}) AND isfinite(${recomputed}) AND ${near}, false))`;
}
