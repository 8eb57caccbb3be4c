/** Conditions on the figures of a quality report: `missing<=0.1`, `mean[price]~0.1`, `rows>=0.9x`. */
import { UserError } from '#contracts/failures.ts';
import type { DatasetSummary, QualityReport, QualityTest } from '#contracts/quality.ts';
import type { Figure } from '#contracts/trigger.ts';

export interface Condition {
  /** A figure of the dataset, of a column or of the predictions. */
  readonly figure: string;
  /** Null: the dataset, or for a figure that only columns have, every column. */
  readonly column: string | null;
  readonly is: '<=' | '>=' | '<' | '>' | '=' | '~';
  readonly limit: number;
  /** `limit` times the reference's figure; `~` is always so: at most this share away from it. */
  readonly relative: boolean;
}
type Measured = Pick<QualityReport, 'current' | 'reference' | 'columns' | 'performance'>;

const ofDataset: Record<string, (side: DatasetSummary) => number> = {
  rows: ({ rows }) => rows,
  columns: ({ columns }) => columns,
  duplicates: ({ duplicateRows, rows }) => duplicateRows / Math.max(1, rows),
  duplicate_rows: ({ duplicateRows }) => duplicateRows,
  duplicate_columns: ({ duplicateColumns }) =>
    duplicateColumns.reduce((sum, { length }) => sum + (length * (length - 1)) / 2, 0),
  empty_rows: ({ emptyRows }) => emptyRows,
  empty_columns: ({ emptyColumns }) => emptyColumns.length,
  constant: ({ constantColumns }) => constantColumns.length,
  almost_constant: ({ almostConstantColumns }) => almostConstantColumns.length,
  missing_share: ({ missingShare }) => missingShare,
};
type Side = NonNullable<QualityReport['columns'][number]['current']>;
const ofNumbers = [
  'min',
  'max',
  'mean',
  'std',
  'q05',
  'q25',
  'q50',
  'q75',
  'q95',
  'zeros',
  'negatives',
  'infinite',
] as const;
const ofColumn: Record<string, (side: Side) => Figure | null> = {
  missing: ({ missingShare }) => missingShare,
  distinct: ({ distinct }) => distinct,
  ...Object.fromEntries(ofNumbers.map((name) => [name, (side: Side) => side.numbers?.[name] ?? null])),
};

/**
 * `figure[column] sign number`, the number followed by `x` for a multiple of the reference's figure. The word
 * `defaults` is Evidently's default set of tests: without a reference that nothing is missing, doubled, empty or
 * constant; with one that these figures and the means stay within 10 % of it.
 * @throws UserError InvalidInput for text that is no condition
 */
export function readConditions(text: string, compared: boolean): Condition[] {
  if (text.trim() === 'defaults') return defaults(compared);
  const found = /^\s*([a-z0-9_]+)\s*(?:\[([\s\S]+)\])?\s*(<=|>=|<|>|=|~)\s*(-?[0-9.]+(?:e-?\d+)?)\s*(x?)\s*$/i.exec(
    text,
  );
  const limit = Number(found?.[4]);
  if (!found || Number.isNaN(limit))
    throw new UserError(
      'InvalidInput',
      `"${text}" is no condition: write a figure, a sign (<= >= < > = ~) and a number, for example missing<=0.1, mean[price]~0.1 (within 10 % of the reference), rows>=0.9x (0.9 times the reference's) or defaults`,
    );
  const [, figure = '', column, is] = found;
  return [
    { figure, column: column ?? null, is: is as Condition['is'], limit, relative: found[5] !== '' || is === '~' },
  ];
}

function defaults(compared: boolean): Condition[] {
  const relative = compared;
  const near = (figure: string): Condition => ({ figure, column: null, is: '~', limit: 0.1, relative });
  if (compared)
    return [
      ...['rows', 'duplicate_rows', 'duplicate_columns', 'empty_rows', 'empty_columns', 'constant', 'missing'].map(
        near,
      ),
      { ...near('columns'), limit: 0 },
      ...['mean', 'std', 'q50'].map(near),
    ];
  const none = (figure: string): Condition => ({ figure, column: null, is: '<=', limit: 0, relative: false });
  return [
    { figure: 'rows', column: null, is: '>', limit: 0, relative: false },
    ...[
      'missing',
      'duplicate_rows',
      'duplicate_columns',
      'empty_rows',
      'empty_columns',
      'constant',
      'almost_constant',
    ].map(none),
  ];
}

/**
 * One test for each condition, or for each column where it names none. Figures that a column does not have (a mean of
 * texts) are not tested unless the condition names the column.
 * @throws UserError InvalidInput for a figure, a column or a reference that is not there
 */
