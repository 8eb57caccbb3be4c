/** What everyone checks: expectations over the columns of bench tables (drift/tables.ts), which all hold. */
import { writeFileSync } from 'node:fs';
import { expect } from '#pipelines/expect.ts';

const texts = (count: number) => Array.from({ length: count }, (_, i) => `c${i}`);

export const expectations = [
  expect.column('n0').notNull(),
  expect.column('n1').between(-10, 10, { mostly: 0.99 }),
  expect.column('i14').between(0, 300),
  expect.column('s17').oneOf(texts(20)),
  expect.column('s18').matches('^c\\d+$'),
  expect.column('s18').length({ min: 2, max: 4 }),
  expect.column('n2').mean({ min: -1, max: 1 }),
  expect.column('n3').max({ min: 0, max: 20 }),
  expect.column('n5').stdev({ min: 0.5, max: 2 }),
  expect.column('s19').distinctCount({ min: 1, max: 100 }),
];

/** As Great Expectations' JSON, which both of us read. */
export function writeSuite(path: string): void {
  const list = expectations.map(({ type, kwargs }) => ({ type, kwargs, meta: {}, severity: 'critical' }));
  writeFileSync(path, JSON.stringify({ name: 'bench', expectations: list, meta: {}, notes: null }));
}
