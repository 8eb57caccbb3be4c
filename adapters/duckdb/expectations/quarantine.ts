/** Rows that break tests, apart from the rest. */

import { UserError } from '#contracts/failures.ts';
import type { Quarantined, QuarantineRequest } from '#ports/tables.ts';
import { factsOf } from '../facts.ts';
import { count, type Session } from '../host/session.ts';
import { PLACE_IN_FILE } from '../reading/parquet/table.ts';
import { writeParquet } from '../reading/write-parquet.ts';
import { Scan, Subqueries } from '../scan.ts';
import { identifier, text } from '../sql.ts';
import { firstFigures } from './first-figures.ts';
import { BASE, MeasuredTable, PLACE } from './measured-table.ts';
import { planTest } from './tested-rows.ts';

/** Beside the data's own columns in the file of bad rows. */
const REASON = identifier('__ratchet_reason');

export async function quarantine(session: Session, request: QuarantineRequest): Promise<Quarantined> {
  const table = await MeasuredTable.open(session, request.files);
  const before = await firstFigures(
    table,
    request.tests.map(({ measure }) => measure),
  );
  const scan = new Scan(table);
  const queries = new Subqueries(table);
  const reasons = request.tests.map(({ measure, reason }, index) => {
    const test = planTest(measure, table, scan, queries, before[index]?.deviation ?? null);
    if ('problem' in test) throw new UserError('DataInvalid', test.problem);
    return `CASE WHEN ${test.fails} THEN ${text(reason)} END`;
  });
  // Decided once: a temporary table of places, which is as long as there are bad rows.
  const bad = `SELECT ${PLACE}, reasons FROM (SELECT ${PLACE}, list_filter([${reasons.join(', ')}], x -> x IS NOT NULL) AS reasons FROM ${BASE}) WHERE len(reasons) > 0`;
  await table.run(`CREATE TEMP TABLE bad AS ${bad}`);
  const [found] = await session.rows('SELECT count(*) AS n FROM bad');
  const byReason = await session.rows(
    'SELECT reason, count(*) AS n FROM (SELECT unnest(reasons) AS reason FROM bad) GROUP BY 1',
  );
  const rows = count(found?.n);
  const names = table.columns.map(({ name }) => `t.${identifier(name)}`).join(', ');
  const from = `${table.from} t`;
  const badRows = `SELECT ${names}, array_to_string(b.reasons, '; ') AS ${REASON} FROM ${from} JOIN bad b ON (t.${PLACE_IN_FILE} = b.${PLACE}) ORDER BY b.${PLACE}`;
  if (request.bad?.format === 'parquet') await writeParquet(session, badRows, request.bad.path);
  else if (request.bad) {
    const options = request.bad.format === 'csv' ? 'FORMAT csv, HEADER true' : 'FORMAT json';
    await session.run(`COPY (${badRows}) TO ${text(request.bad.path)} (${options}, USE_TMP_FILE false)`);
  }
  if (request.good)
    await writeParquet(
      session,
      `SELECT ${names} FROM ${from} WHERE t.${PLACE_IN_FILE} NOT IN (SELECT ${PLACE} FROM bad) ORDER BY t.${PLACE_IN_FILE}`,
      request.good,
    );
  const reasonsFound = new Map(byReason.map((row) => [String(row.reason), count(row.n)]));
  return {
    rows,
    reasons: request.tests.map(({ reason }) => ({ reason, rows: reasonsFound.get(reason) ?? 0 })),
    good: request.good ? await factsOf(session, request.good) : null,
    bad: request.bad?.format === 'parquet' ? await factsOf(session, request.bad.path) : null,
  };
}
