/** A project's pipelines: every `pipelines/<name>/pipeline.ts` (or `.js`, `.mjs`) below its root. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '#contracts/failures.ts';

export interface PipelineFolder {
  /** The folder's name, which is the pipeline's name. */
  name: string;
  folder: string;
  entry: string;
}

const entries = ['pipeline.ts', 'pipeline.mts', 'pipeline.js', 'pipeline.mjs'];

async function entryOf(folder: string): Promise<string | null> {
  for (const name of entries) {
    const path = join(folder, name);
    if ((await stat(path).catch(() => null))?.isFile()) return path;
  }
  return null;
}

/** All pipelines of the project, sorted by name; none when there is no `pipelines` folder. */
export async function findPipelines(root: string): Promise<PipelineFolder[]> {
  const parent = join(root, 'pipelines');
  const children = await readdir(parent, { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    children
      .filter((child) => child.isDirectory() || child.isSymbolicLink())
      .map(async ({ name }) => ({ name, folder: join(parent, name), entry: await entryOf(join(parent, name)) })),
  );
  return found
    .filter((pipeline): pipeline is PipelineFolder => pipeline.entry !== null)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @throws UserError InvalidInput when the project has no such pipeline; the message lists those that it has. */
export async function findPipeline(root: string, name: string): Promise<PipelineFolder> {
  const all = await findPipelines(root);
  const pipeline = all.find((candidate) => candidate.name === name);
  if (pipeline) return pipeline;
  const known =
    all.length === 0
      ? 'there is none yet; `ratchet init` writes one'
      : `there are: ${all.map((p) => p.name).join(', ')}`;
  throw new UserError('InvalidInput', `There is no pipeline "${name}" in ${join(root, 'pipelines')}: ${known}.`);
}

/** Those whose module changed last, newest first. */
export async function lastChanged(pipelines: readonly PipelineFolder[], count: number): Promise<PipelineFolder[]> {
  const changed = await Promise.all(
    pipelines.map(async (pipeline) => ({
      pipeline,
      at: (await stat(pipeline.entry).catch(() => null))?.mtimeMs ?? 0,
    })),
  );
  return changed
    .sort((a, b) => b.at - a.at)
    .slice(0, count)
    .map(({ pipeline }) => pipeline);
}
