import { describe, expect, test } from 'vitest';
import type { PlanNode } from '#contracts/plan.ts';
import { storyOf } from '#contracts/run-story.ts';
import { planProblem } from '#workflows/run/interpreter/check.ts';
import { CHUNK_ITEMS, cut } from '#workflows/run/interpreter/chunks.ts';
import { details } from '#workflows/run/interpreter/details.ts';
import { downstream, without } from '#workflows/run/interpreter/fork.ts';
import { Kept } from '#workflows/run/interpreter/kept.ts';
import { Reports } from '#workflows/run/interpreter/reports.ts';
import { freeNames, references, resolve } from '#workflows/run/interpreter/templates.ts';

const ref = (...path: string[]) => ({ $ref: path });
const run = (id: string, input: unknown = null): PlanNode => ({ id, kind: 'run', step: 's', input: input as never });
const map = (id: string, input: unknown, nodes: PlanNode[], result: unknown): PlanNode => ({
  id,
  kind: 'map',
  input: input as never,
  blocks: [{ nodes, result: result as never }],
});

describe('templates', () => {
  const values: Record<string, unknown> = { a: { x: [1, { y: 'deep' }], gone: null }, 'each/item': 7 };
  const value = (name: string) => values[name] as never;

  test.each([
    [ref('a', 'x', '1', 'y'), 'deep'],
    [{ k: [ref('each/item'), 'plain'] }, { k: [7, 'plain'] }],
    [{ k: ref('a', 'nothing'), l: ref('a', 'gone', 'deeper') }, {}],
    [[ref('a', 'nothing')], [null]],
    [{ $ref: 'a string is no reference' }, { $ref: 'a string is no reference' }],
    [
      { $ref: ['a'], and: 1 },
      { $ref: ['a'], and: 1 },
    ],
    [ref('a', 'constructor'), undefined],
  ])('%j → %j', (template, expected) => {
    expect(resolve(template as never, value)).toEqual(expected);
  });

  test('references and what a block needs from outside', () => {
    expect([...references({ a: ref('x'), b: [ref('y', 'z'), ref('x')] })]).toEqual(['x', 'y']);
    const body = {
      nodes: [
        run('in', [ref('m/item'), ref('outer')]),
        map('inner', ref('in'), [run('deep', [ref('inner/item'), ref('far')])], ref('deep')),
      ],
      result: ref('inner'),
    };
    expect([...freeNames(body)].toSorted()).toEqual(['far', 'm/item', 'outer']);
  });
});

describe('a plan is refused when', () => {
  const problem = (nodes: PlanNode[], result: unknown = null) =>
    planProblem({ nodes, result: result as never, steps: { s: {} as never } });
  test.each<[string, PlanNode[], RegExp]>([
    ['two nodes have one id', [run('a'), run('a')], /two nodes are called a/],
    ['a step is not pinned', [{ ...run('a'), step: 'other' }], /step other, whose code is not pinned/],
    ['a name is unknown', [run('a', ref('nobody'))], /a refers to nobody/],
    ['a reference leaks out of a body', [map('m', [1], [run('in')], null), run('b', ref('in'))], /b refers to in/],
    ['nodes wait for each other', [run('a', ref('b')), run('b', ref('a'))], /a → b → a/],
    [
      'a body waits for what waits for its container',
      [map('m', [1], [run('in', ref('b'))], null), run('b', ref('m'))],
      /m → b → m/,
    ],
  ])('%s', (_name, nodes, message) => {
    expect(problem(nodes)).toMatch(message);
  });
  test('and taken when a body refers to a later node that does not wait for it', () => {
    expect(problem([map('m', [1], [run('in', [ref('m/item'), ref('b')])], ref('in')), run('b')], ref('m'))).toBeNull();
  });
});

describe('a wide map is cut', () => {
  test.each([201, 450, 2_500, 12_345])(
    '%i items: every item once, no chunk over the limit, none alone at the end',
    (length) => {
      for (const concurrency of [1, 3, 16, 1000]) {
        const { atOnce, chunks } = cut(length, concurrency);
        expect(chunks.reduce((sum, { size }) => sum + size, 0)).toBe(length);
        expect(
          chunks.every(
            ({ first, size }, n) =>
              first === (n === 0 ? 0 : (chunks[n - 1]?.first ?? 0) + (chunks[n - 1]?.size ?? 0)) &&
              size <= CHUNK_ITEMS &&
              size > 0,
          ),
        ).toBe(true);
        expect(chunks.length % atOnce).toBe(0);
        expect(atOnce).toBeLessThanOrEqual(concurrency);
      }
    },
  );
});

