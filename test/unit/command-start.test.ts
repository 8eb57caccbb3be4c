/** What every command pays before its verb begins: the option parser and words, no schema and no SDK. */
import { build } from 'esbuild';
import { expect, test } from 'vitest';

/** Files and packages that a module reads when it is loaded, lazy imports left out. */
async function readAtStart(module: string): Promise<{ packages: string[]; modules: string[] }> {
  const { metafile } = await build({
    entryPoints: [module],
    outdir: 'out',
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
  });
  const packages = new Set<string>();
  const modules = new Set<string>();
  const open = [module];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (modules.has(path)) continue;
    modules.add(path);
    for (const each of metafile.inputs[path]?.imports ?? [])
      if (each.kind !== 'import-statement') continue;
      else if (!each.external) open.push(each.path);
      else if (!each.path.startsWith('node:')) packages.add(each.path);
  }
  return { packages: [...packages].toSorted(), modules: [...modules] };
}

test('help loads the option parser and what draws a table', async () => {
  const { packages, modules } = await readAtStart('cli/main.ts');
  expect(packages).toEqual(['cli-table3', 'commander', 'picocolors']);
  // Each verb's own file declares its options; its work is loaded when it is called.
  expect(
    modules.filter((path) => /^(adapters|measures|reports|records|gateway|pipelines|workflows)\//.test(path)),
  ).toEqual([]);
});
