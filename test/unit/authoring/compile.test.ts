import { definePipeline, type Json, type Ref } from 'ratchet-ml';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { placesIn, userError } from './place.ts';
import { compiled, fit, load, pick, ship, values } from './steps.ts';

const at = placesIn(import.meta.url);

describe('the plan of each operator', () => {
  it('run: step, input with references, options, the line', () => {
    const { nodes, steps } = compiled(({ run }) => {
      const data = run(load, { path: 'a', limit: undefined });
      run(
        fit,
        { rows: data.rows, options: { depth: 3 } },
        { retry: { attempts: 5 }, timeout: '1h', queue: 'gpu', cache: false, after: [data] },
      ); // run
    });
    expect(nodes).toEqual([
      { id: 'load', kind: 'run', step: 'load', input: { path: 'a' }, at: expect.any(String) },
      {
        id: 'fit',
        kind: 'run',
        step: 'fit',
        input: { rows: { $ref: ['load', 'rows'] }, options: { depth: 3 } },
        after: ['load'],
        options: { retry: { attempts: 5 }, timeout: '1h', queue: 'gpu', cache: false },
        at: expect.stringContaining('compile.test.ts'),
      },
    ]);
    expect(Object.keys(steps)).toEqual(['load', 'fit']);
    expect(steps.load).toMatchObject({
      kind: 'typescript',
      program: null,
      version: null,
      settings: { effect: false, memoryMb: 512 },
    });
  });

  it('when: condition, both blocks, a null for a body that gives nothing', () => {
    const { nodes, result } = compiled(({ run, when }) => {
      const data = run(load, { path: 'a' });
      const both = when(data.ok, () => ({ n: data.rows, literal: 1 })).otherwise(() => null);
      const one = when(data.ok, () => {
        run(load, { path: 'b' });
      });
      return [both, one];
    });
    expect(nodes[1]).toMatchObject({
      id: 'when',
      kind: 'when',
      condition: { $ref: ['load', 'ok'] },
      blocks: [
        { nodes: [], result: { n: { $ref: ['load', 'rows'] }, literal: 1 } },
        { nodes: [], result: null },
      ],
    });
    expect(nodes[2]?.blocks).toEqual([{ nodes: [expect.objectContaining({ id: 'load-2' })] }]);
    expect(result).toEqual([{ $ref: ['when'] }, { $ref: ['when-2'] }]);
  });

  it('map and mapSettled: items, item and index, concurrency', () => {
    const { nodes } = compiled(({ run, map, mapSettled }) => {
      const data = run(load, { path: 'a' });
      const models = map(data.parts, (part, index) => run(fit, { rows: index, from: part }).model, {
        concurrency: 2,
        id: 'each',
      });
      mapSettled(['x', 'y'], (path) => run(load, { path }));
      run(pick, { models });
    });
    expect(nodes[1]).toMatchObject({
      id: 'each',
      kind: 'map',
      input: { $ref: ['load', 'parts'] },
      options: { concurrency: 2 },
      blocks: [
        {
          nodes: [{ id: 'fit', input: { rows: { $ref: ['each/index'] }, from: { $ref: ['each/item'] } } }],
          result: { $ref: ['fit', 'model'] },
        },
      ],
    });
    expect(nodes[2]).toMatchObject({ id: 'mapSettled', kind: 'mapSettled', input: ['x', 'y'] });
    expect(nodes[3]?.input).toEqual({ models: { $ref: ['each'] } });
  });

  it('repeat: first state, bound, state and until', () => {
    const { nodes } = compiled(({ run, repeat }) => {
      const data = run(load, { path: 'a' });
      repeat({ rows: data.rows, tried: 0 }, { max: 4 }, (state, round) => {
        const next = run(pick, { models: [], at: round });
        return { state: { rows: state.rows, tried: round }, until: next.done };
      });
    });
    expect(nodes[1]).toMatchObject({
      kind: 'repeat',
      input: { rows: { $ref: ['load', 'rows'] }, tried: 0 },
      options: { max: 4 },
      blocks: [
        {
          result: {
            state: { rows: { $ref: ['repeat/state', 'rows'] }, tried: { $ref: ['repeat/round'] } },
            until: { $ref: ['pick', 'done'] },
          },
        },
      ],
    });
  });

  it('approval, wait, attempt, always', () => {
    const { nodes } = compiled(({ run, approval, wait, attempt, always }) => {
      const trained = run(fit, { rows: 1 });
      approval({ title: 'Ship?', evidence: trained, by: ['ada'], timeout: '1d', onTimeout: 'reject' });
      wait('90s', { after: [trained] });
      attempt(
        () => run(ship, { model: trained.model }).version,
        (failure) => failure.message,
      );
      always(() => {
        run(load, { path: 'clean' });
      });
    });
    expect(nodes.map(({ kind }) => kind)).toEqual(['run', 'approval', 'wait', 'attempt', 'always']);
    expect(nodes[1]?.input).toEqual({
      title: 'Ship?',
      evidence: { $ref: ['fit'] },
      by: ['ada'],
      quorum: 1,
      timeout: '1d',
      onTimeout: 'reject',
    });
    expect(nodes[2]).toMatchObject({ input: { duration: '90s' }, after: ['fit'] });
    expect(nodes[3]?.blocks?.map(({ result }) => result)).toEqual([
      { $ref: ['ship', 'version'] },
      { $ref: ['attempt/failure', 'message'] },
    ]);
    expect(nodes[4]?.blocks).toEqual([{ nodes: [expect.objectContaining({ id: 'load' })] }]);
  });
});

