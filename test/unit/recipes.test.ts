/**
 * CONTRIBUTING's recipes that give code, followed word for word in a copy of the tree: it type-checks, and what was added
 * works. The others name files, which are there.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseOptions } from 'dependency-cruiser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startExecutorDouble } from '../conformance/executor-double.ts';
import { follow, recipes, stepsOf } from '../fixtures/recipes.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const followed = ['Add a drift method', 'Add a gate rule', 'Add a trigger', 'Add an executor'];

const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 1e8 });
/** Below the clone, whose node_modules the copy finds by looking upwards. */
let copy: string;
beforeAll(() => {
  mkdirSync(join(root, '.ratchet'), { recursive: true });
  copy = mkdtempSync(join(root, '.ratchet', 'recipes-'));
  const sources = git('ls-files', '--cached', '--others', '--exclude-standard', '--', ':!test', ':!docs', ':!examples');
  for (const path of sources
    .split('\n')
    .filter((path) => /\.(ts|mjs|cjs|json)$/.test(path) && existsSync(join(root, path)))) {
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
    expect(stepsOf('Add an executor').map(({ file }) => file)).toHaveLength(5);
  });

  test('what they make type-checks, without a change of any other file', () => {
    // The rooms that speak of methods and rules by name; the rest would take the compiler a minute.
    const rooms = ['contracts', 'decisions', 'measures', 'reports', 'pipelines/index.ts', 'ports', 'adapters/agent'];
    const include = [...rooms, 'workers/executors.ts'];
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

  test('the executor is asked for by its kind, looks after a job elsewhere, and an unknown kind is told those that there are', async () => {
    const agent = await startExecutorDouble();
    try {
      const said = node(
        ...['--import', 'tsx', '--input-type=module', '--eval'],
        `import { createExecutor } from '#workers/executors.ts';
         process.env.RATCHET_AGENT = '${agent.url}';
         const executor = await createExecutor('agent', {});
         const other = await createExecutor('kubernetes', {}).catch(({ type, message }) => [type, message]);
         const gone = await executor.attach('nobody');
         console.log(JSON.stringify([executor.kind, gone, other]));`,
      );
      expect(said.stderr).toBe('');
      const refused = [
        'InvalidInput',
        expect.stringMatching(/RATCHET_EXECUTOR is "kubernetes".*there are agent, process\./),
      ];
      expect(JSON.parse(said.stdout)).toEqual(['agent', { kind: 'absent' }, refused]);
    } finally {
      await agent.close();
    }
  });

  test('the executor’s folder has a rule, whose violation fails', async () => {
    const { forbidden, options } = createRequire(import.meta.url)(join(copy, '.dependency-cruiser.cjs'));
    const rules = { ruleSet: { forbidden }, validate: true } satisfies ICruiseOptions;
    const violated = async (baseDir: string, { exclude: _, ...more }: ICruiseOptions) => {
      const { output } = await cruise(['adapters'], { ...more, ...rules, baseDir });
      if (typeof output === 'string') throw new Error(output);
      return output.summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`);
    };
    const name = 'packages-of-adapters-agent';
    expect(await violated(join(copy, 'test', 'import-rules', name), options)).toEqual([
      `${name}: adapters/agent/asks.ts`,
    ]);
    expect((await violated(copy, options)).filter((each) => each.includes('agent'))).toEqual([]);
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

test('a release raises the version in one place', () => {
  const manifest = join(copy, 'package.json');
  writeFileSync(manifest, JSON.stringify({ ...JSON.parse(readFileSync(manifest, 'utf8')), version: '7.8.9' }));
  expect(node('cli/bin.mjs', '--version').stdout).toBe('7.8.9\n');
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
