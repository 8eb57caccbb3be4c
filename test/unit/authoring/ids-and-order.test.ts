import { defineStep } from 'ratchet-ml';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { placesIn } from './place.ts';
import { anything, compiled, fit, load, message } from './steps.ts';

const at = placesIn(import.meta.url);

describe('ids', () => {
  it('that are taken: names both places', () => {
    expect(
      message(({ run, when }) => {
        const data = run(load, { path: 'a' }, { id: 'data' }); // id first
        when(data.ok, () => run(load, { path: 'b' }, { id: 'data' })); // id second
      }),
    ).toBe(
      `${at('id second')}: the id "data" is taken (${at('id first')}): ids are unique over the whole graph, bodies included. Choose another.`,
    );
  });

  it.each(['', '1st', 'a b', 'a/b', 'é', 'x'.repeat(65), 3, null])('that cannot be one: %j', (id) => {
    expect(message(({ run }) => run(load, { path: 'a' }, { id: anything(id) }))).toMatch(
      /^test\/unit\/authoring\/ids-and-order\.test\.ts:\d+: the id .* cannot be used: a letter, then letters, digits/,
    );
  });

  it('are counted up from the name of the step, around those that are taken', () => {
    const { nodes } = compiled(({ run }) => {
      run(load, { path: 'a' }, { id: 'load-2' });
      for (let i = 0; i < 3; i++) run(load, { path: 'a' });
    });
    expect(nodes.map((node) => node.id)).toEqual(['load-2', 'load', 'load-3', 'load-4']);
  });

  it('stay within 64 characters', () => {
    const long = defineStep({ name: 'n'.repeat(64), input: z.object({}), output: z.object({}), run: () => ({}) });
    const { nodes } = compiled(({ run }) => {
      run(long, {});
      run(long, {});
    });
    expect(nodes.map((node) => node.id)).toEqual(['n'.repeat(64), `${'n'.repeat(62)}-2`]);
  });
});

describe('after', () => {
  it('names nodes by reference or by id, also later ones', () => {
    const { nodes } = compiled(({ run }) => {
      const a = run(load, { path: 'a' }, { id: 'a', after: ['c'] });
      run(load, { path: 'b' }, { id: 'b', after: [a, a.rows] });
      run(load, { path: 'c' }, { id: 'c' });
    });
    expect(nodes.map(({ id, after }) => [id, after])).toEqual([
      ['c', undefined],
      ['a', ['c']],
      ['b', ['a']],
    ]);
  });

  it('of a node that is not there', () => {
    expect(message(({ run }) => run(load, { path: 'a' }, { after: ['lod'] }))).toMatch(
      /:\d+: load is to run after "lod", but no node has that id\. Nodes: load\.$/,
    );
  });

  it('of a node inside a body', () => {
    expect(
      message(({ run, when }) => {
        const data = run(load, { path: 'a' });
        when(data.ok, () => run(load, { path: 'b' }, { id: 'inner' })); // inner node
        run(load, { path: 'c' }, { after: ['inner'] });
      }),
    ).toContain(`is to run after inner (${at('inner node')}), which lies in the body of when: name when instead.`);
  });

  it('in a circle: names every node of it and its place', () => {
    expect(
      message(({ run }) => {
        run(load, { path: 'a' }, { id: 'a', after: ['c'] }); // circle a
        const b = run(load, { path: 'b' }, { id: 'b', after: ['a'] }); // circle b
        run(fit, { rows: b.rows }, { id: 'c' }); // circle c
      }),
    ).toBe(
      `${at('circle a')}: these nodes wait for each other: a (${at('circle a')}) → c (${at('circle c')}) → b (${at('circle b')}) → a. Take one of them out of "after".`,
    );
  });

  it('of itself, or of the node around it', () => {
    expect(message(({ run }) => run(load, { path: 'a' }, { after: ['load'] }))).toMatch(/load \(.*\) waits for itself/);
    expect(
      message(({ run, when }) => {
        const data = run(load, { path: 'a' });
        when(data.ok, () => run(load, { path: 'b' }, { after: ['when'] }));
      }),
    ).toMatch(/when \(.*\) waits for itself, or something in its body does/);
  });

  it('in a circle through bodies', () => {
    expect(
      message(({ run, when }) => {
        const data = run(load, { path: 'a' });
        when(data.ok, () => run(load, { path: 'b' }, { after: ['last'] }));
        run(load, { path: 'c' }, { id: 'last', after: ['when'] });
      }),
    ).toMatch(/these nodes wait for each other: when \(.*\) → last \(.*\) → when\./);
  });

  it('in a circle through a late otherwise', () => {
    expect(
      message(({ run, when }) => {
        const data = run(load, { path: 'a' });
        const branch = when(data.ok, () => data.rows);
        const next = run(fit, { rows: anything(branch) });
        branch.otherwise(() => next.model.score);
      }),
    ).toMatch(/these nodes wait for each other: (when|fit)/);
  });

  it('of what is done at the end, or given to it', () => {
    expect(
      message(({ run, always }) => {
        always(() => run(load, { path: 'a' }), { id: 'cleanup' });
        run(load, { path: 'b' }, { after: ['cleanup'] });
      }),
    ).toContain('which is done when everything else has ended: nothing can wait for it');
    expect(message(({ run, always }) => always(() => run(load, { path: 'a' }), anything({ after: [] })))).toContain(
      'always(…) was given "after"',
    );
  });

  it('of something else', () => {
    expect(message(({ run }) => run(load, { path: 'a' }, { after: anything([3]) }))).toContain(
      '"after" of load holds 3',
    );
    expect(message(({ run }) => run(load, { path: 'a' }, { after: anything('a') }))).toContain(
      '"after" of load is "a": an array is wanted',
    );
    expect(message(({ run, map }) => map(['a'], (item) => run(load, { path: 'a' }, { after: [item] })))).toContain(
      'holds map/item, which the body of map',
    );
  });
});
