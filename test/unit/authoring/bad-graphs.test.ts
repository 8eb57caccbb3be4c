import { definePipeline, defineStep } from 'ratchet-ml';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { reservedWorkflowTypes } from '#contracts/names.ts';
import { placesIn, userError } from './place.ts';
import { anything, compiled, load, message } from './steps.ts';

const at = placesIn(import.meta.url);

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
