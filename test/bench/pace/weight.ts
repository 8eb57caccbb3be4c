/** What a user's `npm install` of the built package brings: an empty folder, an empty cache of npm's is not wanted. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../world.ts';

export interface Weight {
  /** Wall time of the install, ms. */
  ms: number;
  /** Of node_modules, MB (10⁶ bytes). */
  mb: number;
  packages: number;
  heaviest: { name: string; mb: number }[];
  packedMb: number;
}

/** null: nothing is built. @param folder empty; the package is packed and installed in it */
export function installWeight(folder: string): Weight | null {
  const built = join(repository, 'dist');
  if (!existsSync(join(built, 'bin.mjs'))) return null;
  const npm = (args: readonly string[]) =>
    execFileSync('npm', [...args], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  const [packed] = JSON.parse(npm(['pack', built, '--json', '--pack-destination', folder])) as { filename: string }[];
  const tarball = join(folder, packed?.filename ?? '');
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }');
  const began = performance.now();
  npm(['install', tarball, '--no-audit', '--no-fund']);
  const ms = performance.now() - began;
  const all = packagesIn(join(folder, 'node_modules')).map(({ name, path }) => ({ name, mb: bytesOf(path) / 1e6 }));
  return {
    ms,
    mb: all.reduce((sum, { mb }) => sum + mb, 0),
    packages: all.length,
    heaviest: all.toSorted((a, b) => b.mb - a.mb).slice(0, 5),
    packedMb: statSync(tarball).size / 1e6,
  };
}

function packagesIn(modules: string): { name: string; path: string }[] {
  return readdirSync(modules)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@')
        ? readdirSync(join(modules, name)).map((inner) => ({
            name: `${name}/${inner}`,
            path: join(modules, name, inner),
          }))
        : [{ name, path: join(modules, name) }],
    );
}

function bytesOf(path: string): number {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
