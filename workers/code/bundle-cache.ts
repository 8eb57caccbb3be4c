/**
 * A pipeline's bundle is made again only when a file that it was made of, or one that its imports could lead to now, is not
 * as it was: a plan of unchanged code costs a few hundred stat calls. Commands and workers share the last one on disk.
 */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Metafile } from 'esbuild';
import { z } from 'zod';
import { buildPipeline, type PipelineBundle } from './bundle.ts';
import { writeWhole } from './code-store.ts';
import { extendedBy } from './compiler-options.ts';
import type { PipelineFolder } from './find-pipelines.ts';
import { packageName } from './installed-package.ts';
import { packageRoot, packageVersion } from './package-root.ts';
import { sha256 } from './sha256.ts';

/** What decides how imports are resolved; each installer writes one of the last three anew. */
const settings = [
  ...['package.json', 'tsconfig.json', 'package-lock.json'],
  ...['.package-lock.json', '.modules.yaml', '.yarn-state.yml'].map((name) => `node_modules/${name}`),
];

/** What bundles are made by, in a clone: a change of it changes bundles. */
const makers = [
  'package.json',
  ...['build', 'bundle', 'bundle-plugin', 'closures'].map((file) => `workers/code/${file}.ts`),
];

const Kept = z.object({
  made: z.string(),
  digest: z.string(),
  closures: z.record(z.string(), z.string()),
  entry: z.string(),
  /** Absolute. */
  paths: z.array(z.string()),
  state: z.string(),
});
type Kept = z.output<typeof Kept>;

/** Whose bundles these are; another version of Ratchet, of Node or of its search path makes its own. */
const made = sha256(JSON.stringify([1, packageRoot, packageVersion, process.version, process.env.NODE_PATH ?? '']));

export class BundleCache {
  readonly #root: string;
  readonly #last = new Map<string, { bundle: PipelineBundle; kept: Kept }>();
  constructor(root: string) {
    this.#root = root;
  }

  /** Throws as {@link buildPipeline}. */
  async get(pipeline: PipelineFolder): Promise<PipelineBundle> {
    const last = this.#last.get(pipeline.entry) ?? (await this.#fromDisk(pipeline));
    if (last && stateOf(last.kept.paths).text === last.kept.state) {
      this.#last.set(pipeline.entry, last);
      return last.bundle;
    }
    const started = Date.now();
    const { bundle, metafile, incomplete } = await buildPipeline(this.#root, pipeline);
    const paths = pathsOf(this.#root, pipeline, metafile);
    const { text, newest } = stateOf(paths ?? []);
    // A file changed during the build (or within a clock tick of it) may not be the one that was read: do not trust it.
    if (paths === null || newest >= started - 50 || incomplete) {
      this.#last.delete(pipeline.entry);
      return bundle;
    }
    const { digest, closures, entry } = bundle;
    const kept = { made, digest, closures, entry, paths, state: text };
    this.#last.set(pipeline.entry, { bundle, kept });
    await Promise.all([
      writeWhole(this.#code(digest), bundle.code),
      writeWhole(this.#place(pipeline), JSON.stringify(kept)),
    ]).catch(() => {
      // A folder that cannot be written costs time, and nothing else.
    });
    return bundle;
  }

  async #fromDisk(pipeline: PipelineFolder): Promise<{ bundle: PipelineBundle; kept: Kept } | null> {
    try {
      const kept = Kept.parse(JSON.parse(await readFile(this.#place(pipeline), 'utf8')));
      if (kept.made !== made) return null;
      const { digest, closures, entry } = kept;
      const code = await readFile(this.#code(digest));
      return sha256(code) === digest ? { bundle: { digest, code, closures, entry }, kept } : null;
    } catch {
      return null;
    }
  }

  #place = ({ entry }: PipelineFolder) =>
    join(this.#root, '.ratchet', 'code', `bundle-${sha256(entry).slice(0, 32)}.json`);
  #code = (digest: string) => join(this.#root, '.ratchet', 'code', `${digest}.mjs`);
}

/**
 * All that the bundle depends on: the files in it; the folders that its imports lead to, where another file may come to be
 * found first; the settings that may lie there and above; the packages that are named, at each place where one would be found.
 * @returns null where that cannot be told
 */
function pathsOf(root: string, pipeline: PipelineFolder, { inputs }: Metafile): string[] | null {
  const files = Object.keys(inputs).map((path) => resolve(root, path));
  const looked = new Set<string>();
  const folders = new Set<string>();
  const packages = new Set<string>();
  const lookedFor = (path: string) => {
    looked.add(dirname(path));
    for (let folder = dirname(path); !folders.has(folder); folder = dirname(folder)) folders.add(folder);
  };
  lookedFor(pipeline.entry);
  for (const [path, { imports }] of Object.entries(inputs)) {
    const file = resolve(root, path);
    if (file.includes('/node_modules/')) continue;
    lookedFor(file);
    for (const { original, path: found } of imports) {
      const specifier = original ?? found;
      // As it is written: a link on the way may come to lead elsewhere.
      if (specifier.startsWith('.')) lookedFor(resolve(dirname(file), specifier));
      else packages.add(packageName(specifier));
    }
  }
  const extended = [...folders].map((folder) => extendedBy(join(folder, 'tsconfig.json')));
  if (extended.includes(null)) return null;
  const theirs = files.flatMap((path) => /^.*\/node_modules\/(@[^/]+\/)?[^/]+\//.exec(path)?.[0] ?? []);
  const all = [
    ...[...files, ...looked],
    ...[...folders].flatMap((folder) => settings.map((name) => join(folder, name))),
    ...extended.flatMap((paths) => paths ?? []),
    ...[...folders].flatMap((folder) =>
      [...packages].map((name) => join(folder, 'node_modules', name, 'package.json')),
    ),
    ...theirs.map((folder) => join(folder, 'package.json')),
    ...makers.map((path) => join(packageRoot, path)),
  ];
  return [...new Set(all)];
}

/** Size, times and inode of each; `newest` is the last change of any of them, in ms. */
function stateOf(paths: readonly string[]): { text: string; newest: number } {
  let newest = 0;
  const hash = createHash('sha256');
  for (const path of paths) {
    const found = lookedAt(path);
    if (found) newest = Math.max(newest, Number(found.ctimeMs), Number(found.mtimeMs));
    hash.update(found ? `${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}\n` : 'gone\n');
  }
  return { text: hash.digest('hex'), newest };
}

function lookedAt(path: string) {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    // A folder that may not be entered, a link in a circle: nothing is found by that way.
    return undefined;
  }
}
