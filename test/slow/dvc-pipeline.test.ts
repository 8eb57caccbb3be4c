/** The real DVC and `ratchet repro` run each other's pipelines on: one calls clean what the other one ran, and both write the same dvc.lock. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isEqual, parseYaml, sortedJson, type Value, type ValueMap } from '#adapters/dvc/pipeline/value.ts';
import { yamlText } from '#adapters/dvc/pipeline/yaml-text.ts';
import { ensurePythonEnvironment } from '#stack/python-environment.ts';

const main = fileURLToPath(new URL('../../cli/bin.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ratchet-dvc-pipelines-'));
let bin = '';
beforeAll(async () => {
  const here = import.meta.dirname;
  ({ bin } = await ensurePythonEnvironment({
    root: join(here, '..', '..'),
    name: 'dvc',
    lock: join(here, 'dvc', 'requirements.lock'),
    progress: (line) => console.log(line),
  }));
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);

const word = fc.oneof(
  fc.stringMatching(/^[a-z0-9/._${}=-]{1,30}$/),
  // Of YAML 1.1's line breaks DVC makes what YAML 1.2 reads as something else.
  fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.replace(/[\u0085\u2028\u2029]/g, '')),
  fc.constantFrom(' ', '  ', "'", '"', '\n', '#', ': ', '- ', '1', '1e5', 'true', '~', '0x1f', '2026-01-02', '\\'),
);
const anyText = fc.oneof(
  word,
  fc.array(word, { maxLength: 40 }).map((words) => words.join(' ')),
  fc.array(word, { maxLength: 20 }).map((words) => words.join('')),
);
const key = fc.oneof(
  { weight: 5, arbitrary: fc.stringMatching(/^[a-z.@_-]{1,12}$/) },
  { weight: 1, arbitrary: anyText },
);
/** Those whose JSON Python reads as a float. */
const float = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => /[.e]/.test(String(value)));
const { value: anyValue } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    anyText,
    fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }),
    float,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
  ),
}));
const anyMap: fc.Arbitrary<ValueMap> = fc
  .array(fc.tuple(key, anyValue), { minLength: 1, maxLength: 4 })
  .map((entries) => new Map(entries));

test('YAML is what DVC writes, whatever it holds', { timeout: 600_000 }, () => {
  const values = fc.sample(anyMap, { numRuns: 12_000, seed });
  const { stdout, stderr } = spawnSync(join(bin, 'python'), [join(import.meta.dirname, 'dvc', 'dump_yaml.py')], {
    input: values.map((value) => `${unsortedJson(value)}\n`).join(''),
    encoding: 'utf8',
    maxBuffer: 1024 ** 3,
  });
  const theirs = stdout.trimEnd().split('\n');
  expect(theirs, stderr).toHaveLength(values.length);
  const told = theirs.map((line) => JSON.parse(line) as string | null);
  const isRead = (text: string, value: ValueMap) => isEqual(parseYaml(text, 'a').value, value);
  let same = 0;
  for (const [at, value] of values.entries()) {
    const text = yamlText(value);
    expect(isRead(text, value), `seed ${seed}: ${JSON.stringify(text)} ${sortedJson(value)}`).toBe(true);
    // DVC loses a space at the end of a line, breaks keys, and takes `-.1e5` for a text, which YAML 1.2 does not.
    const other = told[at] ?? null;
    if (other === null || !isRead(other, value)) continue;
    expect(text, `seed ${seed}`).toBe(other);
    same += 1;
  }
  expect(same).toBeGreaterThan(0.9 * values.length);
});

/** In the order of the keys, floats as floats. */
function unsortedJson(value: Value): string {
  if (Array.isArray(value)) return `[${(value as readonly Value[]).map(unsortedJson).join(',')}]`;
  if (value instanceof Map)
    return `{${[...(value as ValueMap)].map(([name, each]) => `${sortedJson(name)}:${unsortedJson(each)}`).join(',')}}`;
  return sortedJson(value);
}

const env = { ...process.env, DVC_NO_ANALYTICS: '1', SHELL: '/bin/sh' };
const run = (program: string, args: string[], cwd: string) => {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: 'utf8' });
  expect(status, `seed ${seed}: ${args.join(' ')}: ${stderr}${stdout}`).toBe(0);
  return stdout;
};
const ours = (cwd: string, ...args: string[]) => run(process.execPath, [main, ...args], cwd);
const theirs = (cwd: string, ...args: string[]) => run(join(bin, 'dvc'), args, cwd);
const bothSay = (cwd: string) => {
  const told = JSON.parse(ours(cwd, 'data', 'status', '--json'));
  expect(told, `seed ${seed}`).toEqual(JSON.parse(theirs(cwd, 'status', '--json')));
  return told;
};

