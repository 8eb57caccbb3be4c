/** The bundle of all workflows: built once for the same sources, since building costs every start of a worker seconds. */
import { createHash, type Hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** There in an installed package only. */
const prebuilt = join(root, 'workflows', 'bundle.js');
/** Everything that workflows may import of ours (the import rules see to it). */
const sources = ['workflows', 'contracts'];

export interface WorkflowBundleOptions {
  /** Where bundles are kept, by the digest of what they were built from. May be shared by several workers. */
  cacheFolder: string;
  /** Entry of the bundle; default: Ratchet's own workflows. A user's file is built each time: what it imports is not known. */
  workflowsPath?: string;
}

/** Path of a bundle for `Worker.create({ workflowBundle: { codePath } })`. Builds it when the cache has none for these sources. */
export async function workflowBundle(options: WorkflowBundleOptions): Promise<{ codePath: string }> {
  const { cacheFolder, workflowsPath } = options;
  if (workflowsPath !== undefined) return write(cacheFolder, await build(workflowsPath));
  if (existsSync(prebuilt)) return { codePath: prebuilt };
  const digest = await digestOfSources();
  const codePath = pathOf(cacheFolder, digest);
  if (existsSync(codePath)) return { codePath };
  return write(cacheFolder, await bundleWorkflows(), digest);
}

/** The code of Ratchet's own workflows in one file. */
export const bundleWorkflows = () => build(join(root, 'workflows', 'index.ts'));

async function build(workflowsPath: string): Promise<string> {
  return (await bundleWorkflowCode({ workflowsPath, logger: quiet })).code;
}

const pathOf = (folder: string, digest: string) => join(folder, `workflows-${digest}.js`);

async function write(folder: string, code: string, digest = short(createHash('sha256').update(code))) {
  const codePath = pathOf(folder, digest);
  await mkdir(folder, { recursive: true });
  // Written aside and renamed: two workers that start at once both find a whole file.
  const aside = `${codePath}.${process.pid}`;
  await writeFile(aside, code);
  await rename(aside, codePath);
  return { codePath };
}

const short = (hash: Hash) => hash.digest('hex').slice(0, 24);

async function digestOfSources(): Promise<string> {
  const hash = createHash('sha256');
  for (const [name, version] of versions()) hash.update(`${name} ${version}\n`);
  for (const folder of sources) {
    const names = await readdir(join(root, folder), { recursive: true });
    for (const name of names.filter((name) => /\.[cm]?[jt]s$/.test(name)).sort()) {
      hash.update(`${folder}/${name}\n`);
      hash.update(await readFile(join(root, folder, name)));
    }
  }
  return short(hash);
}

/** The bundle holds these packages' code, too. */
function versions(): [string, string][] {
  const require = createRequire(import.meta.url);
  return ['@temporalio/workflow', '@temporalio/worker', 'zod'].map((name) => [
    name,
    (require(`${name}/package.json`) as { version: string }).version,
  ]);
}

const silent = () => undefined;
/** webpack's progress is no news to a user; its errors are thrown. */
const quiet = { log: silent, trace: silent, debug: silent, info: silent, warn: silent, error: silent };
