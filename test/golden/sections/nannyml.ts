/** Estimated and realized performance beside NannyML 0.13.1. */
import { type Agreement, disagreements } from '../nannyml/agreement.ts';
import { comparePerformance, performanceCases } from '../nannyml/performance.ts';
import { compareRegression } from '../nannyml/regression.ts';
import type { GoldenRow, GoldenSection } from './section.ts';

export const section: GoldenSection = {
  title: 'NannyML: CBPE, DLE, realized performance',
  rows: async () => {
    const found: Agreement[] = [];
    for (const one of performanceCases) found.push(...(await comparePerformance(one)));
    // Rows of 10 MB and a model in Python: only where the wheel's data are.
    const data = process.env.RATCHET_NANNYML_DATA;
    if (data) found.push(...(await compareRegression(data)));
    const lines = grouped(found, (one) => `${one.case}: ${quantity(one.what)}, ${one.tolerance}`);
    return [...lines.values()].map(rowOf);
  },
};

/** Metrics share a line. */
const quantity = (what: string): string =>
  /^\w+ (estimated|realized|limits|sampling error|band|alerts)$/.exec(what)?.[1] ?? what;

function rowOf(all: readonly Agreement[]): GoldenRow {
  const [first] = all as readonly [Agreement, ...Agreement[]]; // a group has a member
  const what = quantity(first.what);
  return {
    name: `${first.case}: ${what}`,
    cases: all.reduce((sum, { compared }) => sum + compared, 0),
    largest: what === 'alerts' ? null : Math.max(...all.map(({ largest }) => largest)),
    tolerance: what === 'alerts' ? 'equal' : `rel ${Number(first.tolerance.toPrecision(2))}`,
    beyond: disagreements(all).map((one) => `${one.what} by ${one.largest}`),
  };
}

function grouped<T>(all: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups;
}
