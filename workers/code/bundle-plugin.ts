/**
 * How a pipeline's imports are bundled: the project's own files, `ratchet-ml` and zod go in; every other package stays
 * outside and is loaded from the project's node_modules. Notes each file's digest at the moment that it is read, so that
 * a file edited while the bundle is built can never be counted with other bytes than were bundled.
 */
import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { basename } from 'node:path';
import type { OnResolveArgs, Plugin } from 'esbuild';
import { installedPackage, packageName } from './installed-package.ts';
import { ownExport, packageRoot } from './package-root.ts';
import { sha256 } from './sha256.ts';

/** Ratchet's own folders, also in its clone, where they share a root with the pipelines that are a project's. */
const ownFolders =
  /^(contracts|decisions|expectations|features|dist)\/|^pipelines\/([^/]+\.[a-z]+$|graph\/|presets\/|testing\/)/;
const isRatchets = (path: string) =>
  path.startsWith(`${packageRoot}/`) && ownFolders.test(path.slice(packageRoot.length + 1));

const inside = new Set(['zod', 'ratchet-ml']);
const builtin = new Set(builtinModules);
const again = Symbol('resolved once');

/** In place of a version: an optional package that is not installed. */
export const ABSENT = '@none';

export interface ReadFiles {
  /** Absolute path → SHA-256. */
  digests: Map<string, string>;
  /** `name@version` by the specifier of an import that stays outside. */
  externals: Map<string, string>;
}

export function pipelineImports(read: ReadFiles): Plugin {
  return {
    name: 'ratchet-pipeline',
    setup(build) {
      build.onResolve({ filter: /^[^./#]/ }, async (args: OnResolveArgs) => {
        if (args.pluginData === again || args.kind === 'entry-point' || args.path.startsWith('/')) return undefined;
        if (args.path.startsWith('node:') || builtin.has(args.path)) return { path: args.path, external: true };
        // What a bundled package imports goes in too: it may not be reachable from the project.
        if (isRatchets(args.importer) || args.importer.includes('/node_modules/')) return undefined;
        const name = packageName(args.path);
        const installed = installedPackage(name, args.resolveDir);
        if (inside.has(name)) {
          // A project without packages of its own (a first try, a test) uses those that Ratchet came with.
          const own = name === 'ratchet-ml' && !(installed && !installed.linked) ? ownExport(args.path) : null;
          if (own) return { path: own };
          const resolveDir = installed ? args.resolveDir : packageRoot;
          return build.resolve(args.path, { kind: args.kind, resolveDir, pluginData: again });
        }
        // Not a package, or one that is the project's own code: esbuild's rules (tsconfig paths, links) decide.
        if (!installed || installed.linked) {
          const found = await build.resolve(args.path, {
            kind: args.kind,
            resolveDir: args.resolveDir,
            pluginData: again,
          });
          if (found.errors.length === 0) return found;
          const optional = args.kind === 'dynamic-import' || args.kind === 'require-resolve';
          if (optional) {
            read.externals.set(args.path, `${name}${ABSENT}`);
            return { path: args.path, external: true };
          }
          const text = `"${args.path}" is not installed in this project: npm install ${name}`;
          return { errors: [{ text }] };
        }
        read.externals.set(args.path, `${installed.name}@${installed.version}`);
        return { path: args.path, external: true };
      });
      build.onLoad({ filter: /\.[cm]?[jt]s$/, namespace: 'file' }, async ({ path }) => {
        const contents = await readFile(path);
        if (isRatchets(path) || path.includes('/node_modules/'))
          return { contents: `${contents}${coarseMap(path)}`, loader: 'default' };
        read.digests.set(path, sha256(contents));
        return { contents, loader: 'default' };
      });
      build.onLoad({ filter: /./, namespace: 'file' }, async ({ path }) => {
        if (path.includes('/node_modules/')) return undefined;
        const contents = await readFile(path);
        read.digests.set(path, sha256(contents));
        return { contents, loader: 'default' };
      });
    },
  };
}

/**
 * A source map that says of the whole file only where it came from. Positions inside zod and Ratchet help no user, and
 * nine tenths of a bundle's map would be theirs, read again by every step host that starts.
 */
function coarseMap(path: string): string {
  const map = JSON.stringify({ version: 3, sources: [basename(path)], mappings: 'AAAA' });
  return `\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}`;
}
