/**
 * CONTRIBUTING's recipes that give code, followed word for word in a copy of the tree: it type-checks, and what was added
 * works. The others name files, which are there.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const text = readFileSync(`${root}CONTRIBUTING.md`, 'utf8');
const recipes = new Map(
  text
    .slice(text.indexOf('\n## Recipes'), text.indexOf('\n## Before a release'))
    .split('\n### ')
    .slice(1)
    .map((part): [string, string] => [part.slice(0, part.indexOf('\n')), part]),
);
const followed = ['Add a drift method', 'Add a gate rule', 'Add a trigger'];

interface Step {
  file: string;
  /** `new`: the whole file. */
  how: 'new' | 'below' | 'above' | 'in place of';
  /** The line that it goes by, without its indentation. */
  line: string;
  code: string;
}

function stepsOf(name: string): Step[] {
  const found = [
    ...(recipes.get(name) ?? '').matchAll(
      /^\d\. (?:New `(?<made>[^`]+)`|`(?<file>[^`]+)`, (?<how>below|above|in place of) `(?<line>[^`]+)`).*\n\n {3}```ts\n(?<code>(?: {3}.*\n|\n)*?) {3}```/gm,
    ),
  ];
  return found.map(({ groups: { made, file = '', how, line = '', code = '' } = {} }) => ({
    file: made ?? file,
    how: made ? 'new' : (how as Step['how']),
    line,
    code: code.replace(/^ {3}/gm, ''),
  }));
}

function follow({ file, how, line, code }: Step, folder: string): void {
  const path = join(folder, file);
  if (how === 'new') {
    expect(existsSync(path), `${file} is there already`).toBe(false);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
    return;
  }
  const lines = readFileSync(path, 'utf8').split('\n');
  const at = lines.flatMap((each, index) => (each.trim() === line ? [index] : []));
  expect(at, `lines of ${file} that read ${line}`).toHaveLength(1);
  const [place = 0] = at;
  lines.splice(how === 'below' ? place + 1 : place, how === 'in place of' ? 1 : 0, code.trimEnd());
  writeFileSync(path, lines.join('\n'));
}

const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 1e8 });
/** Below the clone, whose node_modules the copy finds by looking upwards. */
let copy: string;
beforeAll(() => {
  mkdirSync(join(root, '.ratchet'), { recursive: true });
  copy = mkdtempSync(join(root, '.ratchet', 'recipes-'));
  const sources = git('ls-files', '--cached', '--others', '--exclude-standard', '--', ':!test', ':!docs', ':!examples');
  for (const path of sources
    .split('\n')
    .filter((path) => /\.(ts|mjs|json)$/.test(path) && existsSync(join(root, path)))) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(join(root, path), join(copy, path));
  }
  for (const name of followed) for (const step of stepsOf(name)) follow(step, copy);
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

const node = (...args: string[]) =>
  spawnSync(process.execPath, args, { cwd: copy, env: { ...process.env, NO_COLOR: '1' }, encoding: 'utf8' });

describe('the recipes that give code', () => {
  test('each has its steps', () => {
    expect(stepsOf('Add a drift method').map(({ file }) => file)).toHaveLength(4);
    expect(stepsOf('Add a gate rule').map(({ file }) => file)).toHaveLength(4);
    expect(stepsOf('Add a trigger').map(({ file }) => file)).toHaveLength(7);
  });

  test('what they make type-checks, without a change of any other file', () => {
    // The rooms that speak of methods and rules by name; the rest would take the compiler a minute.
    const include = ['contracts', 'decisions', 'measures', 'reports', 'pipelines/index.ts'];
    writeFileSync(join(copy, 'tsconfig.recipes.json'), JSON.stringify({ extends: './tsconfig.json', include }));
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    expect(node(tsc, '-p', 'tsconfig.recipes.json', '--incremental', 'false', '--tsBuildInfoFile', 'null').stdout).toBe(
      '',
    );
  }, 300_000);

  test('the drift method tells two columns apart', () => {
    writeFileSync(join(copy, 'before.csv'), `price\n${[1, 2, 3, 4, 5, 6, 7, 8].join('\n')}\n`);
    writeFileSync(join(copy, 'after.csv'), `price\n${[5, 6, 7, 8, 9, 10, 11, 12].join('\n')}\n`);
    const drift = (current: string) =>
      JSON.parse(
        node(
          ...['cli/bin.mjs', 'drift', '--reference', 'before.csv', '--current', current],
          ...['--method', 'price=bhattacharyya:0.2', '--json'],
        ).stdout,
      ) as { columns: { price: object } };
    expect(drift('before.csv').columns.price).toMatchObject({ value: 0, drifted: false });
    expect(drift('after.csv').columns.price).toMatchObject({ method: 'bhattacharyya', drifted: true });
  });

  test('the gate rule refuses too few rows, and stored rules without it are read as before', () => {
    const outcome = (rules: object) =>
      node(
        ...['--import', 'tsx', '--input-type=module', '--eval'],
        `import { GateRules } from '#contracts/gate-rules.ts';
         import { decideGate } from '#decisions/gate.ts';
         const evidence = { task: 'binary', rows: 500, directions: { roc_auc: true }, candidate: { digest: 'a', metrics: { roc_auc: 0.7 } },
                            champion: null, comparisons: [], slices: [],
                            scored: { eligible: 500, candidate: 500, champion: null, both: 500 } };
         console.log(JSON.stringify(decideGate({ evidence, rules: GateRules.parse(${JSON.stringify(rules)}) })));`,
      );
    const rules = { metric: 'roc_auc', minimumEffect: 0 };
    const said = outcome({ ...rules, minimumRows: 1_000 });
    expect(said.stderr).toBe('');
    expect(JSON.parse(said.stdout)).toMatchObject({
      outcome: 'refused',
      reasons: ['500 rows were judged, 1,000 is the least', expect.any(String)],
      distance: { minimumRows: 500 },
    });
    expect(JSON.parse(outcome({ ...rules, minimumRows: 100 }).stdout)).toMatchObject({ outcome: 'passed' });
    expect(JSON.parse(outcome(rules).stdout)).toMatchObject({ outcome: 'passed' });
  });

  test('the trigger asks for a run once its deliveries are there, and says what is lacking before', () => {
    const said = node(
      ...['--import', 'tsx', '--input-type=module', '--eval'],
      `import { noFacts } from '#decisions/retrain/facts.ts';
       import { judgeTriggers } from '#decisions/retrain/evaluate.ts';
       import { deliveries } from '#pipelines/index.ts';
       const data = ['a', 'b'].map((id) => ({ id, source: 'feed', at: '2026-06-07T00:00:00Z', who: 'anna' }));
       console.log(JSON.stringify([2, 3].map((atLeast) => judgeTriggers(deliveries({ atLeast }), { ...noFacts, data }))));`,
    );
    expect(said.stderr).toBe('');
    expect(JSON.parse(said.stdout)).toMatchObject([
      {
        holds: true,
        reasons: [{ kind: 'deliveries', words: '2 deliveries, 2 are enough', figures: { deliveries: 2 } }],
      },
      { holds: false, lacking: ['2 of 3 deliveries'] },
    ]);
  });
});

test('the others name files that are there', () => {
  expect(recipes.size).toBe(6);
  for (const [name, words] of recipes) {
    if (followed.includes(name)) continue;
    const named = [...words.matchAll(/`((?:[\w.-]+\/)+[\w-]+\.\w+)`/g)].map(([, path = '']) => path);
    expect(named.length, name).toBeGreaterThan(0);
    for (const path of named.filter((path) => !path.includes('NAME')))
      expect(existsSync(join(root, path)), `${name}: ${path}`).toBe(true);
  }
});
