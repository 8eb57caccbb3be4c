import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SeenIds } from '../../../workflows/seen-ids.ts';

test('an id is new once, also across a start over, as long as it is among the newest', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1, maxLength: 30 }), { maxLength: 200 }), fc.nat(199), (ids, cut) => {
      const known = new Set<string>();
      let seen = new SeenIds('');
      for (const [index, id] of ids.entries()) {
        if (index === cut) seen = new SeenIds(seen.carried());
        expect(seen.add(id)).toBe(!known.has(id));
        known.add(id);
      }
    }),
  );
});

test('the oldest are forgotten, and what goes along stays small', () => {
  const seen = new SeenIds('');
  for (let n = 0; n < 10_000; n++) expect(seen.add(`https://example.org/events/${n}`)).toBe(true);
  expect(seen.carried().length).toBe(2_048 * 9);
  expect(seen.add('https://example.org/events/9999')).toBe(false);
  expect(seen.add('https://example.org/events/0')).toBe(true);
});

test('ids of others are remembered apart: none of them makes one of ours known', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ minLength: 1, maxLength: 30 }), { maxLength: 50 }), (ids) => {
      const seen = new SeenIds('');
      for (const id of ids) expect(seen.add(id, true)).toBe(true);
      for (const id of ids) expect(new SeenIds(seen.carried()).add(id, true)).toBe(false);
      // The very same text has the very same hash.
      for (const id of ids) expect(seen.add(id)).toBe(true);
      for (const id of ids) seen.delete(id);
      expect(seen.carried()).toBe('');
    }),
  );
});
