import { expect, it } from 'vitest';
import { distribution } from '#reports/sparkline.ts';

it('draws no bar wider than its place, also where the values that are not listed are the most', () => {
  const shape = {
    by: 'value' as const,
    values: ['a', 'b'],
    current: [3, 1],
    reference: [1, 2],
    other: { current: 9_996, reference: 9_997 },
  };
  const widths = [...String(distribution(shape, 'tails')).matchAll(/width:([\d.]+)%/g)].map(([, width]) =>
    Number(width),
  );
  expect(widths).toHaveLength(4);
  expect(Math.max(...widths)).toBe(100);
});
