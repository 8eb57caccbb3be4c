/** Two versions beside each other. */
import { expect, it } from 'vitest';
import { type ComparedVersion, comparisonOf } from '#cli/verbs/model/compare-versions.ts';
import { namedVersion } from '#cli/verbs/model/named-version.ts';

const version = (name: string, more: Partial<ComparedVersion> = {}): ComparedVersion => ({
  ...{ name, figures: { roc_auc: 0.7 }, holdout: 'md5:h', params: { rate: '0.1' }, made: { data: 'md5:d' } },
  ...more,
});

it('holds figures beside each other, and names what differs', () => {
  const other = version('m@5', {
    figures: { roc_auc: 0.75, f1: 0.5 },
    params: { rate: '0.2', depth: '3' },
    made: { data: 'md5:d', run: 'run/m/5' },
  });
  expect(comparisonOf(version('m@4'), other)).toEqual({
    ...{ version: 'm@4', other: 'm@5', sameRows: true },
    figures: [
      { name: 'f1', version: null, other: 0.5, difference: null },
      { name: 'roc_auc', version: 0.7, other: 0.75, difference: expect.closeTo(0.05) },
    ],
    params: [
      { name: 'rate', version: '0.1', other: '0.2' },
      { name: 'depth', version: null, other: '3' },
    ],
    made: [{ name: 'run', version: null, other: 'run/m/5' }],
  });
});

it('knows rows as the same only where both are known', () => {
  const of = (holdout: string | null) => comparisonOf(version('a', { holdout }), version('b', { holdout })).sameRows;
  expect([of('md5:h'), of(null)]).toEqual([true, false]);
  expect(comparisonOf(version('a'), version('b', { holdout: 'md5:other' })).sameRows).toBe(false);
});

it.each(['flights', 'flights@', '@3', 'flights@champion', 'flights@1.5', ''])('%j names no version', (text) => {
  expect(() => namedVersion(text)).toThrow(/names no version: write NAME@NUMBER/);
});
it('a version is named by number, whatever the model is called', () => {
  expect(namedVersion('a@b@12')).toEqual({ model: 'a@b', version: '12' });
});