describe('a fork', () => {
  const root = {
    nodes: [
      run('a'),
      run('b', ref('a')),
      run('beside'),
      map('m', ref('b'), [run('in', ref('m/item')), run('free', 1)], ref('in')),
      run('end', ref('m')),
    ],
  };
  test('reaches what depends on its node, through containers', () => {
    expect([...downstream(root, 'b')].toSorted()).toEqual(['b', 'end', 'in', 'm', 'm/index', 'm/item']);
    expect([...downstream(root, 'in')].toSorted()).toEqual(['end', 'in', 'm']);
    expect([...downstream(root, 'm')].toSorted()).toEqual(['end', 'free', 'in', 'm']);
  });
  test('leaves instances of other nodes alone', () => {
    const record = (id: string) => ({ id }) as never;
    expect(
      without([record('m[3]/in'), record('m[3]/free'), record('a')], new Set(['m', 'in'])).map(({ id }) => id),
    ).toEqual(['m[3]/free', 'a']);
  });
});

test('an outcome is kept for the same instance, step and input in any order of keys; the newest counts', () => {
  const record = (input: unknown, output: unknown) =>
    ({ id: 'a', step: 's', input, output, cached: false, reason: '', key: null, ms: 1 }) as never;
  const kept = new Kept([record({ x: 1, y: 2 }, 'old'), record({ y: 2, x: 1 }, 'new'), record({ x: 2 }, 'other')]);
  expect(kept.find('a', 's', { x: 1, y: 2 })?.output).toBe('new');
  expect(kept.find('a', 't', { x: 1, y: 2 })).toBeUndefined();
  expect(kept.find('b', 's', { x: 1, y: 2 })).toBeUndefined();
});

describe('a run is called', () => {
  const gate = (outcome: string, more = {}) =>
    ({
      step: 'gate',
      output: {
        passed: outcome === 'passed',
        record: { outcome, reasons: ['why'], evidence: { html: 's3://h' }, ...more },
      },
    }) as never;
  const register = { step: 'register', output: { ref: { version: '5' }, already: false } } as never;
  const promote = (outcome: string) =>
    ({ step: 'promote', output: { outcome, champion: '5', previous: '4', epoch: 1 } }) as never;
  test.each([
    ['finished', [], null, null],
    ['refused', [gate('refused')], 'refused', null],
    ['inconclusive', [gate('refused'), gate('inconclusive')], 'inconclusive', null],
    ['finished', [gate('passed')], 'passed', null],
    ['promoted', [gate('passed'), register, promote('promoted')], 'passed', '5'],
    ['already-champion', [gate('passed'), register, promote('already-champion')], 'passed', '5'],
    ['refused', [gate('passed'), register, promote('taken-back')], 'passed', '5'],
    ['already-champion', [gate('inconclusive', { already: true, against: '4' })], 'inconclusive', '4'],
  ])('%s after %#', (status, outcomes, verdict, modelVersion) => {
    expect(storyOf(outcomes)).toMatchObject({ status, verdict, modelVersion });
  });
  test('refused with the champion of a later time told, and promoted upon with it told once', () => {
    const laterChampion = { version: '9', asOf: 'October', reason: 'later-champion: version 9 stays' };
    for (const outcome of ['refused', 'inconclusive'])
      expect(storyOf([gate(outcome, { laterChampion })]).reasons).toEqual(['why', laterChampion.reason]);
    const stays = {
      step: 'promote',
      output: { outcome: 'later-champion', champion: '9', reason: 'it stays' },
    } as never;
    expect(storyOf([gate('passed', { laterChampion }), register, stays]).reasons).toEqual(['it stays', 'why']);
  });
  test('and a step of a user that is called like a stage harms nothing', () => {
    expect(
      storyOf([
        { step: 'gate', output: 3 },
        { step: 'promote', output: null },
      ]),
    ).toMatchObject({ status: 'finished', reasons: [] });
  });
});

test('reports list instances after their map, and tell a wide map as a sum', () => {
  const reports = new Reports(() => undefined);
  reports.list({ nodes: [run('a'), map('m', [], [run('in')], null), run('z')] }, '');
  for (let n = 0; n < 3; n++) reports.set(run('in'), `m[${n}]/`, { status: 'done' });
  expect(reports.all().map(({ id }) => id)).toEqual(['a', 'm', 'm[0]/in', 'm[1]/in', 'm[2]/in', 'z']);
  for (let n = 3; n < 500; n++) reports.set(run('in'), `m[${n}]/`, { status: n === 400 ? 'failed' : 'done' });
  expect(reports.all().map(({ id, reason }) => [id, reason])).toEqual([
    ['a', ''],
    ['m', '(499 instances not listed)'],
    ['m[400]/in', ''],
    ['z', ''],
  ]);
});

test('the details are a table that no node can break out of', () => {
  const nodes = [
    {
      id: 'a',
      kind: 'run',
      step: 'train',
      status: 'running' as const,
      cached: false,
      reason: '',
      ms: 1234,
      progress: 'epoch 7/20 | <b>\nauc',
    },
  ];
  expect(details('p: running', null, nodes).replaceAll('\u00a0', ' ')).toMatch(
    /^\| a \(train\) +\| ▶ +\| 1\.2 s +\| epoch 7\/20 \\\| \\<b\\> auc \|$/m,
  );
});
