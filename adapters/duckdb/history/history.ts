/** Features as they were known: each row of a table, with the values of then, Parquet to Parquet. */
import type { History, HistoryRequest } from '#ports/history.ts';
import { factsOf } from '../facts.ts';
import { columnsOf } from '../featurize/described.ts';
import { ROW, TIME } from '../featurize/internal-columns.ts';
import { joinOf, keptHits } from '../featurize/join.ts';
import { count, type Session } from '../host/session.ts';
import { readParquet } from '../reading/parquet/footers.ts';
import { writeParquet } from '../reading/write-parquet.ts';
import { identifier } from '../sql.ts';
import { asTime } from '../timestamp.ts';
import { typedValue } from './typed-value.ts';
import { windowsOf } from './windows.ts';

export async function history(session: Session, request: HistoryRequest): Promise<History> {
  const own = await columnsOf(session, readParquet([request.file]));
  const time = own.find(({ name }) => name.toLowerCase() === request.time.toLowerCase());
  if (!time) throw new Error(`the caller has not looked for ${request.time}`);
  const base = `SELECT *, file_row_number AS ${ROW}, ${asTime(identifier(time.name), time.type)} AS ${TIME}
    FROM ${readParquet([request.file], ', file_row_number = true')}`;
  const steps = [`base AS NOT MATERIALIZED (SELECT * EXCLUDE (file_row_number) FROM (${base}))`];
  let last = 'base';
  const query = (body: string) => `WITH ${steps.join(',\n')} ${body}`;
  const step = (name: string, sql: string) => {
    steps.push(`${name} AS NOT MATERIALIZED (${sql})`);
    last = name;
  };
  for (const [index, view] of request.views.entries()) {
    const columns = await columnsOf(session, readParquet([view.file]));
    if (view.bring.length > 0) {
      const { right, joined } = joinOf(view, index, last, columns, own);
      steps.push(`view_${index} AS NOT MATERIALIZED (${right})`);
      step(`joined_${index}`, joined);
    }
    if (view.windows.length > 0) {
      steps.push(`windows_${index} AS NOT MATERIALIZED (${windowsOf(view, columns, own)})`);
      const brought = view.windows.map((_, i) => `w.w${i} AS ${identifier(view.windows[i]?.name ?? '')}`);
      step(
        `windowed_${index}`,
        `SELECT p.*, ${brought.join(', ')} FROM ${last} p LEFT JOIN windows_${index} w ON w.asked = p.${ROW}`,
      );
    }
  }
  const there = await columnsOf(session, `(${query(`SELECT * FROM ${last}`)})`);
  const selected = request.select.map(({ from, name, type }) => {
    const column = there.find((each) => each.name === from);
    if (!column) throw new Error(`${from} is not among the columns`);
    const value = type === null ? identifier(from) : typedValue(type, column, identifier(from), name);
    return `${value} AS ${identifier(name)}`;
  });
  const hits = request.views.map((view, index) => (view.bring.length > 0 ? keptHits(index) : null));
  const kept = hits.filter((hit) => hit !== null);
  await session.run(
    `CREATE TABLE result AS ${query(`SELECT ${[...selected, ...kept, TIME].join(', ')} FROM ${last} ORDER BY ${ROW}`)}`,
  );
  const shares = kept.map((hit, index) => `avg(${hit}::INT) AS hit_${index}`);
  const [row] = await session.rows(
    `SELECT ${[`count(*) FILTER (${TIME} IS NULL) AS without`, ...shares].join(', ')} FROM result`,
  );
  await writeParquet(session, `SELECT * EXCLUDE (${[...kept, TIME].join(', ')}) FROM result`, request.to);
  const matched = request.views.flatMap((view, index) => {
    const place = hits[index] ? kept.indexOf(hits[index]) : -1;
    return place < 0 ? [] : [[view.name, Number(row?.[`hit_${place}`] ?? 0)] as const];
  });
  return {
    ...(await factsOf(session, request.to)),
    matched: Object.fromEntries(matched),
    withoutTime: count(row?.without),
  };
}
