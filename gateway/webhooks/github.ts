/** A push to GitHub (or to what speaks like it): the paths that its commits touched. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ANY_PATH } from '#contracts/loop/evidence.ts';
import { type Mapped, shortened } from './mapped.ts';

const Path = z.string().max(4_096);
const Commit = z.looseObject({
  added: z.array(Path).default([]),
  modified: z.array(Path).default([]),
  removed: z.array(Path).default([]),
});
export const GithubPush = z.looseObject({
  ref: z.string().max(500),
  after: z.string().regex(/^[0-9a-f]{40,64}$/),
  deleted: z.boolean().default(false),
  /** What the branch held before is not an ancestor of what it holds now. */
  forced: z.boolean().default(false),
  /** The branch was not there before. */
  created: z.boolean().default(false),
  commits: z.array(Commit).max(10_000).default([]),
  head_commit: z.looseObject({ timestamp: z.string().max(40) }).nullish(),
  pusher: z.looseObject({ name: z.string().max(200) }).nullish(),
  repository: z.looseObject({
    full_name: z.string().max(300),
    default_branch: z.string().max(300).optional(),
    /** Of a push: seconds since 1970. */
    pushed_at: z.union([z.number().int().positive().max(1e11), z.string(), z.null()]).optional(),
  }),
});
export type GithubPush = z.output<typeof GithubPush>;

/** GitHub sends a delivery again on request for three days; what is older was not sent by it just now. */
export const OLDEST_PUSH_MS = 3 * 24 * 60 * 60_000;
const MOST_PATHS = 1_000;
/** GitHub lists no more commits of a push. */
const MOST_COMMITS = 2_048;
/** Of a path of evidence. */
const LONGEST_PATH = 1_024;

/** When it was pushed, in ms; null when the sender does not say. */
export function pushedAt({ repository: { pushed_at } }: GithubPush): number | null {
  if (typeof pushed_at === 'number') return pushed_at * 1_000;
  const time = Date.parse(pushed_at ?? '');
  return Number.isNaN(time) ? null : time;
}

/**
 * The id is a digest of the signed body. GitHub's own delivery id is a header that the signature does not cover: who has
 * seen one delivery could send it under ever new ids. Sending again keeps the body, and so the id.
 *
 * @param wanted branch that counts; default: the repository's default branch.
 */
export function mapPush(push: GithubPush, body: Uint8Array, now: number, wanted?: string): Mapped {
  const nothing = (ignored: string): Mapped => ({ events: [], ignored });
  if (push.deleted || /^0+$/.test(push.after)) return nothing(`${push.ref} was deleted`);
  if (!push.ref.startsWith('refs/heads/')) return nothing(`${push.ref} is no branch`);
  const branch = push.ref.slice('refs/heads/'.length);
  const { full_name: repository } = push.repository;
  const main = wanted ?? push.repository.default_branch;
  if (main !== undefined && branch !== main) return nothing(`only pushes to ${main} count, this one is to ${branch}`);
  const paths = changedPaths(push);
  if (paths.length === 0) return nothing('the push touches no path');
  return {
    events: [
      {
        kind: 'codeChanged',
        id: `github:${createHash('sha256').update(body).digest('hex')}`,
        at: new Date(pushedAt(push) ?? now).toISOString(),
        source: 'github',
        who: shortened(`${push.pusher?.name ?? 'somebody'} in ${repository}`, 200),
        commit: push.after,
        paths,
      },
    ],
    ignored: null,
  };
}

/**
 * Sorted, each once. Of more than 1,000 their folders, ending in `/`, as few levels deep as it takes. Any path where the
 * commits that are listed are not all that changed: a forced push takes others away, a branch that was not there before may
 * begin anywhere, and of very many commits the rest is left out.
 */
function changedPaths({ commits, forced, created }: GithubPush): string[] {
  if (forced || created || commits.length >= MOST_COMMITS) return [ANY_PATH];
  const all = new Set<string>();
  for (const { added, modified, removed } of commits)
    for (const list of [added, modified, removed]) for (const path of list) if (path !== '') all.add(bounded(path));
  let paths = [...all];
  for (let depth = 8; paths.length > MOST_PATHS && depth >= 1; depth--)
    paths = [...new Set(paths.map((path) => folder(path, depth)))];
  return paths.length > MOST_PATHS ? [ANY_PATH] : paths.sort();
}

/** A path that is too long for evidence, by the last of its folders that is not. */
function bounded(path: string): string {
  if (path.length <= LONGEST_PATH) return path;
  const end = path.lastIndexOf('/', LONGEST_PATH - 1);
  return end > 0 ? path.slice(0, end + 1) : ANY_PATH;
}

/** The first `depth` folders of a path that has so many; any other path as it is. */
function folder(path: string, depth: number): string {
  const names = path.split('/');
  return names.length > depth ? `${names.slice(0, depth).join('/')}/` : path;
}