describe('what is put into a template', () => {
  it('keeps null, leaves out undefined, takes a reference to what may be missing where it may be', () => {
    const { nodes, result } = compiled(({ run, when }) => {
      const data = run(load, { path: 'a', limit: undefined });
      const maybe = when(data.ok, () => run(fit, { rows: 1 }).model);
      run(fit, { rows: data.rows, from: data.note, init: maybe });
      return { nothing: null, gone: undefined, deep: [{ a: null, b: undefined }] };
    });
    expect(nodes.at(-1)?.input).toEqual({
      rows: { $ref: ['load', 'rows'] },
      from: { $ref: ['load', 'note'] },
      init: { $ref: ['when'] },
    });
    expect(result).toEqual({ nothing: null, deep: [{ a: null }] });
  });

  it('does not ask a schema about what a reference may become', () => {
    const strict = z.object({
      choice: z.union([
        z.strictObject({ kind: z.literal('a'), n: z.number() }),
        z.strictObject({ kind: z.literal('b'), text: z.string() }),
      ]),
      picked: z
        .discriminatedUnion('kind', [z.object({ kind: z.literal('x') }), z.object({ kind: z.literal('y') })])
        .optional(),
      sorted: z
        .array(z.number())
        .refine((list) => list.every((n, i) => i === 0 || n >= (list[i - 1] ?? 0)), 'sorted')
        .optional(),
      list: z.array(z.number()).max(2).optional(),
      raw: z.preprocess((value) => (value as string).length, z.number()).optional(),
    });
    const build = (input: (rows: Ref<number>) => unknown) => () =>
      compiled(({ run }) =>
        run({ ...load, name: 'other', input: strict } as never, input(run(load, { path: 'a' }).rows) as never),
      );
    expect(build((rows) => ({ choice: { kind: 'a', n: rows } }))).not.toThrow();
    expect(build((rows) => ({ choice: rows }))).not.toThrow();
    expect(build((rows) => ({ choice: { kind: 'a', n: 1 }, picked: { kind: rows } }))).not.toThrow();
    expect(build((rows) => ({ choice: { kind: 'a', n: 1 }, sorted: [3, rows, 1] }))).not.toThrow();
  });

  it('asks a schema about what no reference can mend', () => {
    const choice = z.union([
      z.strictObject({ kind: z.literal('a'), n: z.number() }),
      z.strictObject({ kind: z.literal('b'), text: z.string() }),
    ]);
    const schema = z.object({ choice, list: z.array(z.number()).max(2).optional() });
    const build = (input: (rows: Ref<number>) => unknown) =>
      userError(() =>
        compiled(({ run }) =>
          run({ ...load, name: 'other', input: schema } as never, input(run(load, { path: 'a' }).rows) as never),
        ),
      ).message;
    expect(build((rows) => ({ choice: { kind: 'c', n: rows } }))).toContain('choice.kind is "c": expected "a" or "b".');
    expect(build((rows) => ({ choice: { kind: 'b', n: rows } }))).toMatch(
      /choice\.text is missing: expected string; choice has no field "n"\.$/,
    );
    expect(build((rows) => ({ choice: { kind: 'a', n: rows }, list: [1, rows, 3] }))).toContain('list is');
  });

  it('trusts a schema that cannot be asked: asynchronous, transforming or throwing', () => {
    const schemas = [
      z.object({ path: z.string().refine(async () => false) }),
      z.preprocess(
        (value) => ({ path: (value as { path: string }).path.toUpperCase() }),
        z.object({ path: z.literal('NOT A') }),
      ),
      z.object({
        path: z.custom<Json>(() => {
          throw new Error('odd');
        }),
      }),
    ];
    for (const input of schemas)
      expect(() =>
        compiled(({ run }) => {
          const data = run(load, { path: 'a' });
          run({ ...load, name: 'other', input } as never, { path: data.note } as never);
        }),
      ).not.toThrow();
  });
});

