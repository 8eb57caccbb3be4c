/**
 * What every pipeline of a project says of itself, and what graphs they build. A process for each would take a second a
 * pipeline, so many are read by one; when that fails, for whatever reason, in halves, until the one is found that cannot be
 * read, which is then read alone, as a run reads it, and says what is wrong.
 */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { each } from '#contracts/each.ts';
import { childFile } from '../step-host/child-file.ts';
import { describeTogether, type Together } from '../step-host/describe-together.ts';
import type { BuiltGraph, Loaded } from '../step-host/protocol.ts';
import { bundleTogether } from './bundle.ts';
import { writeWhole } from './code-store.ts';
import type { PipelineFolder } from './find-pipelines.ts';

/** Modules that one process holds at once. */
const TOGETHER = 250;
const AT_ONCE = 2;

/** In the order of `pipelines`. Throws what `alone` throws for the first that it fails for. */
export async function describePipelines(
  root: string,
  pipelines: readonly PipelineFolder[],
  alone: (pipeline: PipelineFolder) => Promise<Loaded>,
): Promise<Loaded[]> {
  return inGroups(pipelines, async (group) => (await readTogether(root, group))?.all ?? null, alone);
}

/** What a pipeline says of itself, with its graph by the params' defaults, or why there is none by these. */
export type Built = Loaded & Exclude<BuiltGraph, null>;

/** As {@link describePipelines}, with the graphs. Null in place of one whose graph is not built among others. */
export async function buildPipelines(
  root: string,
  pipelines: readonly PipelineFolder[],
  asOf: string,
): Promise<(Built | null)[]> {
  const together = async (group: readonly PipelineFolder[]) => {
    const { all, graphs = [] } = (await readTogether(root, group, asOf)) ?? { all: [] };
    return all.map((loaded, index) => {
      const built = graphs[index];
      return built ? { ...loaded, ...built } : null;
    });
  };
  return inGroups<Built | null>(pipelines, together, async () => null);
}

async function inGroups<T>(
  pipelines: readonly PipelineFolder[],
  together: (group: readonly PipelineFolder[]) => Promise<T[] | null>,
  alone: (pipeline: PipelineFolder) => Promise<T>,
): Promise<T[]> {
  const groups: PipelineFolder[][] = [];
  for (let at = 0; at < pipelines.length; at += TOGETHER) groups.push(pipelines.slice(at, at + TOGETHER));
  const one = async (group: readonly PipelineFolder[]): Promise<T[]> => {
    const [first] = group;
    if (!first) return [];
    if (group.length === 1) return [await alone(first)];
    const read = await together(group);
    if (read?.length === group.length) return read;
    const middle = Math.ceil(group.length / 2);
    return [...(await one(group.slice(0, middle))), ...(await one(group.slice(middle)))];
  };
  return (await each(AT_ONCE, groups, one)).flat();
}

async function readTogether(
  root: string,
  group: readonly PipelineFolder[],
  graphsAsOf?: string,
): Promise<Together | null> {
  // Below the project, so that packages which stayed outside are found; what a killed process leaves is swept.
  const folder = join(root, '.ratchet', 'work', `describe-${randomUUID()}`);
  const path = join(folder, 'pipelines.mjs');
  try {
    const [program, code] = await Promise.all([
      childFile(root),
      bundleTogether(root, group, { outfile: path, places: graphsAsOf !== undefined }),
    ]);
    await writeWhole(path, code);
    return await describeTogether(program, path, root, graphsAsOf);
  } catch {
    return null;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
