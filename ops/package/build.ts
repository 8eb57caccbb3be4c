/**
 * `npm run build [-- FOLDER]`: makes dist/, which is the npm package (`npm pack ./dist`). One JavaScript file a module, as
 * in the sources, so that what is loaded lazily stays lazy and a verb that needs little starts at once. What a clone builds
 * when it is first needed (the workflows' bundle, the step host's program) is built here.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';
import { globSync } from 'tinyglobby';
import { bundleWorkflows } from '#adapters/temporal/workflow-bundle.ts';
import { compileChild } from '#workers/step-host/child-file.ts';
import { packageManifest } from './manifest.ts';
import { relink } from './relink.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dist = resolve(process.argv[2] ?? join(root, 'dist'));
const ours =
  '{contracts,decisions,workflows,activities,ports,measures,reports,records,adapters,stack,workers,gateway,cli}/**';
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
async function duckdbSdk(): Promise<string> {
  const native = '@duckdb/node-bindings';
  const result = await build({
    stdin: { contents: `module.exports = require('@duckdb/node-api');`, resolveDir: root },
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
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
  return result.outputFiles[0]?.text ?? '';
}

rmSync(dist, { recursive: true, force: true });
for (const path of globSync([`${ours}/*.ts`, 'pipelines/*.ts', 'pipelines/{graph,presets,testing}/*.ts'], {
  cwd: root,
})) {
  const source = readFileSync(join(root, path), 'utf8');
  const code = source.includes("from '@stdlib/") ? await withStdlib(source, path) : await compiled(source, path);
  await write(path.replace(/\.ts$/, '.js'), relink(code, path));
}
await write('adapters/duckdb/host/node-api.cjs', await duckdbSdk());
const sdk = join(dist, 'adapters', 'duckdb', 'host', 'sdk.js');
writeFileSync(sdk, readFileSync(sdk, 'utf8').replace(/(["'])@duckdb\/node-api\1/, '"./node-api.cjs"'));
for (const path of globSync(carried, { cwd: root, ignore: ['**/__pycache__/**'] }))
  cpSync(join(root, path), join(dist, path), { recursive: true });
await write('workflows/bundle.js', await bundleWorkflows());
await write('workers/step-host/child-bundle.mjs', await compileChild());
await write('bin.mjs', "#!/usr/bin/env node\nimport './cli/main.js';\n");
await write('package.json', `${JSON.stringify(packageManifest(root), null, 2)}\n`);

// Of the modules that an entry point can be followed to: nobody reaches the types of others.
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', dist], { cwd: root, stdio: 'inherit' });
for (const path of globSync('**/*.d.ts', { cwd: dist, ignore: ['node_modules/**', 'pipelines/flight-delays/**'] }))
  await write(path, relink(readFileSync(join(dist, path), 'utf8'), path));
