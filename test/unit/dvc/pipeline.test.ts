/** What pipelines of DVC are made of, without any file: YAML as DVC writes it, Python's figures, templates, and the order of stages. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { graphOf, inOrder } from '#adapters/dvc/pipeline/graph.ts';
import type { Stage } from '#adapters/dvc/pipeline/stage.ts';
import { stagesOf } from '#adapters/dvc/pipeline/stages.ts';
import { resolved } from '#adapters/dvc/pipeline/template.ts';
import { floatText, isEqual, isValueMap, parseYaml, sortedJson, type Value } from '#adapters/dvc/pipeline/value.ts';
import { yamlText } from '#adapters/dvc/pipeline/yaml-text.ts';

const golden = join(import.meta.dirname, '..', '..', 'golden', 'dvc', 'yaml.json');
const map = (text: string) => {
  const { value } = parseYaml(text, 'a.yaml');
  if (!isValueMap(value)) throw new Error('a map is wanted');
  return value;
};

describe('YAML', () => {
  test('is, byte for byte, what DVC wrote of the same', () => {
    const recorded = JSON.parse(readFileSync(golden, 'utf8')) as [string, string][];
    expect(recorded.length).toBeGreaterThan(400);
    for (const [json, yaml] of recorded) expect(yamlText(map(json)), json).toBe(yaml);
  });

  test('is read again as what was written, whatever it holds', () => {
    const word = fc.oneof(
      fc.stringMatching(/^[a-z/._-]{1,30}$/),
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom("'", '"', ' ', '  ', '#', ': ', '- ', '\n', '1', 'x'.repeat(90), '\\'),
    );
    const text = fc.array(word, { maxLength: 30 }).map((words) => words.join(' '));
    const scalar = fc.oneof(
      text,
      fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
      fc.double({ noNaN: true }),
      fc.boolean(),
      fc.constant(null),
    );
    const { value } = fc.letrec<{ value: Value }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        scalar,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.array(fc.tuple(text, tie('value')), { maxLength: 3 }).map((some) => new Map(some)),
      ),
    }));
    fc.assert(
      fc.property(value, (each) => {
        const all = new Map<string, Value>([['k', each]]);
        const again = map(yamlText(all));
        expect(isEqual(again, all)).toBe(true);
        expect(yamlText(again)).toBe(yamlText(all));
      }),
      { numRuns: 1_000 },
    );
  });

  test('tells whole numbers from floats, and knows where a mistake stands', () => {
    expect([...map('a: 42\nb: 42.0\nc: on\nd: 1e-5\ne: 007x\nf: !!str 1').values()]).toEqual([
      42n,
      42,
      'on',
      1e-5,
      '007x',
      '1',
    ]);
    expect(() => parseYaml('a: 1\nb: [1,\n', 'p.yaml')).toThrow(/p\.yaml, line \d, column \d/);
    expect(() => parseYaml('a: 1\na: 2\n', 'p.yaml')).toThrow(/p\.yaml, line 2, column 1: .*unique/);
    expect(parseYaml('a:\n- x: 1\n  y: 2\n', 'p.yaml').at(['a', 0, 'y'])).toBe(', line 3, column 3');
  });
});

test('floats are written as Python writes them', () => {
  const known = {
    '1e-05': 1e-5,
    '0.0001': 1e-4,
    '1e+16': 1e16,
    '1234567890123456.0': 1234567890123456,
    '-0.0': -0,
    '1.5e+300': 1.5e300,
    '5e-324': 5e-324,
    '0.1': 0.1,
    '100.0': 100,
    inf: Number.POSITIVE_INFINITY,
    nan: Number.NaN,
  };
  expect(Object.values(known).map(floatText)).toEqual(Object.keys(known));
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) =>
      Object.is(Number(floatText(value)), value),
    ),
  );
});

test('values are compared as Python compares them', () => {
  expect(isEqual(42n, 42)).toBe(true);
  expect(isEqual(true, 1n)).toBe(true);
  expect(isEqual('1', 1n)).toBe(false);
  expect(isEqual(null, 0n)).toBe(false);
  expect(isEqual(2n ** 60n + 1n, 2 ** 60)).toBe(false);
  expect(isEqual(map('a: 1\nb: [1, {c: 2.0}]'), map('b: [1.0, {c: 2}]\na: 1'))).toBe(true);
  expect(isEqual(map('a: 1'), map('a: 1\nb: null'))).toBe(false);
  expect(sortedJson(map('b: [1, 2.0, ü, null, true]\na: {z: 1e-5}'))).toBe(
    '{"a": {"z": 1e-05}, "b": [1, 2.0, "\\u00fc", null, true]}',
  );
});

describe('templates', () => {
  const context = map(
    'a: 1\nb: {c: [x, {d: 2.5}]}\nt: true\nn: null\ns: "it is"\nopts: {lr: 0.1, v: true, q: false, l: [1, a b], in: {x: 1}}',
  );
  const of = (text: string, isCommand = false) => resolved(text, context, 'here', isCommand);
  test.each<[string, Value]>([
    ['${a}', 1n],
    ['${b.c[1].d}', 2.5],
    ['${b[c][0]}', 'x'],
    ['${t}', true],
    ['x${t} ${n}', 'xtrue None'],
    ['\\${a} ${a}', '${a} 1'],
    ['$a {a}', '$a {a}'],
    ['${b.c}', ['x', new Map([['d', 2.5]])]],
  ])('%s', (text, value) => expect(of(text)).toEqual(value));
  test('a map is options of a command', () => {
    expect(of('x ${opts}', true)).toBe("x --lr 0.1 --v --l 1 'a b' --in.x 1");
    expect(() => of('x ${opts}')).toThrow(/here, \$\{opts\} is a map/);
  });
  test.each([
    ['${z}', /could not find 'z'/],
    ['${a.b}', /could not find 'a.b'/],
    ['${b.c[9]}', /could not find/],
    ['x ${b.c}', /is a list/],
    ['${}', /is no path/],
    ['${a..b}', /is no path/],
    ['${__proto__}', /could not find '__proto__'/],
    ['${constructor.name}', /could not find/],
  ])('%s is refused', (text, message) => expect(() => of(text)).toThrow(message));
});

describe('the order of stages', () => {
  const stages = (yaml: string): Promise<Stage[]> =>
    stagesOf('/r/dvc.yaml', '/r', async (path) => (path === '/r/dvc.yaml' ? yaml : null));
  test('what is needed comes first, whatever the order in the file; what a frozen one needs does not', async () => {
    const all = await stages(
      'stages:\n  c:\n    cmd: x\n    deps: [b/part]\n    outs: [c]\n  a:\n    cmd: x\n    outs: [a]\n  b:\n    cmd: x\n    deps: [a]\n    outs: [b]\n  f:\n    cmd: x\n    frozen: true\n    deps: [c]\n    outs: [f]\n  d:\n    cmd: x\n    deps: [f, "a/x"]\n    outs: [d]\n',
    );
    const graph = graphOf(all);
    const names = (some: readonly Stage[]) => some.map(({ name }) => name).join(' ');
    expect(names(inOrder(graph, all))).toBe('a b c f d');
    expect(names(inOrder(graph, all.slice(-1), true))).toBe('a f d');
    expect(names(graph.after(all[1] as Stage))).toBe('b d');
  });
  test('a thousand stages take no time worth the name', async () => {
    const yaml = `stages:\n  s:\n    matrix:\n      i: [${Array.from({ length: 1000 }, (_, i) => i).join(', ')}]\n    cmd: x\n    deps: [in]\n    outs: ["o\${item.i}"]\n`;
    const all = await stages(yaml);
    expect(inOrder(graphOf(all), all)).toHaveLength(1000);
  });
});
