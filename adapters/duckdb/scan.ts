/** Figures that one pass over the rows gives: each aggregate once, each condition once. */
import { BASE, type MeasuredTable, PLACE } from './expectations/measured-table.ts';
import { count } from './host/session.ts';

type Row = Readonly<Record<string, unknown>>;
/** Reads a figure of the row that the scan gave. */
export type Read<T> = (row: Row) => T;

/**
 * Aggregates of one query. DuckDB holds a vector for each column and each step of a query, whatever the number of rows: a
 * few thousand fit into its memory, ten thousand do not. A query reads the columns of its own aggregates only.
 */
const AT_ONCE = 2_500;

export class Scan {
  private readonly aggregates = new Map<string, string>();
  private readonly flags = new Map<string, string>();
  private readonly table: MeasuredTable;

  constructor(table: MeasuredTable) {
    this.table = table;
  }

  /** How many rows a condition (true or false or null) is true of. */
  countOf(condition: string): Read<number> {
    if (condition === 'true') return this.figure('count(*)');
    let flag = this.flags.get(condition);
    if (!flag) {
      flag = `f${this.flags.size}`;
      this.flags.set(condition, flag);
    }
    return this.figure(`count_if(${flag})`);
  }

  /** A number of rows, by any aggregate. */
  figure(sql: string): Read<number> {
    const read = this.text(sql);
    return (row) => count(read(row));
  }

  /** Any aggregate, as text. */
  text(sql: string): Read<string | null> {
    let name = this.aggregates.get(sql);
    if (!name) {
      name = `a${this.aggregates.size}`;
      this.aggregates.set(sql, name);
    }
    const key = name;
    return (row) => (row[key] === null || row[key] === undefined ? null : String(row[key]));
  }

  async run(): Promise<Row> {
    const aggregates = [...this.aggregates];
    const flags = [...this.flags].map(([sql, name]) => `(${sql}) AS ${name}`);
    const from = flags.length === 0 ? BASE : `(SELECT * EXCLUDE (${PLACE}), ${flags.join(', ')} FROM ${BASE})`;
    const row: Record<string, unknown> = {};
    for (let at = 0; at < aggregates.length; at += AT_ONCE) {
      const select = aggregates.slice(at, at + AT_ONCE).map(([sql, name]) => `CAST(${sql} AS VARCHAR) AS ${name}`);
      Object.assign(row, (await this.table.rows(`SELECT ${select.join(', ')} FROM ${from}`))[0]);
    }
    return row;
  }
}

/** Scalar subqueries of one statement, for what needs groups, order or lists. */
export class Subqueries {
  private readonly queries: string[] = [];
  private readonly table: MeasuredTable;

  constructor(table: MeasuredTable) {
    this.table = table;
  }

  /** @param sql a query that gives one value, a struct or a list of texts */
  value(sql: string): Read<unknown> {
    const name = `s${this.queries.push(sql)}`;
    return (row) => row[name];
  }

  async run(): Promise<Row> {
    if (this.queries.length === 0) return {};
    const select = this.queries.map((sql, index) => `(${sql}) AS s${index + 1}`);
    return (await this.table.rows(`SELECT ${select.join(', ')}`))[0] ?? {};
  }
}
