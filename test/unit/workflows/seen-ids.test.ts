import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { SeenIds, type SeenKind } from '#workflows/loop/seen-ids.ts';

const kinds = ['dataArrived', 'metricObserved', 'fired', 'partition'] as const;
const text = fc.string({ minLength: 1, maxLength: 30 });
const anyId = fc.oneof(
  text,
  fc.tuple(fc.constantFrom('watch/', 'schedule/', 'ci:', 'team-a:'), text).map((two) => two.join('')),
);
const event = fc.tuple(fc.constantFrom<SeenKind>(...kinds), anyId);

test('an id of a kind is new once, also across starts over at any moment', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(event, fc.boolean()), { maxLength: 200 }), (events) => {
      const known = new Set<string>();
      let seen = new SeenIds('');
      for (const [[kind, id], startsOver] of events) {
        if (startsOver) seen = new SeenIds(seen.carried());
        expect(seen.has(kind, id)).toBe(known.has(`${kind} ${id}`));
        expect(seen.add(kind, id)).toBe(!known.has(`${kind} ${id}`));
        known.add(`${kind} ${id}`);
      }
      for (const [[kind, id]] of events) seen.delete(kind, id);
      expect(new SeenIds(seen.carried()).carried()).toBe('');
    }),
  );
});

describe('a flood', () => {
  const flooded = (kind: SeenKind, prefix: string) => {
    let seen = new SeenIds('');
    const quiet: [SeenKind, string][] = [
      ...Array.from({ length: 100 }, (_, n): [SeenKind, string] => ['metricObserved', `watch/metric/${n}`]),
      ...Array.from({ length: 100 }, (_, n): [SeenKind, string] => ['dataArrived', `watch/data/${n}`]),
      ...Array.from({ length: 100 }, (_, n): [SeenKind, string] => ['partition', `s3://b/${n}`]),
    ];
    for (const [of, id] of quiet) seen.add(of, id);
    for (let n = 0; n < 20_000; n++) {
      expect(seen.add(kind, `${prefix}${n}`)).toBe(true);
      if (n % 5_000 === 0) seen = new SeenIds(seen.carried());
    }
    return { seen, quiet };
  };

  it.each([
    ['dataArrived', 'token-7:'],
    ['codeChanged', ''],
    ['fired', 'schedule/'],
    ['no rows', ''],
  ] as const)('of %s by "%s" makes nothing else forgotten, and remembers its own newest', (kind, prefix) => {
    const { seen, quiet } = flooded(kind, prefix);
    for (const [of, id] of quiet) expect(seen.add(of, id)).toBe(false);
    for (let n = 20_000 - 3_000; n < 20_000; n++) expect(seen.add(kind, `${prefix}${n}`)).toBe(false);
    expect(seen.add(kind, `${prefix}0`)).toBe(true);
    expect(seen.carried().length).toBeLessThan(40_000);
  });

  it('of every kind by every sender leaves each some room', () => {
    let seen = new SeenIds('');
    const senders = ['watch/', 'schedule/', 'upstream/', ...Array.from({ length: 30 }, (_, n) => `token-${n}:`)];
    for (let n = 0; n < 300; n++)
      for (const kind of kinds) for (const sender of senders) seen.add(kind, `${sender}${n}`);
    seen = new SeenIds(seen.carried());
    for (const kind of kinds)
      for (const sender of senders) expect(seen.has(kind, `${sender}299`), `${kind} ${sender}`).toBe(true);
    expect(seen.carried().length).toBeLessThan(40_000);
  });
});

describe('a state of before, with one family for all', () => {
  const stateOfBefore = (ids: readonly [SeenKind, string, boolean][]) => {
    const seen = new SeenIds('');
    for (const [kind, id, byOthers] of ids) expect(seen.addAsBefore(kind, id, byOthers)).toBe(true);
    return seen.carried();
  };

  it('is read: what it remembers is known', () => {
    const ids: [SeenKind, string, boolean][] = [
      ['dataArrived', 'watch/1', false],
      ['metricObserved', 'token:1', true],
      ['partition', 's3://b/1', false],
      ['no rows', 's3://b/2', false],
    ];
    const carried = stateOfBefore(ids);
    // Written by a version of before, for these very ids.
    expect(carried).toBe('CLuxQvLUFlU4lwtacxT4oWViZQESinHFkzPy');
    let seen = new SeenIds(carried);
    for (const [kind, id] of ids) expect(seen.has(kind, id)).toBe(true);
    for (const [kind, id] of ids) expect(seen.add(kind, id)).toBe(false);
    seen.add('fired', 'schedule/1');
    seen = new SeenIds(seen.carried());
    for (const [kind, id] of [...ids, ['fired', 'schedule/1'] as const]) expect(seen.add(kind, id)).toBe(false);
  });

  it('makes room as any other: it does not stay for ever', () => {
    const ids = Array.from({ length: 2_048 }, (_, n): [SeenKind, string, boolean] => ['dataArrived', `old:${n}`, true]);
    const seen = new SeenIds(stateOfBefore(ids));
    for (let n = 0; n < 10_000; n++) seen.add('fired', `schedule/${n}`);
    expect(seen.has('dataArrived', 'old:0')).toBe(false);
    expect(seen.carried().length).toBeLessThan(40_000);
  });

  it('is the same while its own history is replayed: 2,048 of all kinds, ours and those of others apart', () => {
    const seen = new SeenIds('');
    for (let n = 0; n < 10_000; n++) expect(seen.addAsBefore('dataArrived', `e/${n}`, n % 2 === 0)).toBe(true);
    expect(seen.carried().length).toBe(2_048 * 9);
    expect(seen.addAsBefore('metricObserved', 'e/9998', true)).toBe(false);
    // The very same text has the very same hash.
    expect(seen.addAsBefore('dataArrived', 'e/9998')).toBe(true);
    expect(seen.addAsBefore('dataArrived', 'e/0', true)).toBe(true);
  });
});
