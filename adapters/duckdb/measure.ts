/** Measures → one SELECT over the file: every aggregate in one scan; only `unique` groups its column besides. */

import type { Answer, Measure, Statistic } from '#activities/ports/measures.ts';
import type { MeasureRequest } from '#activities/ports/tables.ts';
import type { Column } from '#contracts/data.ts';
import { figure } from '#contracts/data.ts';
import { columnsOf } from './facts.ts';
import { count, type Session } from './session.ts';
import { text } from './sql.ts';
import { family, sqlValue } from './value.ts';
import { conditionOf } from './value-test.ts';

/** What is wanted of the scan, and how its row is read. */
interface Wanted {
  readonly select: readonly string[];
  read(row: Readonly<Record<string, unknown>>): Answer;
}

export async function measure(session: Session, request: MeasureRequest): Promise<Answer[]> {
  const from = `read_parquet(${text(request.file)}, file_row_number = true)`;
  const columns = new Map(
    (await columnsOf(session, `read_parquet(${text(request.file)})`)).map((column) => [column.name, column]),
  );
  const wanted = request.measures.map((each, index) => wantedOf(each, `m${index}`, columns, from));
  const select = ['count(*) AS rows', ...wanted.flatMap((each) => ('select' in each ? each.select : []))];
  const [row] = await session.rows(`SELECT ${select.join(',\n')} FROM ${from}`);
  return wanted.map((each) => ('select' in each ? each.read(row ?? {}) : each));
}

function wantedOf(
  each: Measure,
  id: string,
  columns: ReadonlyMap<string, Column>,
  from: string,
): Wanted | { problem: string } {
  if (each.of === 'rows') return { select: [], read: (row) => ({ value: count(row.rows as string) }) };
  const column = columns.get(each.column);
  if (!column) return { problem: `there is no column ${each.column}` };
  return each.of === 'values' ? testedOf(each, id, column, from) : statisticOf(each.of, id, column);
}

function testedOf(
  { test }: Measure & { of: 'values' },
  id: string,
  column: Column,
  from: string,
): Wanted | { problem: string } {
  const value = sqlValue(column);
  const counts = [`count(${value}) AS ${id}_known`];
  const read = (row: Readonly<Record<string, unknown>>) => ({
    rows: count(row.rows as string),
    nonNull: count(row[`${id}_known`] as string),
    unexpected: count(row[`${id}_bad`] as string),
    samples: ((row[`${id}_samples`] as (string | null)[] | null) ?? []).map((sample) => String(sample).slice(0, 80)),
    firstRow:
      row[`${id}_first`] === null || row[`${id}_first`] === undefined ? null : count(row[`${id}_first`] as string) + 1,
  });
  const samples = (condition: string) => [
    `min_by(CAST(${value} AS VARCHAR), file_row_number, 5) FILTER (${condition}) AS ${id}_samples`,
    `min(file_row_number) FILTER (${condition}) AS ${id}_first`,
  ];
  if (test.is === 'notNull')
    return {
      select: [
        ...counts,
        `count(*) - count(${value}) AS ${id}_bad`,
        `min(file_row_number) FILTER (${value} IS NULL) AS ${id}_first`,
      ],
      read,
    };
  if (test.is === 'null')
    return { select: [...counts, `count(${value}) AS ${id}_bad`, ...samples(`${value} IS NOT NULL`)], read };
  if (test.is === 'unique') {
    const doubled = `(SELECT ${value} AS v, count(*) AS n FROM ${from} WHERE ${value} IS NOT NULL GROUP BY 1 HAVING n > 1)`;
    return {
      select: [
        ...counts,
        `(SELECT coalesce(sum(n), 0)::BIGINT FROM ${doubled}) AS ${id}_bad`,
        `(SELECT min(CAST(v AS VARCHAR), 5) FROM ${doubled}) AS ${id}_samples`,
      ],
      read,
    };
  }
  const condition = conditionOf(test, column);
  if ('problem' in condition) return condition;
  const bad = `${value} IS NOT NULL AND (${condition.sql}) IS NOT TRUE`;
  return { select: [...counts, `count(*) FILTER (${bad}) AS ${id}_bad`, ...samples(bad)], read };
}

function statisticOf(statistic: Statistic, id: string, column: Column): Wanted | { problem: string } {
  const kind = family(column.type);
  const value = kind === 'boolean' && statistic !== 'distinct' ? `${sqlValue(column)}::INT` : sqlValue(column);
  const numeric = kind === 'number' || kind === 'boolean';
  const read = (row: Readonly<Record<string, unknown>>): Answer => ({ value: answerOf(row[id]) });
  const wanted = (sql: string): Wanted => ({ select: [`${sql} AS ${id}`], read });
  if (statistic === 'nonNull') return wanted(`count(${value})::DOUBLE`);
  if (statistic === 'distinct') return wanted(`count(DISTINCT ${value})::DOUBLE`);
  if (statistic === 'min' || statistic === 'max') {
    if (numeric) return wanted(`${statistic}(${value})::DOUBLE`);
    return kind === 'time'
      ? wanted(`strftime(${statistic}(${value}), '%Y-%m-%dT%H:%M:%S.%gZ')`)
      : wanted(`${statistic}(CAST(${value} AS VARCHAR))`);
  }
  if (!numeric) return { problem: `${column.name} is ${column.type}, which has no ${statistic}` };
  // Summed with compensation: the order of the rows hardly counts.
  if (statistic === 'sum') return wanted(`coalesce(fsum(${value}::DOUBLE), 0)`);
  if (statistic === 'mean') return wanted(`favg(${value}::DOUBLE)`);
  return wanted(statistic === 'median' ? `median(${value}::DOUBLE)` : `stddev_samp(${value}::DOUBLE)`);
}

function answerOf(value: unknown): ReturnType<typeof figure> | string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'number' ? figure(value) : String(value);
}
