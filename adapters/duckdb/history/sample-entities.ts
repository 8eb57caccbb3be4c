/** Which entities a view's source has, when it was as of its newest row, and an even choice of them with that moment. */
import type { EntitySample, EntitySampling } from '#ports/history.ts';
import { columnsOf } from '../featurize/described.ts';
import { named } from '../featurize/join.ts';
import { count, type Session } from '../host/session.ts';
import { readParquet } from '../reading/parquet/footers.ts';
import { writeParquet } from '../reading/write-parquet.ts';
import { identifier } from '../sql.ts';
import { asTime } from '../timestamp.ts';

export async function sampleEntities(
  session: Session,
  request: Parameters<EntitySampling['sampleEntities']>[0],
): Promise<EntitySample> {
  const { file, time, created, delay, most, to, moment } = request;
  const from = readParquet([file]);
  const columns = await columnsOf(session, from);
  const instant = (name: string) => asTime(identifier(named(columns, name).name), named(columns, name).type, true);
  const keys = request.keys.map((key) => identifier(named(columns, key).name));
  const rows = `(SELECT ${keys.map((key, i) => `${key} AS k${i}`).join(', ')}, ${instant(time)} AS t,
    ${created === null ? 'NULL::TIMESTAMP' : instant(created)} AS c FROM ${from} WHERE ${keys.map((key) => `${key} IS NOT NULL`).join(' AND ')})`;
  const ids = keys.map((_, i) => `k${i}`);
  const us = (sql: string) => `CAST(epoch_us(${sql}) AS VARCHAR)`;
  const [found] = await session.rows(
    `SELECT count(*) AS n, count(DISTINCT (${ids.join(', ')})) AS entities, ${us('min(t)')} AS oldest, ${us('max(t)')} AS newest,
     ${us('max(c)')} AS written FROM ${rows} WHERE t IS NOT NULL`,
  );
  const micros = (value: unknown) => (typeof value === 'string' ? Number(value) : null);
  const facts = {
    ...{ rows: count(found?.n), entities: count(found?.entities) },
    ...{ oldest: micros(found?.oldest), newest: micros(found?.newest), written: micros(found?.written) },
  };
  // All rows are known then, however late.
  const at = moment ?? Math.max(facts.newest ?? 0, facts.written ?? 0) + delay;
  // By a digest of the key: the same ones each time, whatever their order in the file.
  const chosen = `SELECT ${ids.join(', ')} FROM (SELECT DISTINCT ${ids.join(', ')} FROM ${rows} WHERE t IS NOT NULL)
    ORDER BY md5(concat_ws(chr(0), ${ids.map((id) => `CAST(${id} AS VARCHAR)`).join(', ')})), ${ids.join(', ')} LIMIT ${Math.trunc(most)}`;
  await writeParquet(
    session,
    `SELECT ${request.keys.map((key, i) => `k${i} AS ${identifier(key)}`).join(', ')}, make_timestamp(${Math.trunc(at)}) AS ${identifier(request.as)} FROM (${chosen})`,
    to,
  );
  return { ...facts, at };
}
