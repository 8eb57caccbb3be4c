/** Statistics of one column. */
import type { Answer, Measure, Statistic } from '#ports/measures.ts';
import type { Read, Scan } from '../scan.ts';
import { asAnswer, numberOf, toValue } from './answer-value.ts';
import { anyNumber } from './literal.ts';
import type { MeasuredColumn } from './measured-table.ts';
import { asNumber } from './row-condition.ts';

type Planned = Read<Answer> | { problem: string };

/** Beyond this the square overflows: such a deviation is infinite. */
const LARGEST_TO_SQUARE = 1e150;

/** @param where SQL of the rows that count, true or false */
export function figureOf(
  statistic: Exclude<Statistic, 'distinct'>,
  column: MeasuredColumn,
  where: string,
  scan: Scan,
): Planned {
  const { family, name, type } = column;
  const filter = where === 'true' ? '' : ` FILTER (${where})`;
  const value = asNumber(column);
  const numeric = family === 'number' || family === 'boolean';
  const of = (
    sql: string,
    as: Pick<MeasuredColumn, 'family' | 'type'> = { family: 'number', type: 'DOUBLE' },
  ): Planned => {
    const read = scan.text(sql);
    return (row) => ({ value: toValue(read(row), as) });
  };
  if (statistic === 'nonNull') return of(`count(${column.sql})${filter}`);
  if (statistic === 'min' || statistic === 'max') {
    const sql = `${statistic}(${family === 'other' ? `CAST(${column.sql} AS VARCHAR)` : column.sql})${filter}`;
    return of(asAnswer(sql, column), column);
  }
  if (family === 'time' && (statistic === 'mean' || statistic === 'median')) {
    const micros = `${statistic === 'mean' ? 'avg' : 'median'}(epoch_us(${column.sql}))${filter}`;
    return of(asAnswer(`make_timestamp(CAST(floor(${micros}) AS BIGINT))`, { family: 'time', type }), column);
  }
  if (!numeric) return { problem: `Cannot perform reduction '${statistic}' with ${type}: ${name} has no ${statistic}` };
  const double = `${value}::DOUBLE`;
  // Summed with compensation, so that the order of the rows hardly counts; which infinities do not survive.
  const kept = (exact: string, plain: string) =>
    /^(FLOAT|DOUBLE)$/.test(type)
      ? `(CASE WHEN bool_or(isinf(${column.sql}))${filter} THEN ${plain}${filter} ELSE ${exact}${filter} END)`
      : `${exact}${filter}`;
  if (statistic === 'sum')
    return of(
      /INT|^BOOLEAN$/.test(type)
        ? `coalesce(sum(${value})${filter}, 0)::DOUBLE`
        : `coalesce(${kept(`fsum(${double})`, `sum(${double})`)}, 0)`,
    );
  if (statistic === 'mean') return of(kept(`favg(${double})`, `avg(${double})`));
  if (statistic === 'median') return of(`median(${double})${filter}`);
  return deviation(double, where, scan);
}

function deviation(double: string, where: string, scan: Scan): Planned {
  const read = scan.text(`stddev_samp(${double}) FILTER (${where} AND abs(${double}) < ${LARGEST_TO_SQUARE})`);
  const largest = scan.text(`max(abs(${double})) FILTER (${where})`);
  return (row) => {
    const most = Number((largest(row) ?? '0').replace(/^inf$/, 'Infinity'));
    if (most === Number.POSITIVE_INFINITY) return { value: null };
    if (most >= LARGEST_TO_SQUARE) return { value: 'Infinity' };
    const text = read(row);
    return { value: text === null ? null : numberOf(text) };
  };
}

/** numpy's histogram: [edge, next), the last one closed. */
export function histogramOf(
  { edges }: Measure & { of: 'histogram' },
  column: MeasuredColumn,
  where: string,
  scan: Scan,
): Planned {
  const { family, name, type } = column;
  if (family !== 'number' && family !== 'boolean') return { problem: `${name} is ${type}, which has no histogram` };
  const value = asNumber(column);
  const first = anyNumber(edges[0] ?? 0);
  const last = anyNumber(edges.at(-1) ?? 0);
  const bins = edges
    .slice(1)
    .map((edge, index) =>
      scan.countOf(
        `${where} AND ${value} >= ${anyNumber(edges[index] ?? 0)} AND ${value} ${index === edges.length - 2 ? '<=' : '<'} ${anyNumber(edge)}`,
      ),
    );
  const below = scan.countOf(`${where} AND ${value} < ${first}`);
  const above = scan.countOf(`${where} AND ${value} > ${last}`);
  const known = scan.countOf(`${where} AND ${column.sql} IS NOT NULL`);
  return (row) => ({ bins: bins.map((read) => read(row)), below: below(row), above: above(row), nonNull: known(row) });
}
