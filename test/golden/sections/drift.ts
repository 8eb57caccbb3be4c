/** Drift beside Evidently: the value and the decision of every method on every column of every case. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { measureDriftHere } from '#measures/drift/measure.ts';
import type { OpenTable } from '#ports/tables.ts';
import type { DriftStatistic } from '#measures/statistics/drift/method.ts';
import { driftStatistic } from '#measures/statistics/drift/registry.ts';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { type DriftColumn, DriftMethod, type DriftOptions } from '#contracts/drift.ts';
import type { GoldenRow, GoldenSection } from './section.ts';

const driftStatistics = new Map<string, DriftStatistic>(
  await Promise.all(DriftMethod.options.map(async (name) => [name, await driftStatistic(name)] as const)),
);

interface Expected {
  value?: number | string | null;
  error?: string;
  drifted?: boolean;
}
interface Case {
  readonly folder: string;
  readonly name: string;
  /** Column → kind it is given; empty: inferred. */
  readonly kinds: ReadonlyMap<string, 'numerical' | 'categorical'>;
  readonly preset: ReadonlyMap<string, Expected & { readonly title: string }>;
  readonly explicit: readonly { column: string; kind: 'numerical' | 'categorical'; method: DriftMethod; expected: Expected }[];
}

class Tally {
  readonly beyond: string[] = [];
  cases = 0;
  largest = 0;
  excused = 0;
  why = '';
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/**
 * Relative 1e-8. cramer_von_mises: Evidently forms its tail as 1 − cdf, which loses what is below 1e-15 (and takes the
 * Bessel function to 13 digits). TVD: a permutation test, whose ties fall by the last bit of a sum.
 */
function toleranceOf(method: string): { words: string; within(ours: number, theirs: number): boolean; size(ours: number, theirs: number): number } {
  const relative = (ours: number, theirs: number) =>
    Object.is(ours, theirs) || ours === theirs ? 0 : Math.abs(ours - theirs) / Math.max(Math.abs(theirs), Number.MIN_VALUE);
  const absolute = (ours: number, theirs: number) => Math.abs(ours - theirs);
  if (method === 'TVD') return { words: 'abs 0.02', within: (a, b) => absolute(a, b) <= 0.02, size: absolute };
  const floor = method === 'cramer_von_mises' ? 1e-14 : method === 'z' ? 4e-16 : 1e-15;
  const words = `rel 1e-8, or abs ${floor}`;
  const within = (a: number, b: number) => {
    const tail = b < 1e-12 && driftStatistics.get(method)?.measures === 'p_value';
    return absolute(a, b) <= floor ? true : relative(a, b) <= (tail ? 1e-5 : 1e-8);
  };
  return { words, within, size: (a, b) => (absolute(a, b) <= floor ? 0 : relative(a, b)) };
}

const numberOf = (value: number | string | null | undefined): number => (value === null || value === undefined ? Number.NaN : Number(value));

/** Where Evidently is wrong or rounds; docs/evidently.md has the proofs. */
function excuse(method: string, found: DriftColumn, expected: Expected): string | null {
  const [ours, theirs] = [numberOf(found.value), numberOf(expected.value)];
  const apart = Math.abs(ours - theirs);
  const { reference, current } = found;
  if (['chisquare', 'g_test'].includes(method) && ours === 1 && (Number.isNaN(theirs) || theirs === 0))
    return 'one category: p is 1';
  const small = [reference, current].every(({ rows, nulls, infinite }) => rows - nulls - infinite <= 20);
  if (method === 'cramer_von_mises' && small && apart > 0 && apart <= 1e-6 * theirs) return 'counts in 32-bit floats';
  const far = Math.abs(reference.mean ?? 0) > 1e7 * (reference.std ?? 1);
  if (method === 't_test' && far && apart <= 1e-5 * theirs) return 'mean 1e9, spread 1: rounding';
  if (method === 'TVD' && apart > 0.02 && ours > theirs && apart <= 0.1) return 'ties by the last bit';
  return null;
}

function judge(tally: Tally, label: string, method: string, found: DriftColumn | undefined, reason: string | undefined, expected: Expected): void {
  tally.cases++;
  if (expected.error) {
    // We may answer where Evidently gives up; saying that there is no answer is right, too.
    return;
  }
  if (!found) {
    tally.beyond.push(`${label}: not tested (${reason ?? 'no such column'}), Evidently: ${expected.value}`);
    return;
  }
  const [ours, theirs] = [numberOf(found.value), numberOf(expected.value)];
  const tolerance = toleranceOf(method);
  const equal = (Number.isNaN(ours) && Number.isNaN(theirs)) || tolerance.within(ours, theirs);
  const why = equal ? null : excuse(method, found, expected);
  if (why) {
    tally.excused++;
    tally.why = why;
    // A p-value that is 0 for want of degrees of freedom also decided.
    if (method === 'chisquare' || method === 'g_test') return;
  }
  if (found.drifted !== expected.drifted)
    tally.beyond.push(`${label}: we say ${found.drifted ? 'drifted' : 'not drifted'} at ${ours}, Evidently ${theirs}`);
  if (equal && !Number.isNaN(ours)) tally.largest = Math.max(tally.largest, tolerance.size(ours, theirs));
  if (!equal && !why) tally.beyond.push(`${label}: ${ours}, Evidently ${theirs}`);
}

async function compare(each: Case, open: OpenTable, tallies: Map<string, Tally>): Promise<void> {
  const tally = (name: string): Tally => {
    const found = tallies.get(name) ?? new Tally(name);
    tallies.set(name, found);
    return found;
  };
  const file = (side: string) => fileURLToPath(new URL(`../${each.folder}/${each.name}.${side}.parquet`, import.meta.url));
  const measure = (options: DriftOptions) =>
    measureDriftHere({ reference: { files: [file('reference')] }, current: { files: [file('current')] }, options }, null, open);
  const reasonOf = (result: Awaited<ReturnType<typeof measure>>, column: string) =>
    result.untested.find((one) => one.column === column)?.reason;

  const preset = await measure({
    columns: [...each.preset.keys()],
    methods: Object.fromEntries([...each.kinds].map(([column, kind]) => [column, { kind }])),
  });
  for (const [column, expected] of each.preset) {
    const found = preset.columns[column];
    const chosen = found && driftStatistics.get(found.method);
    judge(tally('chosen by default'), `${each.name}.${column}`, found?.method ?? '', found, reasonOf(preset, column), expected);
    if (!expected.error && chosen && chosen.title !== expected.title)
      tally('chosen by default').beyond.push(`${each.name}.${column}: we chose ${chosen.title}, Evidently ${expected.title}`);
  }
  const methods = [...new Set(each.explicit.map(({ method }) => method))];
  for (const method of methods) {
    const wanted = each.explicit.filter((one) => one.method === method);
    const result = await measure({
      columns: wanted.map(({ column }) => column),
      methods: Object.fromEntries(wanted.map(({ column, kind }) => [column, { kind, method }])),
    });
    for (const { column, expected } of wanted)
      judge(tally(method), `${each.name}.${column}`, method, result.columns[column], reasonOf(result, column), expected);
  }
}

function read(folder: string) {
  return JSON.parse(readFileSync(new URL(`../${folder}/golden.json`, import.meta.url), 'utf8'));
}

/** The set whose types are given. */
function givenCases(): Case[] {
  interface Raw {
    numerical: string[];
    categorical: string[];
    preset: Record<string, { method: string; value: number | null }>;
    tests: { name: string; status: string }[];
    explicit: Record<string, Record<string, Expected>>;
  }
  return Object.entries(read('drift').cases as Record<string, Raw>).map(([name, raw]) => {
    const kinds = new Map([
      ...raw.numerical.map((column) => [column, 'numerical'] as const),
      ...raw.categorical.map((column) => [column, 'categorical'] as const),
    ]);
    const status = new Map(raw.tests.map((test) => [test.name, test.status]));
    return {
      folder: 'drift',
      name,
      kinds,
      preset: new Map(
        Object.entries(raw.preset).map(([column, { method, value }]) => [
          column,
          { title: method, value, drifted: status.get(`Value Drift for column ${column}`) === 'FAIL' },
        ]),
      ),
      explicit: Object.entries(raw.explicit).flatMap(([column, tests]) =>
        Object.entries(tests).map(([method, expected]) => ({
          column,
          kind: kinds.get(column)!,
          method: method as DriftMethod,
          expected,
        })),
      ),
    };
  });
}

/** The set whose types Evidently inferred. */
function inferredCases(): Case[] {
  interface Raw {
    preset: Record<string, Expected & { title: string }>;
    explicit: Record<string, { kind: 'num' | 'cat'; methods: Record<string, Expected> }>;
  }
  return Object.entries(read('drift-more').cases as Record<string, Raw>).map(([name, raw]) => ({
    folder: 'drift-more',
    name,
    kinds: new Map(),
    preset: new Map(Object.entries(raw.preset)),
    explicit: Object.entries(raw.explicit).flatMap(([column, { kind, methods }]) =>
      Object.entries(methods).map(([method, expected]) => ({
        column,
        kind: kind === 'num' ? ('numerical' as const) : ('categorical' as const),
        method: method as DriftMethod,
        expected,
      })),
    ),
  }));
}

export const section: GoldenSection = {
  title: 'Drift beside Evidently 0.7.23',
  rows: async () => {
    const tallies = new Map<string, Tally>();
    const tables = createTablesInProcess();
    try {
      for (const each of [...givenCases(), ...inferredCases()]) {
        const files = ['reference', 'current'].map((side) =>
          fileURLToPath(new URL(`../${each.folder}/${each.name}.${side}.parquet`, import.meta.url)),
        );
        await tables.scanning(files, (open) => compare(each, open, tallies), new AbortController().signal);
      }
    } finally {
      await tables.close();
    }
    return [...tallies.values()].map(
      (tally): GoldenRow => ({
        name: tally.name,
        cases: tally.cases,
        largest: tally.largest,
        tolerance: tally.name === 'chosen by default' ? 'rel 1e-8' : toleranceOf(tally.name).words,
        beyond: tally.beyond,
        excused: tally.excused > 0 ? { cases: tally.excused, why: `${tally.why}; docs/evidently.md` } : undefined,
      }),
    );
  },
};
