/** One pipeline as one module: what a run is pinned to, and what each of its modules counts as in the cache. */
import { join, relative } from 'node:path';
import type { BuildFailure, BuildOptions, Message, Metafile } from 'esbuild';
import { UserError } from '#contracts/failures.ts';
import { build } from './build.ts';
import { ABSENT, pipelineImports, type ReadFiles } from './bundle-plugin.ts';
import { closureDigests } from './closures.ts';
import type { PipelineFolder } from './find-pipelines.ts';
import { sha256 } from './sha256.ts';

export interface PipelineBundle {
  /** SHA-256 of `code`. */
  digest: string;
  code: Uint8Array;
  /** Module (relative to the project) → digest of it and all that it imports; see closures.ts. */
  closures: Record<string, string>;
  /** The pipeline's own module, relative to the project. */
  entry: string;
}

/**
 * Bundles `pipelines/<name>/pipeline.ts` to ESM with inline source maps; the same sources give the same bytes in any folder.
 * @throws UserError InvalidPipeline with file and line when a file does not parse or an import is not there.
 */
export async function bundlePipeline(root: string, pipeline: PipelineFolder): Promise<PipelineBundle> {
  return (await buildPipeline(root, pipeline)).bundle;
}

export interface BuiltPipeline {
  bundle: PipelineBundle;
  /** Paths are relative to the project. */
  metafile: Metafile;
  /** An optional package is not installed: its place is unknown. */
  incomplete: boolean;
}

/** Throws as {@link bundlePipeline}. */
export async function buildPipeline(root: string, pipeline: PipelineFolder): Promise<BuiltPipeline> {
  const read: ReadFiles = { digests: new Map(), externals: new Map() };
  const result = await build({
    ...commonOptions(root, read),
    entryPoints: [pipeline.entry],
    metafile: true,
    sourcemap: 'inline',
    sourcesContent: false,
  }).catch((error: BuildFailure | UserError) => {
    throw error instanceof UserError ? error : buildError(pipeline.name, error);
  });
  const code = result.outputFiles?.[0]?.contents ?? new Uint8Array();
  const { metafile } = result;
  const closures = closureDigests(root, metafile, read);
  return {
    bundle: { digest: sha256(code), code, closures, entry: relative(root, pipeline.entry) },
    metafile,
    incomplete: [...read.externals.values()].some((found) => found.endsWith(ABSENT)),
  };
}

/**
 * Many pipelines as one module that exports them as `pipelines`, in their order: what they share is in it once. For
 * reading what they say of themselves; no run is pinned to it. `outfile`: where it will lie; `places`: whether
 * places in it are to be known as those of the sources, which costs time. Throws esbuild's failure when any of them cannot be built.
 */
export async function bundleTogether(
  root: string,
  pipelines: readonly PipelineFolder[],
  { outfile, places }: { outfile: string; places: boolean },
): Promise<Uint8Array> {
  const lines = pipelines.map(({ entry }, index) => `import p${index} from ${JSON.stringify(entry)};`);
  const all = pipelines.map((_, index) => `p${index}`).join(', ');
  const result = await build({
    ...commonOptions(root, { digests: new Map(), externals: new Map() }),
    outfile,
    ...(places ? { sourcemap: 'inline', sourcesContent: false } : {}),
    stdin: { contents: `${lines.join('\n')}\nexport const pipelines = [${all}];\n`, resolveDir: root, loader: 'js' },
  });
  return result.outputFiles?.[0]?.contents ?? new Uint8Array();
}

function commonOptions(root: string, read: ReadFiles) {
  return {
    absWorkingDir: root,
    // Where the worker will put it: the source map's paths lead from there to the project's files.
    outfile: join(root, '.ratchet', 'code', 'pipeline.mjs'),
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    keepNames: true,
    legalComments: 'none',
    logLevel: 'silent',
    // What a bundled CommonJS file of the project needs to reach its packages.
    banner: {
      js: "import { createRequire as __ratchetRequire } from 'node:module'; const require = __ratchetRequire(import.meta.url);",
    },
    plugins: [pipelineImports(read)],
  } satisfies BuildOptions;
}

function buildError(name: string, failure: BuildFailure): UserError {
  const lines = (failure.errors ?? []).slice(0, 5).map((message: Message) => {
    const at = message.location ? `${message.location.file}:${message.location.line}: ` : '';
    return `  ${at}${message.text}`;
  });
  const detail = lines.length > 0 ? lines.join('\n') : `  ${failure.message}`;
  return new UserError('InvalidPipeline', `The pipeline "${name}" cannot be built:\n${detail}`);
}
