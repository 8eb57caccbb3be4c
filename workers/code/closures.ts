/** What a module's behaviour can depend on: itself and everything that it imports, as one digest. */
import { resolve } from 'node:path';
import type { Metafile } from 'esbuild';
import { canonicalJson } from '#contracts/json.ts';
import type { ReadFiles } from './bundle-plugin.ts';
import { packageName, packageOfFile } from './installed-package.ts';
import { packageVersion } from './package-root.ts';
import { sha256 } from './sha256.ts';

/**
 * SHA-256 by module (path relative to `root`) over the sorted (path, SHA-256 of content) of its closure and the
 * `name@version` of the packages that the closure imports. Ratchet counts by its version, like any package: its own
 * files change neither the closure nor the cache of a user's step.
 */
export function closureDigests(root: string, metafile: Metafile, read: ReadFiles): Record<string, string> {
  const closures: Record<string, string> = {};
  for (const module of Object.keys(metafile.inputs)) {
    if (packageOfFile(resolve(root, module)) === null) closures[module] = sha256(canonicalJson(closure(module)));
  }
  return closures;

  function closure(start: string): { files: [string, string][]; packages: string[] } {
    const files = new Map<string, string>();
    const packages = new Set<string>();
    const open = [start];
    for (let module = open.pop(); module !== undefined; module = open.pop()) {
      if (files.has(module)) continue;
      files.set(module, read.digests.get(resolve(root, module)) ?? '');
      for (const edge of metafile.inputs[module]?.imports ?? []) {
        const specifier = edge.original ?? edge.path;
        const outside = edge.external
          ? (read.externals.get(specifier) ?? null)
          : packageOfFile(resolve(root, edge.path));
        if (packageName(specifier) === 'ratchet-ml') packages.add(`ratchet-ml@${packageVersion}`);
        else if (outside) packages.add(outside);
        else if (!edge.external) open.push(edge.path);
      }
    }
    return { files: [...files].sort(([a], [b]) => (a < b ? -1 : 1)), packages: [...packages].sort() };
  }
}
