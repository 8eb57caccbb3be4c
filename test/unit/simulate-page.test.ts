import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { markdownTable, withSection } from '../simulate/markdown.ts';

describe('a page with the figures of simulations', () => {
  const page = 'Before.\n<!-- simulate:concept -->\nold\n<!-- /simulate:concept -->\nAfter.\n';

  it('takes new figures between the markers and keeps the rest, however often', () => {
    const once = withSection(page, { name: 'concept' }, 'new');
    expect(once).toBe('Before.\n<!-- simulate:concept -->\nnew\n<!-- /simulate:concept -->\nAfter.\n');
    expect(withSection(once, { name: 'concept' }, 'new')).toBe(once);
  });

  it('refuses a page without the markers, or with them turned round', () => {
    expect(() => withSection(page, { name: 'watch' }, 'new')).toThrow('<!-- simulate:watch -->');
    expect(() => withSection('<!-- /simulate:x --><!-- simulate:x -->', { name: 'x' }, '')).toThrow('in this order');
  });

  it('has a place for every study', () => {
    const kept = readFileSync(new URL('../../docs/statistics.md', import.meta.url), 'utf8');
    for (const name of ['concept', 'watch', 'performance']) expect(() => withSection(kept, { name }, '')).not.toThrow();
  });

  it('shows a table that reads as text too', () => {
    expect(markdownTable({ title: 'T', columns: ['rows', 'found'], rows: [['100', '5 %']] })).toBe(
      'T\n\n| rows | found |\n| ---- | ----- |\n| 100  | 5 %   |',
    );
  });
});
