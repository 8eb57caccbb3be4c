/** Rows → Parquet, so that the same rows give the same bytes on every machine: what is addressed by its bytes must not depend on how it was read. */
import { count, type Session } from '../host/session.ts';
import { text } from '../sql.ts';

/** DuckDB's own: 60 vectors of 2,048. */
const ROW_GROUP = 122_880;

/** With more threads than this, rows that are read by all of them are there sooner, though they are copied twice. */
const FEW_THREADS = 2;

/**
 * Compression zstd; rows in the order of `select`. Parquet's row groups follow the pieces that rows arrive in, and those
 * follow the reader's buffers and the number of threads: so the rows are collected into even pieces first.
 * @param select SQL; its rows' order must be defined
 * @param oneScan it reads one file from its start to its end, without UNION: the order then needs no table to be kept
 */
export async function writeParquet(session: Session, select: string, to: string, oneScan = false): Promise<void> {
  const [setting] = await session.rows("SELECT current_setting('threads') AS n");
  const threads = count(setting?.n);
  if (!oneScan || threads > FEW_THREADS) return overTable(session, select, to);
  // One thread collects in order and fills each piece, in two thirds of the processor time that two threads and a table take.
  await onOneThread(session, threads, () =>
    session.run(copy(`(WITH collected AS MATERIALIZED (${select}) SELECT * FROM collected)`, to)),
  );
}

const copy = (from: string, to: string) =>
  `COPY ${from} TO ${text(to)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP}, USE_TMP_FILE false)`;

async function onOneThread(session: Session, threads: number, work: () => Promise<void>): Promise<void> {
  await session.run('SET threads = 1');
  try {
    await work();
  } finally {
    await session.run(`SET threads = ${threads}`);
  }
}

async function overTable(session: Session, select: string, to: string): Promise<void> {
  await session.run(`CREATE TABLE rows_to_write AS ${select}`);
  try {
    if (!(await isEven(session))) await makeEven(session);
    await session.run(copy('rows_to_write', to));
  } finally {
    await session.run('DROP TABLE IF EXISTS rows_to_write').catch(() => {});
  }
}

/**
 * As {@link writeParquet}, of a query that one thread answers in order, such as a POSITIONAL JOIN: its rows fill one piece after the other, and no table
 * of them is made.
 */
export async function writeInPlace(session: Session, select: string, to: string): Promise<void> {
  const [setting] = await session.rows("SELECT current_setting('threads') AS n");
  await onOneThread(session, count(setting?.n), () => session.run(copy(`(${select})`, to)));
}

/** Are all pieces of the table but the last full? Threads that insert at once leave some that are not. */
async function isEven(session: Session): Promise<boolean> {
  const [row] = await session.rows(`
    SELECT count(*) FILTER (n <> ${ROW_GROUP} AND row_group_id <> last) AS uneven FROM (
      SELECT row_group_id, sum(count) AS n, max(max(row_group_id)) OVER () AS last
      FROM pragma_storage_info('rows_to_write') WHERE column_id = 0 AND segment_type <> 'VALIDITY' GROUP BY row_group_id)`);
  return count(row?.uneven) === 0;
}

/** One thread fills one piece after the other. */
async function makeEven(session: Session): Promise<void> {
  const [before] = await session.rows("SELECT current_setting('threads') AS n");
  await onOneThread(session, count(before?.n), async () => {
    await session.run('CREATE TABLE even AS SELECT * FROM rows_to_write');
    await session.run('DROP TABLE rows_to_write');
    await session.run('ALTER TABLE even RENAME TO rows_to_write');
  });
}
