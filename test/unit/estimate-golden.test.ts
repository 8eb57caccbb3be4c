/** Estimates of performance beside NannyML 0.13.1's own: see test/golden/nannyml/PROVENANCE.md. */
import { describe, expect, it } from 'vitest';
import { disagreements } from '../golden/nannyml/agreement.ts';
import { comparePerformance, performanceCases } from '../golden/nannyml/performance.ts';

describe('estimates agree with NannyML', () => {
  for (const one of performanceCases)
    it(one.name, async () => {
      const rows = await comparePerformance(one);
      expect(rows.length).toBeGreaterThan(5);
      expect(disagreements(rows)).toEqual([]);
    });
});
