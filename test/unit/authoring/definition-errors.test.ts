import { type ChildWorkflow, definePipeline, defineStep, type Ref } from 'ratchet-ml';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { reservedWorkflowTypes } from '#contracts/names.ts';
import { placesIn, userError } from './place.ts';
import { compiled, fit, load, pick, pipelineOf, ship, values } from './steps.ts';

const at = placesIn(import.meta.url);
/** Message of the InvalidPipeline error that building `graph` gives. */
function message(graph: Parameters<typeof pipelineOf>[0]): string {
  const error = userError(() => compiled(graph));
  expect(error.type).toBe('InvalidPipeline');
  return error.message;
}
// What TypeScript refuses and JavaScript does not.
const anything = (value: unknown) => value as never;

describe('a reference used where it is not visible', () => {
  it('outside of the when that may not run', () => {
    let leaked: Ref<number> | undefined;
    const text = message(({ run, when }) => {
      const data = run(load, { path: 'a' });
      const body = () => {
        leaked = run(load, { path: 'b' }).rows;
      };
      when(data.ok, body); // when made
      run(fit, { rows: anything(leaked) }); // when leak
    });
    expect(text).toBe(
      `${at('when leak')}: the input of fit uses load-2.rows, which exists only inside the body of when (${at('when made')}). ` +
        'It may never run: return the reference from the body, add .otherwise(…), and use what when(…) gives back.',
    );
  });

  it('outside of a map, as an item, an index or a node of the body', () => {
    const leaks: Ref<unknown>[] = [];
    const build = (which: number) =>
      message(({ run, map }) => {
        const data = run(load, { path: 'a' });
        map(data.parts, (item, index) => {
          leaks.push(item, index, run(load, { path: item }).rows);
        });
        run(fit, { rows: anything(leaks.splice(0)[which]) });
      });
    expect(build(0)).toContain('uses map/item, which exists only inside the body of map');
    expect(build(1)).toContain('uses map/index, which exists only inside');
    expect(build(2)).toMatch(
      /uses load-2\.rows, .* return the reference from the body and use the array that map\(…\) gives back\.$/,
    );
  });

  it('outside of repeat, attempt and always, and in the other block of an attempt', () => {
    let leaked: Ref<unknown> | undefined;
    const use = (make: Parameters<typeof pipelineOf>[0]) =>
      message((g) => {
        make(g);
        g.run(fit, { rows: anything(leaked) });
      });
    expect(
      use(({ run, repeat }) => {
        const first = run(load, { path: 'a' });
        repeat(first.rows, { max: 3 }, (state) => {
          leaked = state;
          const next = run(load, { path: 'b' });
          return { state: next.rows, until: next.ok };
        });
      }),
    ).toContain('repeat/state, which exists only inside the body of repeat');
    expect(
      use(({ run, attempt }) => {
        attempt(
          () => {
            leaked = run(load, { path: 'a' }).rows;
          },
          () => null,
        );
      }),
    ).toContain('inside the body of attempt');
    expect(
      use(({ run, always }) => {
        run(load, { path: 'a' });
        always(() => {
          leaked = run(load, { path: 'b' }).rows;
        });
      }),
    ).toContain('Nothing may depend on what is done at the end');
    expect(
      message(({ run, attempt }) => {
        attempt(
          () => {
            leaked = run(load, { path: 'a' }).rows;
          },
          () => run(fit, { rows: anything(leaked) }),
        );
      }),
    ).toContain('the input of fit uses load.rows, which exists only inside the body of attempt');
  });

  it('in what the graph returns', () => {
    expect(
      message(({ run, when }) => {
        const data = run(load, { path: 'a' });
        let leaked: unknown;
        when(data.ok, () => {
          leaked = run(load, { path: 'b' });
        });
        return { leaked };
      }),
    ).toContain('what the graph of example returns uses load-2, which exists only inside');
  });

  it('of another graph, or kept from an earlier compilation', () => {
    let kept: Ref<number> | undefined;
    const pipeline = pipelineOf(({ run }) => {
      const data = run(load, { path: 'a' });
      run(fit, { rows: kept ?? data.rows }); // kept
      kept = data.rows;
    });
    pipeline.compile({}, values);
    expect(userError(() => pipeline.compile({}, values)).message).toBe(
      `${at('kept')}: the input of fit uses load.rows, a reference of another graph or of an earlier compilation: make it with this graph's own run(…).`,
    );
  });

  it('is seen in bodies within the one that made it', () => {
    expect(() =>
      compiled(({ run, when, map }) => {
        const data = run(load, { path: 'a' });
        when(data.ok, () => map(data.parts, (part) => run(load, { path: part }).rows));
      }),
    ).not.toThrow();
  });
});

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
      /^test\/unit\/authoring\/definition-errors\.test\.ts:\d+: the id .* cannot be used: a letter, then letters, digits/,
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

