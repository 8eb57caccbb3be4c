import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cells, finished } from '../simulate/cells.ts';
import { markdownTable, withSection } from '../simulate/markdown.ts';

describe('cells that take long', () => {
  it('are kept and not computed again, and left out when there is no time', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'ratchet-cells-')), 'kept.jsonl');
    const lines: string[] = [];
    const cell = (minutes: number, begun = 'a') => cells({ file, minutes }, begun, (line) => lines.push(line));
    expect(cell(1)('one', () => '2 %')).toBe('2 %');
    expect(cell(1)('one', () => 'again')).toBe('2 %');
    expect(cell(-1)('one', () => 'again')).toBe('2 %');
    expect(cell(-1)('two', () => 'late')).toBe('–');
    expect(cell(1, 'other seed')('one', () => '3 %')).toBe('3 %');
    expect(lines).toEqual(['one: 2 %', 'one: 3 %']);
    const table = (...rows: string[][]) => ({ title: 'T', columns: ['of', 'a', 'b'], rows });
    const [left, ...more] = finished([table(['x', '–', '2 %'], ['y', '–', '–']), table(['z', '–'])]);
    expect([left?.rows, more]).toEqual([[['x', '–', '2 %']], []]);
  });
});

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
    const gate = readFileSync(new URL('../../docs/gate-simulations.md', import.meta.url), 'utf8');
    for (const name of ['gate', 'gate-units']) expect(() => withSection(gate, { name }, '')).not.toThrow();
  });

  it('shows a table that reads as text too', () => {
    expect(markdownTable({ title: 'T', columns: ['rows', 'found'], rows: [['100', '5 %']] })).toBe(
      'T\n\n| rows | found |\n| ---- | ----- |\n| 100  | 5 %   |',
    );
  });
});
