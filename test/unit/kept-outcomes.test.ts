import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonBytes } from '#contracts/json.ts';
import { keepable } from '#contracts/kept-outcomes.ts';
import type { NodeRecord } from '#contracts/run.ts';

const steps = { send: { effect: true }, plain: { effect: false } };
const isEffect = ({ step }: NodeRecord) => step !== 'plain';
const outcome = fc
  .record({
    step: fc.constantFrom('send', 'plain', 'child'),
    key: fc.constantFrom(null, 'k'),
    length: fc.nat(400),
  })
  .map(
    ({ step, key, length }): NodeRecord => ({
      ...{ id: 'n', step, input: 'x'.repeat(length), output: null, cached: false, reason: '', ms: 1 },
      key: step === 'plain' ? key : null,
    }),
  );

test('what is kept fits, is in order, and no effect gives way to what can be computed again', () => {
  fc.assert(
    fc.property(fc.array(outcome, { maxLength: 30 }), fc.nat(8_000), fc.nat(8_000), (outcomes, all, more) => {
      const effects = all + more;
      const { kept, repeated } = keepable(outcomes, { all, effects, steps });
      if (kept.length > 0) expect(jsonBytes(kept)).toBeLessThanOrEqual(effects);
      if (!kept.every(isEffect)) expect(jsonBytes(kept)).toBeLessThanOrEqual(all);
      expect(kept).toEqual(outcomes.filter((each) => kept.includes(each)));
      const wanted = outcomes.filter(isEffect);
      expect(repeated).toBe(wanted.length - kept.filter(isEffect).length);
      if (jsonBytes(outcomes) + 1 <= all) expect(kept).toEqual(outcomes);
      // What is left out has no room even beside the effects alone.
      const taken = 2 + kept.filter(isEffect).reduce((sum, each) => sum + jsonBytes(each) + 1, 0);
      for (const effect of wanted.filter((each) => !kept.includes(each)))
        expect(taken + jsonBytes(effect) + 1).toBeGreaterThan(effects);
    }),
  );
});
