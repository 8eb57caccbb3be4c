import { inspect } from 'node:util';
import type { Ref } from 'ratchet-ml';
import { describe, expect, it } from 'vitest';
import { placesIn, userError } from './place.ts';
import { compiled, load } from './steps.ts';

const at = placesIn(import.meta.url);
type Loose = Record<string, unknown> & { (): unknown; [Symbol.iterator](): Iterator<unknown> };

/** What `use` of a reference throws while a graph is built. */
function message(use: (ref: Loose) => unknown): string {
  let text = '';
  compiled(({ run }) => {
    const data = run(load, { path: 'a' });
    // What the type checker refuses, JavaScript would do.
    text = userError(() => use(data as unknown as Loose)).message;
  });
  return text;
}

describe('a reference', () => {
  const cases: [string, (ref: Loose) => unknown, string][] = [
    ['as JSON', (ref) => JSON.stringify({ ref }), 'load cannot be written as JSON'],
    ['in text', (ref) => `${ref.rows}`, 'load.rows cannot be put into text or used as a key'],
    ['joined to text', (ref) => `rows: ${ref.rows}`, 'load.rows cannot be put into text'],
    ['as a key', (ref) => ({})[ref.rows as string], 'load.rows cannot be put into text or used as a key'],
    ['in arithmetic', (ref) => (ref.rows as number) * 2, 'load.rows cannot be used in arithmetic'],
    ['negated', (ref) => -(ref.rows as number), 'load.rows cannot be used in arithmetic'],
    ['added', (ref) => (ref.rows as number) + 1, 'load.rows cannot be used in arithmetic, text or a comparison'],
    ['compared', (ref) => (ref.rows as number) < 3, 'load.rows cannot be used in arithmetic'],
    [
      'compared loosely',
      // biome-ignore lint/suspicious/noDoubleEquals: the point
      (ref) => (ref.rows as number) == 3,
      'load.rows cannot be used in arithmetic, text or a comparison',
    ],
    ['spread into an object', (ref) => ({ ...ref }), 'load cannot be spread or have its keys listed'],
    ['spread into an array', (ref) => [...ref], 'load cannot be looped over or spread'],
    ['destructured with a rest', ({ rows, ...rest }) => [rows, rest], 'load cannot be spread or have its keys listed'],
    ['destructured as an array', ([first]) => first, 'load cannot be looped over or spread'],
    [
      'looped over',
      (ref) => {
        for (const _ of ref);
      },
      'load cannot be looped over',
    ],
    ['called', (ref) => ref(), 'load is not a function'],
    ['mapped over', (ref) => (ref.parts as unknown[]).map((part) => part), 'load.parts.map is not a function'],
    ['asked for a key', (ref) => 'rows' in ref, 'load cannot be asked whether it has rows'],
    [
      'assigned to',
      (ref) => {
        ref.rows = 3;
      },
      'load cannot be changed (its field rows was set)',
    ],
    [
      'deleted from',
      (ref) => {
        delete ref.rows;
      },
      'load cannot be changed (its field rows was deleted)',
    ],
    ['awaited', (ref) => ref.then, 'load cannot be awaited'],
  ];
  it.each(cases)('cannot be used %s', (_what, use, text) => {
    expect(message(use)).toMatch(/^test\/unit\/authoring\/references\.test\.ts:\d+: the reference /);
    expect(message(use)).toContain(text);
  });

  it('names the line that used it', () => {
    const use = (ref: Loose) => String(ref.rows); // used here
    expect(message(use)).toMatch(new RegExp(`^${at('used here')}: `));
  });

  it('says what to do with the index of a map', () => {
    let text = '';
    compiled(({ run, map }) => {
      const data = run(load, { path: 'a' });
      map(data.parts, (_part, index) => {
        // A reference as a key: TypeScript refuses it, JavaScript asks for its text.
        text = userError(() => ['a', 'b'][index as unknown as number]).message;
      });
    });
    expect(text).toMatch(
      /the reference map\/index cannot be put into text or used as a key: .* To pick by position, pass the array and this number to a step\.$/,
    );
  });

  it('shows its name when it is printed', () => {
    compiled(({ run }) => {
      expect(inspect(run(load, { path: 'a' }).rows)).toContain('reference load.rows');
    });
  });

  it('reaches fields and items to any depth', () => {
    const { result } = compiled(({ run }) => {
      const data = run(load, { path: 'a' });
      const { rows, parts } = data;
      return { rows, second: parts[1] as Ref<string>, note: data.note };
    });
    expect(result).toEqual({
      rows: { $ref: ['load', 'rows'] },
      second: { $ref: ['load', 'parts', '1'] },
      note: { $ref: ['load', 'note'] },
    });
  });
});
