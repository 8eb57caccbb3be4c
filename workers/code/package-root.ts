/** Where Ratchet itself is installed: the folder of its package.json, in a clone and in node_modules alike. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Manifest {
  name: string;
  version: string;
  exports: Record<string, string | { import?: string; default?: string }>;
}

function findRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (folder !== dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'ratchet-ml') return folder;
    folder = dirname(folder);
  }
  throw new Error('package.json of ratchet-ml was not found above its own code');
}

export const packageRoot = findRoot();
const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as Manifest;
export const packageVersion = manifest.version;

/** The file behind `ratchet-ml` or `ratchet-ml/client` in this installation; null when it exports no such path. */
export function ownExport(specifier: string): string | null {
  const entry = manifest.exports[specifier.replace(/^ratchet-ml/, '.')];
  const path = typeof entry === 'string' ? entry : (entry?.import ?? entry?.default);
  return path ? join(packageRoot, path) : null;
}
