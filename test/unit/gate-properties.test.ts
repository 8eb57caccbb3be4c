/** What holds of every verdict, whatever was measured. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GateRules } from '#contracts/gate-rules.ts';
import { type Case, decide, slice } from './gate-evidence.ts';

const unit = fc.double({ min: 0, max: 1, noNaN: true });
const small = fc.double({ min: 0, max: 0.05, noNaN: true });
const order = { refused: 0, inconclusive: 1, passed: 2, 'needs-approval': 2 } as const;

const world = fc.record({
  ...{ candidate: unit, champion: unit, below: small, above: small },
  units: fc.integer({ min: 1, max: 40 }),
  both: fc.integer({ min: 0, max: 1_000 }),
  slices: fc.array(
    fc.record({ candidate: unit, champion: unit, error: small, units: fc.integer({ min: 1, max: 60 }) }),
    { maxLength: 5 },
  ),
});
type World = typeof world extends fc.Arbitrary<infer W> ? W : never;

/** Figures of a candidate that is better by `more` everywhere, as sure as before. */
function caseOf(drawn: World, more = 0): Case {
  const candidate = drawn.candidate + more;
  const difference = candidate - drawn.champion;
  return {
    ...{ candidate, champion: drawn.champion },
    interval: [difference - drawn.below, difference + drawn.above],
    unit: { by: 'blocks', count: drawn.units, length: '1 day' },
    scored: { eligible: 1_000, candidate: drawn.both, champion: 1_000, both: drawn.both },
    intervals: {
      roc_auc: {
        ...{ value: candidate, lower: candidate - drawn.below, upper: candidate + drawn.above },
        ...{ confidence: 0.95, standardError: drawn.below / 2 },
      },
    },
    slices: drawn.slices.map((each, at) =>
      slice(`value ${at}`, each.candidate + more, each.champion, 500, each.error, each.units),
    ),
  };
}
const floor = fc.oneof(unit, fc.record({ limit: unit, confidence: fc.constantFrom(0.9, 0.95, 0.99) }));
const limits = fc.record(
  {
    coverage: fc.double({ min: 0.01, max: 1, noNaN: true }),
    floors: fc.record({ roc_auc: floor }, { requiredKeys: [] }),
  },
  { requiredKeys: ['coverage', 'floors'] },
);
const sliceLimits = fc.record(
  { metric: fc.constant('roc_auc'), maxDrop: small, floor: unit },
  { requiredKeys: ['metric'] },
);
const bound = fc.oneof(
  small.map((minimumEffect) => ({ minimumEffect })),
  fc
    .record({ notWorseThan: fc.double({ min: 1e-3, max: 0.05, noNaN: true }), least: floor })
    .map(({ notWorseThan, least }) => ({ minimumEffect: undefined, notWorseThan, floors: { roc_auc: least } })),
);
const drawnRules: fc.Arbitrary<Partial<GateRules>> = fc
  .tuple(limits, sliceLimits, bound)
  .map(([some, slices, more]) => ({ ...some, slices, ...more }));

describe('a verdict', () => {
  it('is never worse for a better candidate', () => {
    fc.assert(
      fc.property(world, drawnRules, unit, (of, by, gain) => {
        expect(order[decide(caseOf(of, gain), by).outcome]).toBeGreaterThanOrEqual(
          order[decide(caseOf(of), by).outcome],
        );
      }),
      { numRuns: 500 },
    );
  });

  it('is never better for one rule more', () => {
    const more = fc.oneof(
      fc.record({ floors: fc.record({ roc_auc: unit, log_loss: unit }) }),
      fc.record({ slices: fc.record({ metric: fc.constant('roc_auc'), maxDrop: small }) }),
    );
    fc.assert(
      fc.property(world, bound, sliceLimits, more, small, (of, by, slices, added, maxDrop) => {
        const bare = order[decide(caseOf(of), by).outcome];
        const floors = {
          ...('floors' in by ? by.floors : {}),
          ...('floors' in added ? { log_loss: added.floors.log_loss } : {}),
        };
        expect(order[decide(caseOf(of), { ...by, ...added, floors }).outcome]).toBeLessThanOrEqual(bare);
        // A further limit of the same rule as well.
        const { maxDrop: _, ...onlyFloor } = slices;
        const before = order[decide(caseOf(of), { ...by, slices: onlyFloor }).outcome];
        expect(order[decide(caseOf(of), { ...by, slices: { ...onlyFloor, maxDrop } }).outcome]).toBeLessThanOrEqual(
          before,
        );
      }),
      { numRuns: 500 },
    );
  });

  it('does not depend on the order of slices, nor on that of rules', () => {
    fc.assert(
      fc.property(world, drawnRules, (of, by) => {
        const case_ = caseOf(of);
        const turned = Object.fromEntries(Object.entries(by).reverse());
        const { outcome, distance, findings } = decide(case_, by);
        const other = decide({ ...case_, slices: case_.slices?.toReversed() ?? [] }, turned);
        expect(other).toMatchObject({ outcome, distance });
        const byReason = (all: typeof findings) => all.map((each) => JSON.stringify(each)).sort();
        expect(byReason(other.findings)).toEqual(byReason(findings));
      }),
    );
  });

  it('if one model passes against the other, the other is refused against it', () => {
    fc.assert(
      fc.property(unit, unit, unit, fc.double({ min: 1e-6, max: 0.1, noNaN: true }), (a, b, width, minimumEffect) => {
        const there = decide(
          { candidate: a, champion: b, interval: [a - b - width / 10, a - b + width / 10] },
          { minimumEffect },
        );
        const back = decide(
          { candidate: b, champion: a, interval: [b - a - width / 10, b - a + width / 10] },
          { minimumEffect },
        );
        if (there.outcome === 'passed') expect(back.outcome).toBe('refused');
      }),
    );
  });
  it('what passes has no distance, what does not has one', () => {
    fc.assert(
      fc.property(unit, unit, unit, unit, (candidate, champion, width, floor) => {
        const decision = decide(
          { candidate, champion, interval: [candidate - champion - width, candidate - champion + width] },
          { floors: { roc_auc: floor } },
        );
        expect(Object.keys(decision.distance).length > 0).toBe(decision.outcome !== 'passed');
        expect(decision.reasons.length).toBeGreaterThan(0);
      }),
    );
  });
});
