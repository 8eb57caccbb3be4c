/**
 * PostgreSQL, read whole by COPY: one statement, and so one moment, in a transaction that cannot write.
 * Types by their OIDs as in the catalogue `pg_type`; those that are not listed are read as text.
 */
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Client, type FieldDef } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { Column } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import type { Database, DatabaseQuery } from '#ports/queries.ts';
import { explained } from './failures.ts';

/** To connect, and to be told the columns. A COPY takes as long as it takes. */
const PATIENCE_MS = 15_000;
const TOLD_EACH_BYTES = 64 * 1024 * 1024;

/**
 * @param address `postgres://user:password@host:5432/database`, with `?sslmode=…` as libpq has it
 * @param name what messages call it
 * @throws UserError InvalidInput for what is no address
 */
export function openPostgres(address: string, name: string): Database {
  if (!/^postgres(ql)?:\/\//.test(address) || !URL.canParse(address))
    throw new UserError(
      'InvalidInput',
      `${name} is no address of PostgreSQL: write postgres://user:password@host:5432/database`,
    );

  async function connected<T>(signal: AbortSignal, work: (client: Client) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const settings = { connectionString: address, connectionTimeoutMillis: PATIENCE_MS, application_name: 'ratchet' };
    const client = new Client(settings);
    // Without a listener a connection that is lost ends the process; the query that waits is told.
    client.on('error', () => undefined);
    let ended: Promise<void> | null = null;
    const stop = () => {
      ended = cancelled(client, settings);
    };
    signal.addEventListener('abort', stop);
    try {
      await client.connect();
      signal.throwIfAborted();
      await client.query('BEGIN READ ONLY ISOLATION LEVEL REPEATABLE READ');
      // A scan that joins another one begins in the middle; times are said in UTC, numbers so that they read back the same.
      await client.query(
        "SET LOCAL synchronize_seqscans = off; SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'iso_8601'; SET LOCAL extra_float_digits = 1",
      );
      return await work(client);
    } catch (error) {
      signal.throwIfAborted();
      throw explained(error, name);
    } finally {
      signal.removeEventListener('abort', stop);
      await ended;
      await client.end().catch(() => undefined);
    }
  }

  async function columns(client: Client, asked: DatabaseQuery): Promise<Column[]> {
    // With a name it goes by the extended protocol, which takes one statement alone.
    const { fields } = await client.query({
      text: `SELECT * FROM ${'table' in asked ? quoted(asked.table) : bracketed(asked.query)} AS asked LIMIT 0`,
      name: 'columns',
    });
    const twice = fields.find((field, at) =>
      fields.some((other, before) => before < at && other.name.toLowerCase() === field.name.toLowerCase()),
    );
    if (twice)
      throw new UserError('InvalidInput', `${name}: two columns are called ${twice.name}: name them apart in a query`);
    if (fields.length === 0) throw new UserError('InvalidInput', `${name}: there is no column in it`);
    return fields.map((field) => ({ name: field.name, type: typeOf(field) }));
  }

  return {
    columns: (asked, signal) => connected(signal, (client) => columns(client, asked)),
    copy: (asked, file, signal, progress) =>
      connected(signal, async (client) => {
        const found = await columns(client, asked);
        const from = 'table' in asked ? `(SELECT * FROM ${quoted(asked.table)})` : bracketed(asked.query);
        const rows = client.query(copyTo(`COPY ${from} TO STDOUT (FORMAT csv, ENCODING 'UTF8')`));
        await pipeline(rows, counted(progress), createWriteStream(file), { signal });
        return found;
      }),
  };
}

/** Ends what it is doing there, too: the server would go on until it has something to say. */
async function cancelled(client: Client, settings: ConstructorParameters<typeof Client>[0]): Promise<void> {
  const { processID } = client as Client & { readonly processID?: number | null };
  if (!processID) return;
  const other = new Client(settings);
  other.on('error', () => undefined);
  await other
    .connect()
    .then(() => other.query('SELECT pg_cancel_backend($1)', [processID]))
    .catch(() => undefined);
  await other.end().catch(() => undefined);
}

function counted(progress: ((bytes: number) => void) | undefined): Transform {
  let bytes = 0;
  let told = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      if (bytes - told >= TOLD_EACH_BYTES) {
        told = bytes;
        progress?.(bytes);
      }
      done(null, chunk);
    },
  });
}

const quoted = (table: string) =>
  table
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.');

/** On lines of its own, so that a comment at its end ends before the bracket. */
const bracketed = (query: string) => `(\n${query.trim().replace(/;+$/, '')}\n)`;

const types: Readonly<Record<number, string>> = {
  16: 'BOOLEAN',
  20: 'BIGINT',
  21: 'SMALLINT',
  23: 'INTEGER',
  26: 'UINTEGER',
  700: 'FLOAT',
  701: 'DOUBLE',
  1082: 'DATE',
  1083: 'TIME',
  1114: 'TIMESTAMP',
  1184: 'TIMESTAMP WITH TIME ZONE',
};
const NUMERIC = 1700;
/** Digits of a DECIMAL. */
const MOST_DIGITS = 38;

function typeOf({ dataTypeID, dataTypeModifier }: FieldDef): string {
  if (dataTypeID !== NUMERIC) return types[dataTypeID] ?? 'VARCHAR';
  // numeric_typmod_precision and …_scale of PostgreSQL's numeric.c: 4 are added, the scale is of 11 bits with a sign.
  if (dataTypeModifier < 4) return 'DOUBLE';
  const precision = ((dataTypeModifier - 4) >> 16) & 0xffff;
  const scale = (((dataTypeModifier - 4) & 0x7ff) ^ 1_024) - 1_024;
  return precision <= MOST_DIGITS && scale >= 0 && scale <= precision ? `DECIMAL(${precision},${scale})` : 'DOUBLE';
}