describe('params', () => {
  const pipeline = definePipeline({
    name: 'with-params',
    model: 'm',
    params: z.object({
      rate: z.number().positive().default(0.1),
      months: z.array(z.string()).optional(),
      asOf: z.iso.date().optional(),
    }),
    graph: ({ params, asOf, champion, run }) => {
      run(fit, { rows: params.rate, from: asOf });
      return { champion, params };
    },
  }); // with-params

  it('are parsed, given to the graph as values, and recorded', () => {
    const { params, result, model, pipeline: name } = pipeline.compile({ months: ['a'] }, values);
    expect(params).toEqual({ rate: 0.1, months: ['a'] });
    expect(result).toEqual({ champion: null, params: { rate: 0.1, months: ['a'] } });
    expect([name, model]).toEqual(['with-params', 'm']);
  });

  it('that break their schema: names each field, its value, what is wanted, and those there are', () => {
    const error = userError(() => pipeline.compile({ rate: -1, months: ['a', 3], learningRate: 1 } as never, values));
    expect(error.type).toBe('InvalidInput');
    expect(error.message).toBe(
      'the params of with-params are wrong: rate is -1: Too small: expected number to be >0; months[1] is 3: expected string; ' +
        'there is no field "learningRate". Params of with-params: rate, months, asOf.',
    );
    expect(userError(() => pipeline.compile('fast' as never, values)).message).toContain(
      'the value is "fast": expected object',
    );
    expect(pipeline.compile(undefined as never, values).params).toEqual({ rate: 0.1 });
  });

  it('may be open, when their schema says so', () => {
    const open = definePipeline({
      name: 'open',
      params: z.looseObject({}),
      graph: ({ run }) => run(load, { path: 'a' }),
    });
    expect(open.compile({ extra: 1 }, values).params).toEqual({ extra: 1 });
  });

  it('must be JSON after parsing', () => {
    const dated = definePipeline({
      name: 'dated',
      params: z.object({ at: z.string().transform((text) => new Date(text)) }),
      graph: ({ run }) => run(load, { path: 'a' }),
    });
    const error = userError(() => dated.compile({ at: '2013-01-01' }, values));
    expect(error.type).toBe('InvalidPipeline');
    expect(error.message).toContain('params.at is a Date');
  });

  it('give the time of the run when they hold asOf, else the caller does; always UTC', () => {
    const asOf = (params: object, fallback = values.asOf) => {
      const made = pipeline.compile(params, { champion: null, asOf: fallback });
      expect(made.nodes[0]?.input).toMatchObject({ from: made.asOf });
      return made.asOf;
    };
    expect(asOf({})).toBe('2013-06-17T00:00:00.000Z');
    expect(asOf({ asOf: '2013-07-01' })).toBe('2013-07-01T00:00:00.000Z');
    expect(asOf({}, '2013-07-01T02:00:00+02:00')).toBe('2013-07-01T00:00:00.000Z');
    expect(asOf({}, '2013-07-01T02:00:00')).toBe('2013-07-01T02:00:00.000Z');
    expect(userError(() => asOf({}, 'last week')).message).toContain('asOf of with-params is "last week": a date');
    expect(userError(() => asOf({}, '2013-13-01')).message).toContain('asOf of with-params is "2013-13-01"');
  });

  it('leave the champion a value', () => {
    const champion = {
      kind: 'champion',
      model: 'm',
      version: '7',
      runId: 'r',
      uri: 'models:/m/7',
      digest: 'd',
    } as const;
    expect(pipeline.compile({}, { champion, asOf: values.asOf }).result).toMatchObject({ champion });
  });
});

describe('compiling', () => {
  it('gives the same plan each time', () => {
    const build = () => compiled(({ run, map }) => map(run(load, { path: 'a' }).parts, (path) => run(load, { path })));
    expect(JSON.stringify(build())).toBe(JSON.stringify(build()));
  });

  it('notes the line of each call', () => {
    const { nodes } = compiled((g) => {
      const data = g.run(load, { path: 'a' }); // line run
      g.map(data.parts, (path) => g.run(load, { path }), {}); // line map
      g.always(() => {}); // line always
    });
    expect(nodes.map((node) => node.at)).toEqual([at('line run'), at('line map'), at('line always')]);
    expect(nodes[1]?.blocks?.[0]?.nodes[0]?.at).toBe(at('line map'));
  });
});
