/** Joins, derives, filters and splits in one go, Parquet to Parquet. */

import { UserError } from '#contracts/failures.ts';
import type { Featurized, FeaturizeRequest, RowSplit } from '#ports/tables.ts';
import { plain } from '../errors.ts';
import { factsOf } from '../facts.ts';
import { count, type Session } from '../host/session.ts';
import { readParquet } from '../reading/parquet/footers.ts';
import { writeParquet } from '../reading/write-parquet.ts';
import { identifier } from '../sql.ts';
import { queryOf, timeOf, within } from './featurize-query.ts';
import { TIME } from './internal-columns.ts';
import { checkLookup, keptHits } from './join.ts';

const EMPTY = { rows: 0, bytes: 0, md5: '', columns: [] };

export async function featurize(session: Session, request: FeaturizeRequest): Promise<Featurized> {
  for (const view of request.views) if (view.time === null) await checkLookup(session, view);
  const result = await queryOf(session, request);
  await session.run(`CREATE TABLE result AS ${result}`).catch((error) => Promise.reject(ofExpressions(request, error)));

  const parts = partsOf(request.split, count((await session.rows('SELECT count(*) AS n FROM result'))[0]?.n));
  const hits = request.views.map(
    (_, index) => `avg(${keptHits(index)}::INT) FILTER (${parts.train} OR ${parts.holdout}) AS hit_${index}`,
  );
  const target = request.target ? identifier(request.target) : null;
  const labels = target
    ? [
        `count(*) FILTER ((${parts.train}) AND ${target} IS NOT NULL) AS labelled_train`,
        `count(*) FILTER ((${parts.holdout}) AND ${target} IS NOT NULL) AS labelled_holdout`,
        `epoch_ms(max(${TIME}) FILTER (${target} IS NOT NULL)) AS labelled_last`,
      ]
    : [];
  const ends = request.time
    ? (['train', 'holdout'] as const).flatMap((part) =>
        (['min', 'max'] as const).map((end) => `epoch_ms(${end}(${TIME}) FILTER (${parts[part]})) AS ${part}_${end}`),
      )
    : [];
  const [row] = await session.rows(`
    SELECT ${[...labels, ...ends, `count(*) FILTER (${parts.train}) AS train`, `count(*) FILTER (${parts.holdout}) AS holdout`, `count(*) FILTER (${TIME} IS NULL) AS without_time`, ...hits].join(', ')}
    FROM result`);
  const matched = Object.fromEntries(
    request.views.map((view, index) => [view.name, Number(row?.[`hit_${index}`] ?? 0)]),
  );
  const last = row?.labelled_last ?? null;
  const labelled = target
    ? {
        train: count(row?.labelled_train),
        holdout: count(row?.labelled_holdout),
        last: last === null ? null : Number(last),
      }
    : null;
  const withoutTime = request.time === null ? 0 : count(row?.without_time);
  if (withoutTime > 0 || count(row?.train) === 0 || count(row?.holdout) === 0) {
    const rows = (key: string) => ({ ...EMPTY, rows: count(row?.[key]) });
    return {
      train: rows('train'),
      holdout: rows('holdout'),
      matched,
      withoutTime,
      labelled,
      range: await rangeOf(session, request),
    };
  }
  const selected = request.select.map(identifier).join(', ');
  for (const part of ['train', 'holdout'] as const)
    await writeParquet(session, `SELECT ${selected} FROM result WHERE ${parts[part]}`, request[part]);
  const { times } = request;
  if (times) await writeParquet(session, `SELECT ${TIME} AS "time" FROM result WHERE ${parts.holdout}`, times);
  const span = (part: 'train' | 'holdout') => ({
    first: Number(row?.[`${part}_min`]),
    last: Number(row?.[`${part}_max`]),
  });
  return {
    train: await factsOf(session, request.train),
    holdout: await factsOf(session, request.holdout),
    matched,
    withoutTime,
    labelled,
    spans: request.time ? { train: span('train'), holdout: span('holdout') } : null,
    times: times ? await factsOf(session, times) : null,
    range: null,
  };
}

function partsOf(split: RowSplit, rows: number): { train: string; holdout: string } {
  if (split.by === 'time') return { train: within(split.train), holdout: within(split.holdout) };
  // The table is sorted, so a row's id is its place in time. Never all rows: 0.999 of three is two.
  const holdout = Math.min(Math.max(Math.round(rows * split.holdout), 1), rows - 1);
  return { train: `rowid < ${rows - holdout}`, holdout: `rowid >= ${rows - holdout}` };
}

async function rangeOf(session: Session, request: FeaturizeRequest): Promise<Featurized['range']> {
  const [row] = await session.rows(
    `SELECT epoch_ms(min(t)) AS first, epoch_ms(max(t)) AS last FROM (SELECT ${timeOf(request)} AS t FROM ${readParquet([request.file])})`,
  );
  return row?.first === null || row?.first === undefined ? null : { first: Number(row.first), last: Number(row.last) };
}

/** A value that an expression cannot take. Which expression it was, DuckDB does not say. */
function ofExpressions(request: FeaturizeRequest, error: Error): Error {
  if (!/^(Conversion|Out of Range|Invalid Input) Error/.test(error.message)) return error;
  const names = [
    ...request.derive.map(({ column }) => `derive.${column}`),
    ...(request.where === null ? [] : ['where']),
  ];
  const place = names.length === 0 ? 'while the rows were joined' : `in ${names.join(' or ')}`;
  return new UserError(
    'DataInvalid',
    `${place}: ${plain(error.message)}; try_cast(… AS …) gives null where a value does not fit`,
    { cause: error },
  );
}
