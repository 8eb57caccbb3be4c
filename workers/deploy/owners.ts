/** Whose pipelines are deployed: a project's deploys touch what that project deployed, and nothing else. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { UserError } from '#contracts/failures.ts';
import type { ObjectStore } from '#ports/store.ts';

/** The name in the project's package.json, which all its checkouts share; that of its folder where there is none. */
export function projectName(root: string): string {
  try {
    const { name } = z
      .object({ name: z.string().min(1).max(214) })
      .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
    return name;
  } catch {
    return basename(root) || 'project';
  }
}

/** Of each deployed pipeline the project; null: deployed before projects were noted. */
export async function ownersOf(store: Pick<ObjectStore, 'list'>): Promise<Map<string, string | null>> {
  const owners = new Map<string, string | null>();
  for await (const { key } of store.list('loops/')) {
    const name = /^loops\/(.+)\.json$/.exec(key)?.[1];
    if (name) owners.set(name, null);
  }
  for await (const { key } of store.list('deployed/')) {
    const [, project, pipeline] = /^deployed\/([^/]+)\/(.+)$/.exec(key) ?? [];
    if (project && pipeline && owners.has(pipeline)) owners.set(pipeline, decodeURIComponent(project));
  }
  return owners;
}

/** @throws UserError InvalidPipeline for pipelines that another project deployed */
export function assertOwn(project: string, names: readonly string[], owners: ReadonlyMap<string, string | null>): void {
  const foreign = names.filter((name) => (owners.get(name) ?? project) !== project);
  if (foreign.length === 0) return;
  const whose = foreign.map((name) => `"${name}" by the project "${owners.get(name)}"`).join(', ');
  throw new UserError(
    'InvalidPipeline',
    `Deployed already: ${whose}; this project is "${project}". Give the pipeline another name, or hand it over: ratchet deploy --take-over ${foreign.join(' ')}`,
  );
}
