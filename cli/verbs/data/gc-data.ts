/** `ratchet data gc`: objects of the cache that nobody needs. */
import { findGarbage, removeGarbage } from '#adapters/dvc/collect.ts';
import { commitsOf, revision, workspace } from '#adapters/dvc/source.ts';
import { UserError } from '#contracts/failures.ts';
import { grouped } from '#contracts/grouped.ts';
import { createOutput, duration } from '../../kit/output.ts';
import { withRepository } from './open-repository.ts';

const HOUR_MS = 60 * 60 * 1000;

export interface GcDataOptions {
  workspace?: boolean;
  allBranches?: boolean;
  allTags?: boolean;
  allCommits?: boolean;
  /** ms; default one hour. */
  grace?: number;
  skipUnknown?: boolean;
  dry?: boolean;
  json?: boolean;
}

export async function gcData(options: GcDataOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  if (!options.workspace && !options.allBranches && !options.allTags && !options.allCommits)
    throw new UserError(
      'InvalidInput',
      'say whose data stays: --workspace, --all-branches, --all-tags or --all-commits (each keeps that of the workspace as well)',
    );
  const graceMs = options.grace ?? HOUR_MS;
  await withRepository('removing', out, async (repository) => {
    const { root } = repository;
    const commits = new Set<string>();
    if (options.allBranches) for (const each of await commitsOf(root, 'branches')) commits.add(each);
    if (options.allTags) for (const each of await commitsOf(root, 'tags')) commits.add(each);
    if (options.allCommits) for (const each of await commitsOf(root, 'commits')) commits.add(each);
    const sources = [workspace(root)];
    for (const commit of commits) sources.push(await revision(root, commit));
    const garbage = await findGarbage(repository, sources, graceMs, options.skipUnknown ?? false);
    const bytes = garbage.objects.reduce((sum, each) => sum + each.bytes, 0);
    const removed = options.dry ? 0 : await removeGarbage(repository, garbage);
    out.object({ garbage: garbage.objects.length, bytes, kept: garbage.kept, young: garbage.young, removed });
    const what = `${grouped(garbage.objects.length)} objects of ${grouped(bytes)} bytes`;
    out.print(
      options.dry
        ? `${what} would be removed; ${grouped(garbage.kept)} stay.`
        : `${what} were removed; ${grouped(garbage.kept)} stay.`,
    );
    if (garbage.young > 0)
      out.print(`${grouped(garbage.young)} others are younger than ${duration(graceMs)}: --grace says another limit.`);
  });
}
