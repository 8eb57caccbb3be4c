/** The concept test on drawn worlds: a fast version of `npm run simulate -- concept`. */
import { describe, expect, it } from 'vitest';
import { changed, drawn, found, unchanged, type World } from '../simulate/concept-world.ts';

describe('the concept test', () => {
  it.each(Object.keys(unchanged))('alarms in at most one draw in twenty: %s', async (name) => {
    expect(await found(unchanged[name] as World, 500, 60, 7)).toBeLessThanOrEqual(3);
  });

  it.each(Object.keys(changed))('finds nine draws in ten of 5,000 rows: %s', async (name) => {
    expect(await found(changed[name] as World, 5000, 10, 7)).toBeGreaterThanOrEqual(9);
  });

  it('names the category that is reversed', async () => {
    const { why } = await drawn(changed['all reversed in a fifth of the rows'] as World, 5000, 3);
    expect(why.join('\n')).toContain('kind a: the effect of the score is reversed');
  });
});
