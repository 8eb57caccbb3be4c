/** The import table: nothing in the product breaks it, and every rule is shown to fail on a committed violation. */
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cruise, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser';
import { describe, expect, test } from 'vitest';

const require = createRequire(import.meta.url);
const config: { forbidden: { name: string }[]; options: ICruiseOptions } = require('../../.dependency-cruiser.cjs');
const root = new URL('../../', import.meta.url).pathname;
const folders = [
  'contracts',
  'decisions',
  'expectations',
  'features',
  'workflows',
  'activities',
  'ports',
  'measures',
  'reports',
  'records',
  'adapters',
  'pipelines',
  'stack',
  'workers',
  'gateway',
  'serving',
  'cli',
  'examples',
];

async function violations(
  baseDir: string,
  entries: string[],
  options: ICruiseOptions,
): Promise<ICruiseResult['summary']> {
  const ruleSet = { forbidden: config.forbidden } as NonNullable<ICruiseOptions['ruleSet']>;
  const { output } = await cruise(entries, { ...options, ruleSet, baseDir, validate: true });
  if (typeof output === 'string') throw new Error(output);
  return output.summary;
}

describe('import rules', () => {
  test('the product follows them, and its modules were really read', async () => {
    const present = readdirSync(root).filter((name) => folders.includes(name));
    const summary = await violations(root, present, config.options);
    expect(summary.violations.map((v) => `${v.rule.name}: ${v.from} → ${v.to}`)).toEqual([]);
    expect(summary.totalCruised).toBeGreaterThan(50);
  }, 60_000);

  test('each adapter has its list of packages: without one it could import any', () => {
    const named = new Set(config.forbidden.map(({ name }) => name));
    const adapters = readdirSync(`${root}adapters`);
    expect(adapters.filter((adapter) => !named.has(`packages-of-adapters-${adapter}`))).toEqual([]);
  });

  test('every rule has a violation, every violation a rule', () => {
    const fixtures = readdirSync(`${root}test/import-rules`);
    expect(fixtures.toSorted()).toEqual(config.forbidden.map((rule) => rule.name).toSorted());
  });

  test.each(config.forbidden.map((rule) => rule.name))('%s can fail', async (name) => {
    const { exclude: _excluded, ...options } = config.options;
    const baseDir = `${root}test/import-rules/${name}`;
    const summary = await violations(baseDir, readdirSync(baseDir), options);
    expect(summary.violations.map((violation) => violation.rule.name)).toContain(name);
  });
});
