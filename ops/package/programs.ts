/**
 * Ratchet's processes (the command, the worker, the stack's supervisor, the data host) as one graph of few files: a command
 * that reads two hundred modules pays for each. What several of them load is in a chunk once, what is imported lazily stays
 * lazy, and what is known by identity (a class, a weak map) is the same in all that one process loads.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join, posix, relative } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin, transform } from 'esbuild';
import { globSync } from 'tinyglobby';

/** Where they lie in the package. */
export const PROGRAMS = 'programs';

/** Packages that stay as npm puts them: large, native, such as find files of their own by their place, or whose names a bundle would lose. */
const outside = [
  ...['@temporalio/*', '@duckdb/*', 'vega', 'vega-lite', 'typescript', 'esbuild', 'pino', 'lmdb', 'ioredis'],
  ...['pg', 'pg-copy-streams'],
];

export const staysOutside = (name: string): boolean =>
  outside.some((each) => (each.endsWith('/*') ? name.startsWith(each.slice(0, -1)) : name === each));

/** A module that is named by its place: another process's main, or what a data host is told to load. Comments quote it. */
const NAMED = /(?<!`)\bnew URL\(\s*(["'])(\.{1,2}\/[^"'\n]+)\.ts\1\s*,\s*import\.meta\.url\s*,?\s*\)/g;
/** Stands for the package's root in a module's text; each file of the build knows its own way there. */
const ROOT = '__ratchet_package_root__';

export interface Programs {
  /** Path in the package → text. */
  readonly files: ReadonlyMap<string, string>;
  readonly metafile: Metafile;
}

/**
 * @param rooms glob of the folders that hold Ratchet's own code
 * @param replaced specifier of a package → what is imported in its place, named from the package's root
 */
export async function bundlePrograms(
  root: string,
  rooms: string,
  replaced: Readonly<Record<string, string>>,
): Promise<Programs> {
  const named = await modulesNamedByPlace(root, rooms);
  const options = {
    absWorkingDir: root,
    entryPoints: ['cli/main.ts', ...named],
    outdir: PROGRAMS,
    outbase: root,
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // What a package has as ES modules can be taken in parts.
    mainFields: ['module', 'main'],
    legalComments: 'inline',
    chunkNames: 'chunks/[name]-[hash]',
    external: outside,
    banner: {
      js: "import { createRequire as __ratchetRequire } from 'node:module'; const require = __ratchetRequire(import.meta.url);",
    },
    plugins: [places(root, replaced), onlyEnglish],
  } satisfies BuildOptions;
  const { outputFiles, metafile } = await build(options);
  const files = new Map<string, string>();
  for (const { path, text } of outputFiles) {
    const file = relative(root, path);
    const up = '../'.repeat(file.split('/').length - 1);
    files.set(file, text.replaceAll(ROOT, `new URL(${JSON.stringify(up)}, import.meta.url)`));
  }
  return { files, metafile };
}

/** Paths of modules, relative to the root. */
async function modulesNamedByPlace(root: string, rooms: string): Promise<string[]> {
  const found = new Set<string>();
  // The step host's program is a file of its own already.
  for (const path of globSync(`${rooms}/*.ts`, { cwd: root }))
    for (const [, , place] of (await readFile(join(root, path), 'utf8')).matchAll(NAMED))
      if (place !== './child') found.add(posix.join(posix.dirname(path), `${place}.ts`));
  return [...found].toSorted();
}

/** Messages of schemas are English: the others are a third of zod. */
const onlyEnglish: Plugin = {
  name: 'only-english',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, ({ path }) => ({
      contents: "export { default as en } from './en.js';",
      resolveDir: dirname(path),
    })),
};

/** A module in a chunk names files as it does in its own place; modules that it names are those of this graph. */
function places(root: string, replaced: Readonly<Record<string, string>>): Plugin {
  return {
    name: 'places',
    setup: ({ onLoad }) =>
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const source = await readFile(path, 'utf8');
        if (path.includes('/node_modules/') || !source.includes('import.meta.url')) return undefined;
        const place = relative(root, path);
        const linked = source.replace(NAMED, (_, quote: string, module: string) => {
          const target = posix.join(PROGRAMS, dirname(place), `${module}.js`);
          return `new URL(${quote}${target}${quote}, ${ROOT})`;
        });
        // By the syntax tree: in a text the three words are words.
        const { code } = await transform(linked, {
          loader: 'ts',
          target: 'node20',
          define: { 'import.meta.url': '__ratchetPlace' },
        });
        const own = `const __ratchetPlace = new URL(${JSON.stringify(place)}, ${ROOT}).href;\n${code}`;
        const contents = Object.entries(replaced).reduce(
          (text, [specifier, file]) =>
            text.replace(`"${specifier}"`, JSON.stringify(`./${posix.relative(dirname(place), file)}`)),
          own,
        );
        return { contents, loader: 'js' };
      }),
  };
}
