/** A column of times as the clock of its table: order, doubles, holes. */
import { UserError } from '#contracts/failures.ts';
import type { TimeLine } from '#contracts/quality.ts';
import { howTimesAreWritten } from '#contracts/reading.ts';
import { count, type Session } from '../host/session.ts';
import type { SummaryColumn, SummaryTable } from './table.ts';

const SPANS = 60;
/** Gaps that are listed. */
const LISTED = 20;

export async function timeLine(
  session: Session,
  { from, rows }: SummaryTable,
  column: SummaryColumn,
): Promise<TimeLine> {
  const iso = (time: string) => `strftime(${time}, '%Y-%m-%dT%H:%M:%S.%gZ')`;
  await session.run(
    `CREATE OR REPLACE TEMP TABLE clock AS SELECT t, n, epoch_us(t - lag(t) OVER (ORDER BY t)) / 1e6 AS step, lag(t) OVER (ORDER BY t) AS before FROM (SELECT ${column.value} AS t, count(*) AS n FROM ${from} WHERE ${column.value} IS NOT NULL GROUP BY 1)`,
  );
  try {
    const [all] = await session.rows(
      `SELECT count(*) AS times, sum(n) AS present, ${iso('min(t)')} AS first, ${iso('max(t)')} AS last, epoch_ms(min(t)) AS first_ms, epoch_ms(max(t)) AS last_ms, median(step) AS step, quantile_cont(step, 0.95) AS q95, mode(step) AS usual FROM clock`,
    );
    const present = count(all?.present);
    const step = all?.step === null || all?.step === undefined ? null : Number(all.step);
    const [regular] =
      step === null ? [] : await session.rows(`SELECT count(*) FILTER (step = ${step}) AS n FROM clock`);
    // A clock that ticks evenly misses a tick after one and a half steps; of uneven times only what stands far out is a gap.
    const even = count(regular?.n) * 2 >= count(all?.times) - 1;
    const gapFrom = step === null ? null : even ? 1.5 * step : 10 * Number(all?.q95);
    const gaps =
      gapFrom === null
        ? []
        : await session.rows(
            `SELECT ${iso('before')} AS gap_from, ${iso('t')} AS gap_to, step, count(*) OVER () AS gaps FROM clock WHERE step > ${gapFrom} ORDER BY step DESC, t LIMIT ${LISTED}`,
          );
    return {
      column: column.name,
      first: (all?.first as string | null) ?? null,
      last: (all?.last as string | null) ?? null,
      missing: rows - present,
      duplicates: present - count(all?.times),
      step,
      gaps: gaps.map((gap) => ({ from: String(gap.gap_from), to: String(gap.gap_to), seconds: Number(gap.step) })),
      gapCount: count(gaps[0]?.gaps),
      gapFrom,
      rows: await bySpan(session, Number(all?.first_ms), Number(all?.last_ms), present),
    };
  } finally {
    await session.run('DROP TABLE IF EXISTS clock');
  }
}

async function bySpan(session: Session, first: number, last: number, present: number): Promise<TimeLine['rows']> {
  if (present === 0) return [];
  const width = Math.max(1, Math.ceil((last - first + 1) / SPANS));
  const found = await session.rows(
    `SELECT CAST(floor((epoch_ms(t) - ${first}) / ${width}) AS INTEGER) AS span, sum(n) AS n FROM clock GROUP BY 1`,
  );
  const counts = new Map(found.map(({ span, n }) => [Number(span), count(n)]));
  const spans = Math.floor((last - first) / width) + 1;
  return Array.from({ length: spans }, (_, i) => ({
    from: new Date(first + i * width).toISOString(),
    rows: counts.get(i) ?? 0,
  }));
}

/**
 * A column of texts that are times, as one of times; without a zone they are UTC.
 * @throws UserError DataInvalid when a text is none
 */
export async function writtenTimes(
  session: Session,
  { from }: SummaryTable,
  column: SummaryColumn,
): Promise<SummaryColumn> {
  const value = `make_timestamp(epoch_us(TRY_CAST(${column.value} AS TIMESTAMPTZ)))`;
  const [row] = await session.rows(
    `SELECT count(*) FILTER (${value} IS NULL) AS n, left(min(${column.value}) FILTER (${value} IS NULL), 80) AS such FROM ${from} WHERE ${column.value} IS NOT NULL`,
  );
  if (count(row?.n) > 0)
    throw new UserError(
      'DataInvalid',
      `${count(row?.n)} values of the time column ${column.name} are no times, such as "${String(row?.such)}"; ${howTimesAreWritten(column.name)}`,
    );
  return { ...column, kind: 'time', value };
}
