/** Conditions on rows as SQL that is true or false, never null. */
import type { Operand, RowCondition } from '#expectations/condition.ts';
import { literalOf } from './literal.ts';
import type { MeasuredColumn, MeasuredTable } from './measured-table.ts';

export type Sql = { readonly sql: string } | { readonly problem: string };

const signs = { '==': '=', '!=': '<>', '<': '<', '<=': '<=', '>': '>', '>=': '>=' } as const;

export function rowConditionSql(condition: RowCondition | undefined, table: MeasuredTable): Sql {
  if (!condition) return { sql: 'true' };
  if (condition.kind === 'and' || condition.kind === 'or') {
    const parts: string[] = [];
    for (const each of condition.all) {
      const part = rowConditionSql(each, table);
      if ('problem' in part) return part;
      parts.push(part.sql);
    }
    return { sql: `(${parts.join(condition.kind === 'and' ? ' AND ' : ' OR ') || 'true'})` };
  }
  if (condition.kind === 'not') {
    const one = rowConditionSql(condition.one, table);
    return 'problem' in one ? one : { sql: `(NOT ${one.sql})` };
  }
  if (condition.kind === 'compare') return comparison(condition, table);
  const column = table.column(condition.column);
  if (!column) return missing(condition.column);
  if (condition.kind === 'null') return { sql: `(${column.sql} IS ${condition.not ? 'NOT ' : ''}NULL)` };
  const literals = condition.values.map((value) => literalOf(value, column)).filter((each) => each !== null);
  const member = literals.length === 0 ? 'false' : `coalesce(${column.sql} IN (${literals.join(', ')}), false)`;
  return { sql: condition.not ? `(NOT ${member})` : member };
}

const missing = (name: string) => ({ problem: `the row condition needs the column ${name}, which there is not` });

function comparison({ left, operator, right }: RowCondition & { kind: 'compare' }, table: MeasuredTable): Sql {
  const operands = [left, right].map((operand) => ('column' in operand ? table.column(operand.column) : null));
  for (const [index, operand] of [left, right].entries())
    if ('column' in operand && !operands[index]) return missing(operand.column);
  const [first, second] = operands;
  const column = first ?? second;
  const equality = operator === '==' || operator === '!=';
  // Nothing equals null, nor a value of another kind; and everything differs from both.
  const never = { sql: operator === '!=' ? 'true' : 'false' };
  if (!column) return { problem: 'the row condition compares two values: name a column' };
  const sides = [left, right].map((operand, index) => sideOf(operand, operands[index] ?? null, column));
  if (sides.includes(null) || (first && second && !comparable(first, second)))
    return equality
      ? never
      : { problem: `the row condition compares ${column.name} (${column.type}) with something of another kind` };
  return { sql: `coalesce(${sides[0]} ${signs[operator]} ${sides[1]}, ${operator === '!='})` };
}

function sideOf(operand: Operand, column: MeasuredColumn | null, other: MeasuredColumn): string | null {
  if (column) return asNumber(column);
  if (!('value' in operand)) return null;
  if (other.family === 'boolean' && typeof operand.value === 'number') return String(operand.value);
  const literal = literalOf(operand.value, other.family === 'number' ? { ...other, type: 'DOUBLE' } : other);
  return literal === null ? null : other.family === 'boolean' ? `${literal}::INT` : literal;
}

/** true is 1. */
export const asNumber = (column: MeasuredColumn) => (column.family === 'boolean' ? `${column.sql}::INT` : column.sql);

/** May values of these be compared with each other? */
export function comparable(a: MeasuredColumn, b: MeasuredColumn): boolean {
  const kind = ({ family, type }: MeasuredColumn) =>
    family === 'boolean' ? 'number' : family === 'other' ? type : family;
  return kind(a) === kind(b);
}
