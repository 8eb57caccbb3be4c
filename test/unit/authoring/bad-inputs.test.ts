import { type ChildWorkflow, type Ref, validateData } from 'ratchet-ml';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { placesIn } from './place.ts';
import { anything, compiled, fit, load, message, pick, ship } from './steps.ts';

const at = placesIn(import.meta.url);

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
    const source = (value: unknown) => message(({ run }) => run(validateData, { source: anything(value) }));
    expect(source(3)).toContain('the input of validateData is wrong: source is 3: expected string or object.');
    expect(source({ kind: 'model' })).toContain('source.kind is "model": expected "dataset" or "file".');
    expect(source({ kind: 'file', uri: 'u', digest: 'd', bytes: 1 })).toContain(
      'source.name is missing: expected string.',
    );
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
      'the options of load are wrong: there is no option "retries". Options of run: id, after, retry, timeout, queue, cache.',
    );
    expect(options({ max: 3 })).toContain('there is no option "max"');
    expect(message(({ wait }) => wait('1s', anything({ timeout: '1h' })))).toContain('Options of wait: id, after.');
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
