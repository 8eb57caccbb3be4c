/**
 * What every pipeline of a project says of itself. A process for each would take a second a pipeline, so many are read
 * by one; when that fails, for whatever reason, in halves, until the one is found that cannot be read, which is then read
 * alone, as a run reads it, and says what is wrong.
 */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { each } from '#contracts/each.ts';
import { childFile } from '../step-host/child-file.ts';
import { describeTogether } from '../step-host/describe-together.ts';
import type { Loaded } from '../step-host/protocol.ts';
import { bundleTogether } from './bundle.ts';
import { writeWhole } from './code-store.ts';
import type { PipelineFolder } from './find-pipelines.ts';

/** Modules that one process holds at once. */
const TOGETHER = 250;
const AT_ONCE = 2;

type Alone = (pipeline: PipelineFolder) => Promise<Loaded>;

/** In the order of `pipelines`. Throws what `alone` throws for the first that it fails for. */
export async function describePipelines(
  root: string,
  pipelines: readonly PipelineFolder[],
  alone: Alone,
): Promise<Loaded[]> {
  const groups: PipelineFolder[][] = [];
  for (let at = 0; at < pipelines.length; at += TOGETHER) groups.push(pipelines.slice(at, at + TOGETHER));
  return (await each(AT_ONCE, groups, (group) => describeGroup(root, group, alone))).flat();
}

async function describeGroup(root: string, group: readonly PipelineFolder[], alone: Alone): Promise<Loaded[]> {
  const [first] = group;
  if (!first) return [];
  if (group.length === 1) return [await alone(first)];
  const read = await readTogether(root, group);
  if (read?.length === group.length) return read;
  const middle = Math.ceil(group.length / 2);
  return [
    ...(await describeGroup(root, group.slice(0, middle), alone)),
    ...(await describeGroup(root, group.slice(middle), alone)),
  ];
}

async function readTogether(root: string, group: readonly PipelineFolder[]): Promise<Loaded[] | null> {
  // Below the project, so that packages which stayed outside are found; what a killed process leaves is swept.
  const folder = join(root, '.ratchet', 'work', `describe-${randomUUID()}`);
  const path = join(folder, 'pipelines.mjs');
  try {
    const [program, code] = await Promise.all([childFile(root), bundleTogether(root, group)]);
    await writeWhole(path, code);
    return await describeTogether(program, path, root);
  } catch {
    return null;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
