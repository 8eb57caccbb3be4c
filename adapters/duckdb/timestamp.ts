/**
 * Times on one clock: TIMESTAMP in UTC. A TIMESTAMP or DATE without a zone is taken as UTC; a date is its midnight.
 */

const zoned = /^TIMESTAMP WITH TIME ZONE$/;
const plain = /^(TIMESTAMP|TIMESTAMP_S|TIMESTAMP_MS|DATE)$/;
const nanoseconds = /^TIMESTAMP_NS$/;

export function isTime(type: string): boolean {
  return zoned.test(type) || plain.test(type) || nanoseconds.test(type);
}

/**
 * SQL that makes a TIMESTAMP (microseconds, UTC) of `sql`, a column of `type`; infinite times become null.
 * Nanoseconds are rounded down, or up with `up`: the time of a view's row is rounded up, so that a row is never seen
 * before its time.
 */
export function asTime(sql: string, type: string, up = false): string {
  // Not AT TIME ZONE: its calendar takes a microsecond a row, and in UTC there is nothing to look up.
  if (zoned.test(type)) return finite(sql, `make_timestamp(epoch_us(${sql}))`);
  if (plain.test(type)) return finite(sql, `CAST(${sql} AS TIMESTAMP)`);
  if (!nanoseconds.test(type)) throw new TypeError(`${type} is not a time`);
  const down = `CAST(${sql} AS TIMESTAMP)`;
  return up
    ? `(CASE WHEN CAST(${down} AS TIMESTAMP_NS) < ${sql} THEN ${down} + INTERVAL 1 MICROSECOND ELSE ${down} END)`
    : down;
}

function finite(sql: string, time: string): string {
  return `(CASE WHEN isfinite(${sql}) THEN ${time} END)`;
}