describe('a graph', () => {
  it('that is async', () => {
    const text = message(async ({ run }) => run(load, { path: 'a' }));
    expect(text).toMatch(/steps\.ts:\d+: the graph of example is async: nothing runs while a graph is built/);
  });

  it('that awaits a reference', async () => {
    let awaited: unknown;
    message(async ({ run }) => {
      try {
        await run(load, { path: 'a' }); // await
      } catch (error) {
        awaited = error;
      }
    });
    await expect.poll(() => String(awaited)).toContain('the reference load cannot be awaited');
  });

  it('with an async body', () => {
    expect(
      message(({ run, when }) => {
        const data = run(load, { path: 'a' });
        when(data.ok, async () => {}); // async body
      }),
    ).toBe(
      `${at('async body')}: the body of when is async: a body is a plain function that returns at once. Leave out async and await.`,
    );
    expect(
      message(({ run, repeat }) => {
        const data = run(load, { path: 'a' });
        repeat(
          data.rows,
          { max: 2 },
          anything(async () => ({})),
        );
      }),
    ).toContain('the body of repeat is async');
  });

  it('without nodes', () => {
    expect(message(() => 3)).toMatch(/the graph of example is empty: call run\(…\) with a step at least once\.$/);
  });

  it('with more than 1,000 nodes, named at the first too many', () => {
    expect(
      message(({ run }) => {
        for (;;) run(load, { path: 'a' }); // too many
      }),
    ).toMatch(
      new RegExp(`^${at('too many')}: the graph has more than 1000 nodes \\(load-1001 is the first too many\\)`),
    );
  });

  it('whose plan is too large: names the largest nodes', () => {
    const text = message(({ run }) => {
      for (let i = 0; i < 6; i++) run(load, { path: 'x'.repeat(50_000 + i) });
    });
    expect(text).toMatch(
      /the plan of example is 30\d,\d{3} bytes of JSON, more than the 262,144 allowed\. Largest nodes: load-6 .* 50,\d{3}, load-5/,
    );
  });

  it('with an input that no payload can carry', () => {
    expect(message(({ run }) => run(load, { path: 'é'.repeat(33_000) }))).toMatch(
      /the input of load is 66,0\d\d bytes of JSON, more than the 65,536/,
    );
  });

  it('that throws: says what and where', () => {
    const error = userError(() =>
      compiled(({ run }) => {
        run(load, { path: 'a' });
        const missing = anything(undefined) as { name: string };
        return missing.name; // throws
      }),
    );
    expect(error.message).toMatch(
      new RegExp(`^${at('throws')}: the graph of example threw TypeError: Cannot read properties of undefined`),
    );
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  it('whose operators are kept and called later', () => {
    let late: (() => unknown) | undefined;
    compiled(({ run }) => {
      run(load, { path: 'a' });
      late = () => run(load, { path: 'b' }); // late
    });
    expect(userError(() => late?.()).message).toMatch(
      new RegExp(`^${at('late')}: run\\(…\\) was called after the graph was built`),
    );
  });

  it('with two steps of one name: names where both are defined', () => {
    const make = () => defineStep({ name: 'twin', input: z.object({}), output: z.object({}), run: () => ({}) }); // twin
    const [one, other] = [make(), make()];
    expect(
      message(({ run }) => {
        run(one, {}); // twin one
        run(other, {}); // twin other
      }),
    ).toBe(
      `${at('twin other')}: two different steps are called "twin": one is defined at ${at('twin')}, used (${at('twin one')}), ` +
        `and one is defined at ${at('twin')}. A step's name is its activity type and part of its cache key: rename one of them.`,
    );
  });
});

describe('a pipeline', () => {
  it.each([...reservedWorkflowTypes])('cannot be called %s', (name) => {
    const error = userError(() => definePipeline({ name, params: z.object({}), graph: () => null })); // reserved
    expect(error.message).toMatch(new RegExp(`^${at('reserved')}: no pipeline may be called "${name}"`));
  });
  it.each(['', 'a b', '9', 'x'.repeat(65)])('cannot be called %j', (name) => {
    expect(userError(() => definePipeline({ name, params: z.object({}), graph: () => null })).message).toContain(
      "the pipeline's name is",
    );
  });
  it('needs a schema of an object for its params, and a graph', () => {
    expect(
      userError(() => definePipeline({ name: 'a', params: anything({ rate: 1 }), graph: () => null })).message,
    ).toContain('params of a is {"rate":1}: a zod 4 object schema is wanted');
    expect(userError(() => definePipeline({ name: 'a', params: z.object({}), graph: anything(3) })).message).toContain(
      'graph of a is 3',
    );
    expect(
      userError(() =>
        definePipeline({ name: 'a', params: z.object({}), graph: () => null, triggers: anything({ kind: 'moon' }) }),
      ).message,
    ).toContain('triggers of a is {"kind":"moon"}: build them with schedule(…)');
  });
});

describe('inputs', () => {
  const input = (value: unknown) => message(({ run }) => run(load, anything(value))); // literal input
  it('that JSON cannot carry', () => {
    const cases: [unknown, string][] = [
      [
        { path: new Date(0) },
        'the input of load at path is the Date 1970-01-01T00:00:00.000Z, which a plan (JSON) cannot carry: use value.toISOString().',
      ],
      [{ path: 1n }, 'at path is 1n, which a plan (JSON) cannot carry: use Number(…) or a string.'],
      [{ limit: Number.NaN }, 'at limit is NaN'],
      [{ limit: Number.POSITIVE_INFINITY }, 'at limit is Infinity'],
      [{ path: () => 'a' }, 'at path is a function'],
      [{ path: Symbol('s') }, 'at path is Symbol(s)'],
      [{ path: new Map() }, 'at path is a Map, which a plan (JSON) cannot carry: use an object or an array.'],
      [{ path: Promise.resolve('a') }, 'at path is a promise'],
      [{ path: ['a', undefined] }, 'at path[1] is undefined'],
      [{ path: { $ref: ['load'] } }, 'holds a key "$ref" at path.$ref: that name is taken'],
      [JSON.parse('{"path":{"__proto__":1}}'), 'holds a key "__proto__"'],
      [undefined, 'the input of load is missing.'],
    ];
    for (const [value, text] of cases) {
      expect(input(value)).toContain(text);
      expect(input(value)).toMatch(new RegExp(`^${at('literal input')}: `));
    }
    const circular: Record<string, unknown> = { path: 'a' };
    circular.self = circular;
    expect(input(circular)).toContain('at self is a value that contains itself');
  });

  it('that break the schema of the step', () => {
    expect(input({ path: 3 })).toBe(`${at('literal input')}: the input of load is wrong: path is 3: expected string.`);
    expect(input({})).toContain('path is missing: expected string');
    expect(input({ path: 'a', limt: 3 })).toContain('there is no field "limt"');
    expect(input({ path: 'a', limit: 0 })).toContain('limit is 0: Too small');
    expect(input([])).toContain('the value is []: expected object');
  });

  it('whose literal parts break it, beside references', () => {
    const partly = (value: (rows: Ref<number>) => unknown) =>
      message(({ run }) => {
        const data = run(load, { path: 'a' });
        run(fit, anything(value(data.rows)));
      });
    expect(partly((rows) => ({ rows, depth: 3 }))).toContain('there is no field "depth"');
    expect(partly((rows) => ({ rows, options: { depth: 'deep' } }))).toContain(
      'options.depth is "deep": expected number',
    );
    expect(partly((rows) => ({ rows, options: { depth: 11, tags: [rows] } }))).toContain(
      'options.depth is 11: Too big',
    );
    expect(partly((rows) => ({ rows: [rows] }))).toContain('rows is');
    expect(partly((rows) => ({ from: rows }))).toContain('rows is missing');
  });

  it('that name an output which the step does not have', () => {
    expect(
      message(({ run }) => {
        const data = run(load, { path: 'a' });
        run(fit, { rows: anything((data as never as { row: unknown }).row) }); // no such output
      }),
    ).toBe(
      `${at('no such output')}: the input of fit uses load.row, but load has no row: it has rows, ok, parts, note.`,
    );
    expect(
      message(({ run }) => {
        const { uri } = run(fit, { rows: 1 }).model;
        return (uri as never as { host: unknown }).host;
      }),
    ).toContain('but fit.model.uri has no host: it has no fields');
  });
});

describe('operators', () => {
  it('refuse what is not theirs', () => {
    expect(message(({ run }) => run(anything({ name: 'x' }), anything({})))).toContain(
      'run(…) was given {"name":"x"}: the first argument is a step',
    );
    expect(message(({ when }) => when(anything(true), () => null))).toContain(
      'Over params and champion, use an ordinary if.',
    );
    expect(message(({ when, run }) => when(run(load, { path: 'a' }).ok, anything(3)))).toContain(
      'the body of when is 3: a function is wanted',
    );
    expect(message(({ map }) => map(anything('abc'), (item) => item))).toContain('map(…) was given "abc": an array');
    expect(message(({ wait }) => wait(anything('soon')))).toContain(
      'wait(…) was given "soon": a number and a unit are wanted',
    );
    expect(message(({ child }) => child(anything({ workflowType: 'x' }), anything({})))).toContain(
      '{ workflowType, taskQueue, input, output } is wanted',
    );
    expect(
      message(({ run, repeat }) =>
        repeat(
          run(load, { path: 'a' }).rows,
          anything({}),
          anything(() => null),
        ),
      ),
    ).toContain('repeat(…) has no bound');
    expect(
      message(({ run, repeat }) =>
        repeat(
          run(load, { path: 'a' }).rows,
          { max: 2 },
          anything(() => ({ state: 1 })),
        ),
      ),
    ).toContain('must return { state, until }');
  });

  it('check their options', () => {
    const options = (given: object) => message(({ run }) => run(load, { path: 'a' }, anything(given)));
    expect(options({ retries: 3 })).toContain(
      'the options of load are wrong: there is no field "retries". Options: id, after, retry, timeout',
    );
    expect(options({ retry: { attempts: 0 } })).toContain('retry.attempts is 0: Too small');
    expect(options({ timeout: '3 weeks' })).toContain('timeout is "3 weeks": a duration is a number and a unit');
    expect(message(({ map }) => map(['a'], (item) => item, { concurrency: 0 }))).toContain('concurrency is 0');
    expect(message(({ run }) => run(ship, { model: { uri: 'u', score: 1 } }, { cache: true }))).toContain(
      'effects are never cached',
    );
  });

  it('check an approval', () => {
    const approve = (change: object) =>
      message(({ run, approval }) => {
        const evidence = run(load, { path: 'a' });
        approval({ title: 'Ship?', evidence, by: ['ada'], timeout: '1d', onTimeout: 'fail', ...change } as never);
      });
    expect(approve({ title: '' })).toContain('its title is ""');
    expect(approve({ evidence: 'fine' })).toContain('its evidence is "fine": a reference');
    expect(approve({ by: [] })).toContain('"by" is []');
    expect(approve({ quorum: 0 })).toContain('its quorum is 0');
    expect(approve({ timeout: 3 })).toContain('its timeout is 3');
    expect(approve({ onTimeout: 'shrug' })).toContain('onTimeout is "shrug"');
  });

  it('refuse a second otherwise, and one in another body', () => {
    expect(
      message(({ run, when }) => {
        const data = run(load, { path: 'a' });
        const branch = when(data.ok, () => 1);
        branch.otherwise(() => 2);
        branch.otherwise(() => 3);
      }),
    ).toMatch(/when \(.*\) has an otherwise already/);
    expect(
      message(({ run, when }) => {
        const data = run(load, { path: 'a' });
        const branch = when(data.ok, () => 1);
        when(data.ok, () => branch.otherwise(() => 2));
      }),
    ).toContain('was called inside another body');
  });

  it('put the child on its own queue', () => {
    const release: ChildWorkflow<{ version: string }, { done: boolean }> = {
      workflowType: '2nd release!',
      taskQueue: 'release',
      input: z.object({ version: z.string() }),
      output: z.object({ done: z.boolean() }),
    };
    const { nodes } = compiled(({ child }) => child(release, { version: '1' }).done);
    expect(nodes[0]).toMatchObject({
      id: 'nd-release-',
      kind: 'child',
      step: '2nd release!',
      options: { queue: 'release' },
    });
    expect(message(({ child }) => child(release, anything({ version: 1 })))).toContain('version is 1: expected string');
  });

  it('leave pick to its own checks', () => {
    expect(message(({ run }) => run(pick, { models: [{ uri: 'u', score: anything('high') }] }))).toContain(
      'models[0].score is "high"',
    );
  });
});
