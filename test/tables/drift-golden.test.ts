import { describe, expect, it } from 'vitest';
import { section } from '../golden/sections/drift.ts';

describe('drift agrees with Evidently', () => {
  it('in value and decision, for every method, column and case', async () => {
    const rows = await section.rows();
    expect(rows.map(({ name }) => name)).toContain('chosen by default');
    expect(rows.reduce((sum, { cases }) => sum + cases, 0)).toBeGreaterThan(1_000);
    expect(rows.flatMap(({ name, beyond }) => beyond.map((line) => `${name}: ${line}`))).toEqual([]);
  });
});
