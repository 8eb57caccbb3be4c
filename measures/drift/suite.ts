/** A test suite over what was measured: Evidently's own tests first, then the asked ones. */
import { figure } from '#contracts/data.ts';
import type { DriftResult, DriftTest, DriftTestResult } from '#contracts/drift.ts';

type Measured = Omit<DriftResult, 'tests'>;
type Condition = Exclude<DriftTest, { of: 'column_drift' }>;
type Comparison = 'lt' | 'lte' | 'gt' | 'gte' | 'eq';

export function testSuite(measured: Measured, tests: readonly DriftTest[]): DriftTestResult[] {
  const columns = new Set(Object.keys(measured.columns));
  for (const test of tests) if (test.of === 'column_drift') columns.add(test.column);
  return [
    {
      name: `Share of Drifted Columns: Less ${measured.share_threshold.toFixed(3)}`,
      status: measured.dataset_drift ? 'FAIL' : 'SUCCESS',
      column: null,
      observed: measured.share,
      description: `${measured.drifted} of ${measured.tested} columns drifted; a share below ${measured.share_threshold} is wanted`,
    },
    ...[...columns].map((column) => columnDrift(measured, column)),
    ...tests.flatMap((test) => (test.of === 'column_drift' ? [] : [condition(measured, test)])),
  ];
}

function columnDrift(measured: Measured, column: string): DriftTestResult {
  const name = `Value Drift for column ${column}`;
  const found = Object.hasOwn(measured.columns, column) ? measured.columns[column] : undefined;
  if (!found) {
    const reason = measured.untested.find((each) => each.column === column)?.reason ?? 'there is no such column';
    return { name, status: 'ERROR', column, observed: null, description: `not tested: ${reason}` };
  }
  const { value, threshold, method, drifted, measures } = found;
  const shown = typeof value === 'number' ? value.toPrecision(3) : value;
  const [what, limit] = measures === 'p_value' ? ['p', 'below'] : ['distance', 'from'];
  return {
    name,
    status: drifted ? 'FAIL' : 'SUCCESS',
    column,
    observed: value,
    description: `${method}: ${what} is ${shown}; ${limit} ${threshold} it counts as drift`,
  };
}

const comparisons: Record<Comparison, { words: string; holds(value: number, limit: number): boolean }> = {
  lt: { words: 'less than', holds: (value, limit) => value < limit },
  lte: { words: 'at most', holds: (value, limit) => value <= limit },
  gt: { words: 'more than', holds: (value, limit) => value > limit },
  gte: { words: 'at least', holds: (value, limit) => value >= limit },
  eq: { words: 'equal to', holds: (value, limit) => value === limit },
};

function condition(measured: Measured, test: Condition): DriftTestResult {
  const column = 'column' in test ? test.column : null;
  const name = column === null ? test.of : `${test.of} of column ${column}`;
  const pair = pairOf(measured, test);
  if (!pair) {
    const description = `${test.of} is not known of ${column}: it was not tested, or has no such figure`;
    return { name, status: 'ERROR', column, observed: null, description };
  }
  const wanted = (Object.keys(comparisons) as Comparison[]).flatMap((key) => {
    const bound = test[key];
    return bound === undefined ? [] : [{ key, bound }];
  });
  const broken = wanted.filter(({ key, bound }) => !holds(key, bound, pair));
  return {
    name,
    status: broken.length === 0 ? 'SUCCESS' : 'FAIL',
    column,
    observed: figure(pair.current),
    description: `${pair.current} (reference: ${pair.reference})${broken.length > 0 ? `; wanted: ${broken.map(({ key, bound }) => inWords(key, bound)).join(', ')}` : ''}`,
  };
}

type Bound = number | { relative: number } | { absolute: number };
interface Pair {
  reference: number;
  current: number;
}

/** A bound relative to the reference gives `eq` a tolerance, and moves the limits of the others away from it. */
function holds(key: Comparison, bound: Bound, { reference, current }: Pair): boolean {
  if (typeof bound === 'number') return comparisons[key].holds(current, bound);
  const room = 'relative' in bound ? Math.abs(reference) * bound.relative : bound.absolute;
  if (key === 'eq') return Math.abs(current - reference) <= room;
  return comparisons[key].holds(current, key.startsWith('l') ? reference + room : reference - room);
}

function inWords(key: Comparison, bound: Bound): string {
  if (typeof bound === 'number') return `${comparisons[key].words} ${bound}`;
  const room = 'relative' in bound ? `${bound.relative * 100} %` : String(bound.absolute);
  if (key === 'eq') return `within ${room} of the reference`;
  return `${comparisons[key].words} the reference ${key.startsWith('l') ? 'plus' : 'minus'} ${room}`;
}

function pairOf(measured: Measured, test: Condition): Pair | null {
  if (!('column' in test)) {
    if (test.of === 'rows') return measured.rows;
    return { reference: 0, current: test.of === 'drifted_columns' ? measured.drifted : measured.share };
  }
  const found = Object.hasOwn(measured.columns, test.column) ? measured.columns[test.column] : undefined;
  if (!found) return null;
  const of = (side: 'reference' | 'current'): number | null => {
    const { nulls, rows, distinct, mean, std, min, max } = found[side];
    return { missing: nulls, missing_share: rows === 0 ? 0 : nulls / rows, distinct, mean, std, min, max }[test.of];
  };
  const [reference, current] = [of('reference'), of('current')];
  return reference === null || current === null ? null : { reference, current };
}
