/**
 * `npm run build [-- FOLDER]`: makes dist/, which is the npm package (`npm pack ./dist`). What users import is one
 * JavaScript file a module, as in the sources, since it becomes part of their own bundles; Ratchet's processes are built
 * for a quick start (programs.ts). What a clone builds when it is first needed (the workflows' bundle, the step host's
 * program) is built here.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile, transform } from 'esbuild';
import { globSync } from 'tinyglobby';
import { bundleWorkflows } from '#adapters/temporal/workflow-bundle.ts';
import { packageName } from '#workers/code/installed-package.ts';
import { compileChild } from '#workers/step-host/child-file.ts';
import { licencesOf, packagesIn } from './licences.ts';
import { packageManifest } from './manifest.ts';
import { bundlePrograms, PROGRAMS, staysOutside } from './programs.ts';
import { relink } from './relink.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dist = resolve(process.argv[2] ?? join(root, 'dist'));
const ours =
  '{contracts,decisions,expectations,features,workflows,activities,ports,measures,reports,records,adapters,stack,workers,gateway,serving,cli}/**';
/** Files that are read as they are. The flagship is there for `ratchet demo`, in its sources like any pipeline. */
const carried = [
  `${ours}/*.{py,lock,in}`,
  'trainers/**',
  'pipelines/flight-delays/**',
  'README.md',
  'LICENSE',
  'NOTICE',
  'CHANGELOG.md',
];

async function write(path: string, text: string | Uint8Array): Promise<void> {
  mkdirSync(dirname(join(dist, path)), { recursive: true });
  writeFileSync(join(dist, path), text);
}

async function compiled(source: string, path: string): Promise<string> {
  return (await transform(source, { loader: 'ts', format: 'esm', target: 'node20', sourcefile: path })).code;
}

/** @stdlib is two hundred packages of one function each: they go into the module, since finding them costs 50 ms a start. */
async function withStdlib(contents: string, path: string): Promise<string> {
  const result = await build({
    stdin: { contents, loader: 'ts', sourcefile: path, resolveDir: root },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    legalComments: 'inline',
    plugins: [
      {
        name: 'only-stdlib',
        setup: ({ onResolve }) =>
          onResolve({ filter: /./ }, ({ path, importer }) =>
            path.startsWith('@stdlib/') || importer.includes('/node_modules/') ? undefined : { path, external: true },
          ),
      },
    ],
  });
  return result.outputFiles[0]?.text ?? '';
}

/**
 * DuckDB's SDK is 120 files, which cost 45 ms of every command: here it is one. Its native part stays where npm puts it,
 * and is found from the SDK's own place, as a package manager that hides what was not asked for demands.
 */
async function duckdbSdk(): Promise<{ code: string; metafile: Metafile }> {
  const native = '@duckdb/node-bindings';
  const { outputFiles, metafile } = await build({
    stdin: { contents: `module.exports = require('@duckdb/node-api');`, resolveDir: root },
    bundle: true,
    write: false,
    metafile: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    absWorkingDir: root,
    legalComments: 'inline',
    plugins: [
      {
        name: 'native-part',
        setup: ({ onResolve, onLoad }) => {
          onResolve({ filter: /^@duckdb\/node-api$/ }, ({ path, kind }) =>
            kind === 'require-resolve' ? { path, external: true } : undefined,
          );
          onResolve({ filter: /^@duckdb\/node-bindings$/ }, ({ path }) => ({ path, namespace: 'native' }));
          onLoad({ filter: /./, namespace: 'native' }, () => ({
            contents: `module.exports = require('node:module').createRequire(require.resolve('@duckdb/node-api'))('${native}');`,
            resolveDir: root,
          }));
        },
      },
    ],
  });
  return { code: outputFiles[0]?.text ?? '', metafile };
}

/** Modules that an entry point of the package leads to, and the packages that they import. */
async function offered(): Promise<{ modules: string[]; packages: Set<string> }> {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, string>;
  };
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: Object.values(exports),
    outdir: dist,
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
  });
  const packages = Object.values(metafile.inputs).flatMap(({ imports }) =>
    imports.filter(({ external }) => external).map(({ path }) => packageName(path)),
  );
  return { modules: Object.keys(metafile.inputs), packages: new Set(packages) };
}

rmSync(dist, { recursive: true, force: true });
const users = await offered();
for (const path of users.modules) {
  const source = readFileSync(join(root, path), 'utf8');
  const code = source.includes("from '@stdlib/") ? await withStdlib(source, path) : await compiled(source, path);
  await write(path.replace(/\.ts$/, '.js'), relink(code, path));
}
const sdk = { place: 'adapters/duckdb/host/node-api.cjs', ...(await duckdbSdk()) };
await write(sdk.place, sdk.code);
const programs = await bundlePrograms(root, ours, { '@duckdb/node-api': sdk.place });
for (const [path, text] of programs.files) await write(path, text);
for (const path of globSync(carried, { cwd: root, ignore: ['**/__pycache__/**'] }))
  cpSync(join(root, path), join(dist, path), { recursive: true });
await write('workflows/bundle.js', await bundleWorkflows());
await write('workers/step-host/child-bundle.mjs', await compileChild());
await write('bin.mjs', `#!/usr/bin/env node\nimport './${PROGRAMS}/cli/main.js';\n`);
// The workflows' bundle holds a part of Temporal's SDK.
const held = [...packagesIn(programs.metafile), ...packagesIn(sdk.metafile), 'node_modules/@temporalio/workflow'];
await write('THIRD-PARTY-LICENSES.md', licencesOf(root, held));
const needed = (name: string) => (users.packages.has(name) ? !name.startsWith('@stdlib/') : staysOutside(name));
await write('package.json', `${JSON.stringify(packageManifest(root, needed), null, 2)}\n`);

// Of the modules that an entry point can be followed to: nobody reaches the types of others.
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', dist], { cwd: root, stdio: 'inherit' });
for (const path of globSync('**/*.d.ts', { cwd: dist, ignore: ['node_modules/**', 'pipelines/flight-delays/**'] }))
  await write(path, relink(readFileSync(join(dist, path), 'utf8'), path));