interface Drawn {
  readonly stages: readonly {
    readonly reads: readonly number[];
    readonly kind: 'file' | 'folder' | 'metric' | 'foreach' | 'matrix';
    readonly params: readonly string[];
    readonly isExecutable: boolean;
    readonly words: string;
  }[];
  readonly values: readonly Value[];
  readonly wdir: boolean;
}
/** DVC changes the last digit of one with an exponent when it writes a lock again: few digits, or none. */
const steadyFloat = fc.oneof(
  fc.constantFrom(1e-5, 2.5e-7, 1e20),
  fc.double({ min: 0.001, max: 1000, noNaN: true }).filter((value) => !Number.isInteger(value)),
);
const paramNames = ['a', 'b.c', 'b.d', 'list'];
const drawn: fc.Arbitrary<Drawn> = fc.record({
  stages: fc.array(
    fc.record({
      reads: fc.array(fc.nat(20), { maxLength: 3 }),
      kind: fc.constantFrom('file', 'folder', 'metric', 'foreach', 'matrix'),
      params: fc.subarray(paramNames),
      isExecutable: fc.boolean(),
      words: fc.stringMatching(/^[a-zA-Z0-9 :#,.-]{0,120}$/),
    }),
    { minLength: 2, maxLength: 6 },
  ),
  values: fc.array(fc.oneof(fc.bigInt({ min: 0n, max: 9n }), steadyFloat, fc.boolean(), anyText), {
    minLength: 4,
    maxLength: 4,
  }),
  wdir: fc.boolean(),
});

/** Commands copy what they read, so that a change goes on through all of them. */
function written(root: string, { stages, values, wdir }: Drawn): void {
  const at = wdir ? 'sub/' : '';
  mkdirSync(join(root, 'sub'), { recursive: true });
  writeFileSync(join(root, `${at}in.txt`), 'in');
  const [a = 0n, c = 0n, d = 0n, x = 0n] = values;
  const params = new Map<string, Value>([
    ...([
      ['a', a],
      ['list', [x, 1n, 'two']],
      ['each', ['p', 'q']],
    ] as [string, Value][]),
    [
      'b',
      new Map([
        ['c', c],
        ['d', d],
      ]),
    ],
  ]);
  writeFileSync(join(root, 'params.yaml'), yamlText(params));
  const made: string[][] = [];
  const own = new Map<string, Value>();
  for (const [index, { reads, kind, params: names, isExecutable, words }] of stages.entries()) {
    const before =
      index === 0 ? ['in.txt'] : [...new Set(reads.map((read) => read % index).flatMap((read) => made[read] ?? []))];
    const deps = before.length > 0 ? before : ['in.txt'];
    const out = `out-${index}`;
    const [each, outs] = kind === 'foreach' || kind === 'matrix' ? ['-${item}', [`${out}-p`, `${out}-q`]] : ['', [out]];
    const target = `${out}${kind === 'matrix' ? '-${item.v}' : each}`;
    made.push(outs);
    const say = `echo '${words}'`;
    const cmd =
      kind === 'folder'
        ? `mkdir -p ${target}/in && ${say} > ${target}/z && cat $(find ${deps.join(' ')} -type f | sort) > ${target}/in/a`
        : kind === 'metric'
          ? `echo "{\\"n\\": $(cat $(find ${deps.join(' ')} -type f) | wc -c)}" > ${target}`
          : `(${say}; cat $(find ${deps.join(' ')} -type f | sort)) > ${target}${isExecutable ? ` && chmod +x ${target}` : ''}`;
    const stage = new Map<string, Value>([
      ...([
        ['cmd', cmd],
        ['deps', deps],
      ] as [string, Value][]),
      ...(wdir ? ([['wdir', 'sub']] as [string, Value][]) : []),
      ...(names.length > 0 && !wdir ? ([['params', names]] as [string, Value][]) : []),
      kind === 'metric'
        ? (['metrics', [new Map([[target, new Map<string, Value>([['cache', false]])]])]] as [string, Value])
        : (['outs', [target]] as [string, Value]),
    ]);
    own.set(
      `s${index}`,
      kind === 'foreach'
        ? new Map<string, Value>([
            ['foreach', '${each}'],
            ['do', stage],
          ])
        : kind === 'matrix'
          ? new Map<string, Value>([['matrix', new Map([['v', ['p', 'q']]])], ...stage])
          : stage,
    );
  }
  writeFileSync(join(root, 'dvc.yaml'), yamlText(new Map([['stages', own]])));
}

test('pipelines that were drawn: each goes on where the other one was', { timeout: 1_200_000 }, () => {
  for (const [at, pipeline] of fc.sample(drawn, { numRuns: 12, seed }).entries()) {
    const root = join(folder, String(at));
    mkdirSync(root);
    run('git', ['init', '-q', '.'], root);
    theirs(root, 'init', '-q');
    written(root, pipeline);
    const [ran, own] = at % 2 === 0 ? [ours, theirs] : [theirs, ours];
    const repro = (by: typeof ours) => by(root, 'repro', ...(by === ours ? ['--local'] : ['-q']));
    bothSay(root);
    repro(ran);
    expect(bothSay(root)).toEqual({});
    const lock = () => readFileSync(join(root, 'dvc.lock'), 'utf8');
    const [first, runs] = [lock(), runsOf(root)];
    repro(own);
    expect(lock()).toBe(first);
    // The same anew, by the other one: all of it byte for byte.
    rmSync(join(root, 'dvc.lock'));
    rmSync(join(root, '.dvc/cache/runs'), { recursive: true, force: true });
    own(root, 'repro', '--force', ...(own === ours ? ['--local'] : ['-q']));
    expect(lock(), `seed ${seed}`).toBe(first);
    expect(runsOf(root), `seed ${seed}`).toEqual(runs);
    // A change, and back: the run cache of one serves the other.
    const input = join(root, pipeline.wdir ? 'sub/in.txt' : 'in.txt');
    writeFileSync(input, 'changed');
    bothSay(root);
    repro(ran);
    expect(bothSay(root)).toEqual({});
    writeFileSync(input, 'in');
    repro(own);
    expect(lock(), `seed ${seed}`).toBe(first);
    expect(bothSay(root)).toEqual({});
  }
});

const runsOf = (root: string): string[] => {
  const runs = join(root, '.dvc/cache/runs');
  return (existsSync(runs) ? readdirSync(runs, { recursive: true, withFileTypes: true }) : [])
    .filter((each) => each.isFile())
    .map((each) => join(dirname(join(each.parentPath, each.name)), each.name).slice(runs.length))
    .sort();
};
