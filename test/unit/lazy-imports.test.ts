/** What a command loads before it knows what it is asked: an SDK that it may not need costs it tenths of a second. */
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Packages that `entry` loads by itself: not those that it imports when it comes to them. */
async function loaded(entry: string): Promise<string[]> {
  const { metafile } = await build({
    ...{ absWorkingDir: root, entryPoints: [entry], bundle: true, write: false, metafile: true },
    ...{ format: 'esm', platform: 'node', packages: 'external', outdir: 'none', splitting: true, logLevel: 'silent' },
  });
  const packages = new Set<string>();
  const seen = new Set<string>();
  const visit = (module: string, inputs: Metafile['inputs']) => {
    if (seen.has(module)) return;
    seen.add(module);
    for (const { path, kind, external } of inputs[module]?.imports ?? [])
      if (kind !== 'dynamic-import') external ? packages.add(path) : visit(path, inputs);
  };
  visit(entry, metafile.inputs);
  expect(seen.size).toBeGreaterThan(1);
  return [...packages].filter((name) => !name.startsWith('node:')).toSorted();
}
const sdks = /^@temporalio|^@aws-sdk|^@duckdb|^esbuild|^vega/;

test('the command itself loads no SDK', async () => {
  const packages = await loaded('cli/main.ts');
  expect(packages).toContain('commander');
  expect(packages.filter((name) => sdks.test(name))).toEqual([]);
});

test('a session loads no client of Temporal before it is asked for one', async () => {
  const packages = await loaded('cli/kit/session.ts');
  expect(packages.filter((name) => /^@temporalio\/(client|worker)/.test(name))).toEqual([]);
});

test('a client of Temporal does not load the worker', async () => {
  const packages = await loaded('adapters/temporal/connection.ts');
  expect(packages).toContain('@temporalio/client');
  expect(packages).not.toContain('@temporalio/worker');
});
