/** `ratchet data diff`: what data changed between two revisions, or since one. */
import { type Changed, type DataDiff, diffData } from '#adapters/dvc/diff.ts';
import { revision } from '#adapters/dvc/source.ts';
import pc from '../../kit/color.ts';
import { createOutput } from '../../kit/output.ts';
import { withRepository } from './open-repository.ts';

export interface DiffOptions {
  showHash?: boolean;
  json?: boolean;
}

export async function dataDiff(from: string, to: string | undefined, options: DiffOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withRepository('hashing', out, async (repository) => {
    const [old, now] = [await revision(repository.root, from), to ? await revision(repository.root, to) : null];
    const found = old.commit === now?.commit ? null : await diffData(repository, old, now);
    out.object(found ? asJson(found, options.showHash ?? false) : {});
    for (const folder of found?.unknown ?? [])
      out.note(`${folder}: what it held is not in the cache, so its files are left out`);
    if (!found || isNothing(found)) return out.print(`No data differs between ${from} and ${to ?? 'the workspace'}.`);
    for (const { path } of found.added) out.print(`${pc.green('added')}     ${path}`);
    for (const { path } of found.deleted) out.print(`${pc.red('deleted')}   ${path}`);
    for (const { path } of found.modified) out.print(`${pc.yellow('modified')}  ${path}`);
    for (const each of found.renamed) out.print(`${pc.cyan('renamed')}   ${each.old} → ${each.new}`);
    for (const { path } of found.notInCache ?? []) out.print(`${pc.dim('not in cache')}  ${path}`);
    out.print(
      `${found.added.length} added, ${found.deleted.length} deleted, ${found.modified.length} modified, ${found.renamed.length} renamed`,
    );
  });
}

const isNothing = ({ added, deleted, modified, renamed, notInCache }: DataDiff): boolean =>
  [added, deleted, modified, renamed, notInCache ?? []].every((each) => each.length === 0);

/** As `dvc diff --json` prints it. */
function asJson(found: DataDiff, hash: boolean): object {
  if (isNothing(found)) return {};
  const one = ({ path, old, new: now }: Changed) => ({ path, ...(hash ? { hash: now ?? old } : {}) });
  return {
    added: found.added.map(one),
    deleted: found.deleted.map(one),
    modified: found.modified.map(({ path, old, new: now }) => ({ path, ...(hash ? { hash: { old, new: now } } : {}) })),
    renamed: found.renamed.map(({ md5, ...path }) => ({ path, ...(hash ? { hash: md5 } : {}) })),
    ...(found.notInCache
      ? { 'not in cache': found.notInCache.map(({ path, md5 }) => ({ path, ...(hash ? { hash: md5 } : {}) })) }
      : {}),
  };
}
