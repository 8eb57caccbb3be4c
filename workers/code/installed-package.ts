/** Finds the installed package behind a bare import: its folder and version. */
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface InstalledPackage {
  name: string;
  version: string;
  /** A folder of the project's own, linked into node_modules: its files are the project's code. */
  linked: boolean;
}

/** `@scope/name/path` → `@scope/name`. */
export function packageName(specifier: string): string {
  const words = specifier.split('/');
  return specifier.startsWith('@') ? words.slice(0, 2).join('/') : (words[0] ?? specifier);
}

/** Looks in `node_modules` of `from` and of each folder above it, as Node does; null when it is not installed. */
export function installedPackage(specifier: string, from: string): InstalledPackage | null {
  const name = packageName(specifier);
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    try {
      const { version = '0.0.0' } = JSON.parse(readFileSync(join(candidate, 'package.json'), 'utf8'));
      return { name, version, linked: !realpathSync(candidate).includes('/node_modules/') };
    } catch {
      if (folder === dirname(folder)) return null;
    }
  }
}

/** `name@version` of the package that a file inside node_modules belongs to; null for any other file. */
export function packageOfFile(path: string): string | null {
  const at = path.lastIndexOf('/node_modules/');
  if (at < 0) return null;
  const name = packageName(path.slice(at + '/node_modules/'.length));
  const found = installedPackage(name, path.slice(0, at));
  return `${name}@${found?.version ?? '?'}`;
}
