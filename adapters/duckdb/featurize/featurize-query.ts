/** The one query of a featurization: base rows, joins, expressions, filter, each a step on the one before. */

import { UserError } from '#contracts/failures.ts';
import type { FeaturizeRequest } from '#ports/tables.ts';
import { plain } from '../errors.ts';
import type { Session } from '../host/session.ts';
import { readParquet } from '../reading/parquet/footers.ts';
import { identifier, time } from '../sql.ts';
import { asTime } from '../timestamp.ts';
import { columnsOf } from './described.ts';
import { bracketed, parseExpressions } from './expression.ts';
import { ROW, TIME } from './internal-columns.ts';
import { joinOf, keptHits } from './join.ts';

/** A step that a user's expression makes. */
interface Step {
  readonly name: string;
  readonly expression: string;
  /** The query up to it. */
  readonly query: string;
}

/**
 * The rows to split, sorted by time, ties by their place in the file; the selected columns and ours.
 * @throws UserError InvalidInput for an expression that does not parse or does not fit the columns
 */
export async function queryOf(session: Session, request: FeaturizeRequest): Promise<string> {
  const expressions = [
    ...request.derive.map(({ column, text }) => ({ name: `derive.${column}`, text })),
    ...(request.where === null ? [] : [{ name: 'where', text: request.where }]),
  ];
  const facts = await parseExpressions(session, expressions, request.time);
  const windows = facts.some((each) => each.windows);

  // Not materialized: so that a filter or a selection reaches the scan through all the steps.
  const steps = [`base AS NOT MATERIALIZED (${baseOf(request, windows)})`];
  let last = 'base';
  const add = (name: string, sql: string) => {
    steps.push(`${name} AS NOT MATERIALIZED (${sql})`);
    last = name;
  };
  const query = (body: string) => `WITH ${steps.join(',\n')} ${body}`;
  const checks: Step[] = [];

  for (const [index, view] of request.views.entries()) {
    const columns = await columnsOf(session, readParquet([view.file]));
    const here = await columnsOf(session, `(${query(`SELECT * FROM ${last}`)})`);
    const { right, joined } = joinOf(view, index, last, columns, here);
    steps.push(`view_${index} AS NOT MATERIALIZED (${right})`);
    add(`joined_${index}`, joined);
  }
  for (const [index, { column, text: expression }] of request.derive.entries()) {
    add(`derived_${index}`, `SELECT *, ${bracketed(expression)} AS ${identifier(column)} FROM ${last}`);
    checks.push({ name: `derive.${column}`, expression, query: query(`SELECT * FROM ${last}`) });
  }
  if (request.where !== null) {
    add('kept', `SELECT * FROM ${last} WHERE ${bracketed(request.where)}`);
    checks.push({ name: 'where', expression: request.where, query: query(`SELECT * FROM ${last}`) });
  }
  await bind(session, checks);
  const ours = [TIME, ROW, ...request.views.map((_, index) => keptHits(index))];
  return query(
    `SELECT ${[...request.select.map(identifier), ...ours].join(', ')} FROM ${last} ORDER BY ${TIME} NULLS LAST, ${ROW}`,
  );
}

/** Names and types, checked at the last step; when they are wrong, step by step, so that the error says which one it is. */
async function bind(session: Session, checks: readonly Step[]): Promise<void> {
  const whole = checks.at(-1);
  if (!whole) return;
  const problem = ({ query }: Step) =>
    session.rows(`DESCRIBE ${query}`).then(
      () => null,
      (error: Error) => error,
    );
  if ((await problem(whole)) === null) return;
  for (const step of checks) {
    const error = await problem(step);
    if (error)
      throw new UserError(
        'InvalidInput',
        `${step.name}: "${step.expression}" does not fit the data: ${plain(error.message)}`,
        { cause: error },
      );
  }
}

/** @param windows expressions look at other rows, so that all rows must be there */
function baseOf(request: FeaturizeRequest, windows: boolean): string {
  const columns = request.columns.map(({ name }) => identifier(name));
  const limit =
    request.split.by === 'time' && !windows
      ? `WHERE ${TIME} IS NULL OR (${within(request.split.train)}) OR (${within(request.split.holdout)})`
      : '';
  return `SELECT * FROM (SELECT ${[...columns, `file_row_number AS ${ROW}`, `${timeOf(request)} AS ${TIME}`].join(', ')} FROM ${readParquet([request.file], ', file_row_number = true')}) ${limit}`;
}

/** SQL of a row's time; null without a time column. */
export function timeOf(request: FeaturizeRequest): string {
  const column = request.columns.find(({ name }) => name.toLowerCase() === request.time?.toLowerCase());
  return column ? asTime(identifier(column.name), column.type) : 'NULL::TIMESTAMP';
}

export function within(range: { from: number; to: number }): string {
  return `${TIME} >= ${time(range.from)} AND ${TIME} < ${time(range.to)}`;
}