export function judge(report: Measured, conditions: readonly Condition[]): QualityTest[] {
  return conditions.flatMap((condition) => {
    if (condition.relative && !report.reference)
      throw new UserError('InvalidInput', `${words(condition)} compares with a reference: give --reference`);
    const { figure } = condition;
    if (figure in ofDataset && condition.column === null) {
      const of = ofDataset[figure] as (side: DatasetSummary) => number;
      return [test(condition, null, of(report.current), report.reference && of(report.reference))];
    }
    if (figure in ofColumn) return ofColumns(report, condition);
    const { performance } = report;
    if (performance && figure in performance.current.metrics)
      return [
        test(
          condition,
          null,
          performance.current.metrics[figure] ?? null,
          performance.reference?.metrics[figure] ?? null,
        ),
      ];
    throw new UserError(
      'InvalidInput',
      `"${figure}" is no figure of this report; of the dataset: ${Object.keys(ofDataset).join(', ')}; of columns: ${Object.keys(ofColumn).join(', ')}${performance ? `; of the predictions: ${Object.keys(performance.current.metrics).join(', ')}` : '; those of predictions need --target and --prediction'}`,
    );
  });
}

/** Names in one note. */
const NAMED = 20;

/** Columns that conditions about every column found nothing to test in, in words; none where there are none. */
export function untestedNotes({ columns, reference }: Measured, conditions: readonly Condition[]): string[] {
  const byFigures = new Map<string, string[]>();
  for (const { name, type, current, reference: before } of columns) {
    const figures = conditions.filter(({ figure, column, relative }) => {
      const of = Object.hasOwn(ofColumn, figure) && column === null ? ofColumn[figure] : undefined;
      return (
        of && (!current || of(current) === null || (relative && reference !== null && (!before || of(before) === null)))
      );
    });
    if (figures.length === 0) continue;
    const why = !current
      ? 'only in the reference'
      : reference && !before
        ? 'not in the reference'
        : current.missingShare === 1
          ? 'without a value'
          : before?.missingShare === 1
            ? 'without a value in the reference'
            : type;
    const key = [...new Set(figures.map(({ figure }) => figure))].join(', ');
    byFigures.set(key, [...(byFigures.get(key) ?? []), `${name} (${why})`]);
  }
  return [...byFigures].map(([figures, names]) => {
    const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
    return `not tested: ${figures} of ${names.slice(0, NAMED).join(', ')}${more}`;
  });
}

function ofColumns({ columns, reference }: Measured, condition: Condition): QualityTest[] {
  const of = ofColumn[condition.figure] as (side: Side) => Figure | null;
  const named = condition.column;
  const chosen = columns.filter(({ name }) => named === null || name === named);
  if (named !== null && chosen.length === 0)
    throw new UserError(
      'InvalidInput',
      `${words(condition)}: there is no column ${named}; there are ${columns
        .map(({ name }) => name)
        .slice(0, 30)
        .join(', ')}`,
    );
  return chosen.flatMap((column) => {
    const value = column.current && of(column.current);
    const before = column.reference && of(column.reference);
    // Without a name: only where there is something to compare.
    if (named === null && (value === null || (condition.relative && reference !== null && before === null))) return [];
    return [test(condition, column.name, value, before)];
  });
}

function test(
  condition: Condition,
  column: string | null,
  value: Figure | null,
  reference: Figure | null,
): QualityTest {
  const number = value === null ? Number.NaN : Number(value);
  const before = reference === null ? Number.NaN : Number(reference);
  return {
    name: condition.figure,
    column,
    condition: condition.relative
      ? `${wanted(condition)} (${Number.isNaN(before) ? 'not there' : short(before)})`
      : wanted(condition),
    value,
    passed: holds(condition, number, before),
  };
}

function holds({ is, limit, relative }: Condition, value: number, reference: number): boolean {
  if (is === '~') return Math.abs(value - reference) <= Math.abs(reference) * limit * (1 + 1e-12);
  const bound = relative ? limit * reference : limit;
  if (is === '<=') return value <= bound;
  if (is === '>=') return value >= bound;
  if (is === '<') return value < bound;
  return is === '>' ? value > bound : value === bound;
}

const signs = { '<=': '≤', '>=': '≥', '<': '<', '>': '>', '=': '=', '~': '≈' } as const;
const short = (value: number): string => String(Number(value.toPrecision(4)));
const wanted = ({ is, limit, relative }: Condition): string =>
  is === '~'
    ? `within ${short(limit * 100)} % of the reference`
    : `${signs[is]} ${relative ? `${limit} × the reference` : limit}`;
const words = (condition: Condition): string =>
  `${condition.figure}${condition.column === null ? '' : `[${condition.column}]`} ${wanted(condition)}`;
