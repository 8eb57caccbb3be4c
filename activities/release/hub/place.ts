/**
 * One commit and one tag for a release, however often and by however many it is asked for, and wherever they die.
 *
 * Looked for in this order: under its tag, among the branch's commits by the key that its own carries, at the branch's head by
 * bytes. Only then is a commit made, and it names its parent: of two that are sent at once, or of one that arrives late, the Hub
 * takes one, and the other one finds it when it looks again.
 */
import { UserError } from '#contracts/failures.ts';
import { HubMoved, type HubRepo, type HubRepoInfo } from '#ports/model-hub.ts';
import { type LocalFile, lacking } from './files.ts';
import { MANIFEST, pathsOf } from './manifest.ts';

const CARD = 'README.md';
const KEY = 'Ratchet-Publish: ';
/** Commits of a branch that are looked through. */
const MOST_COMMITS = 2_000;

export interface Release {
  repo: string;
  endpoint: string;
  branch: string;
  tag: string | undefined;
  create: boolean;
  private: boolean | undefined;
  title: string;
  key: string;
  /** All but the card. */
  files: readonly LocalFile[];
  /** The card as it becomes, of the one that is there. */
  card(before: string | null): LocalFile;
}

export async function placed(
  hub: HubRepo,
  release: Release,
  progress: (text: string) => void,
): Promise<{ revision: string; already: boolean }> {
  const { repo, endpoint, branch, tag, files } = release;
  const info = (await hub.info()) ?? (await made(hub, release, progress));
  if (release.private && !info.private)
    throw new UserError(
      'OutsideRefused',
      `${repo} on ${endpoint} is public, and publish was given private: true: make it private there, or publish without.`,
    );
  const head = info.branches.get(branch);
  if (head === undefined)
    throw new UserError(
      'OutsideRefused',
      `${repo} on ${endpoint} has no branch ${branch}: it has ${[...info.branches.keys()].slice(0, 5).join(', ') || 'none'}. Make it there, or name another.`,
    );
  if (tag !== undefined && info.branches.has(tag))
    throw new UserError('InvalidInput', `${repo} has a branch that is called ${tag}: give the tag another name.`);
  if (tag !== undefined && info.tags.has(tag)) return { revision: await sameAs(hub, release, tag), already: true };

  const known = await committedBefore(hub, release, head);
  const revision = known ?? (await committed(hub, release, head, progress));
  if (known === undefined) {
    const wrong = lacking(files, await hub.files(revision));
    if (wrong.length > 0)
      throw new UserError(
        'OutsideRefused',
        `${endpoint} has other bytes in ${revision} than were sent: ${named(wrong)}.`,
      );
  }
  const already = known !== undefined || revision === head;
  if (tag === undefined) return { revision, already };
  return { revision: await tagOnce(hub, release, tag, revision, progress), already };
}

async function made(hub: HubRepo, release: Release, progress: (text: string) => void): Promise<HubRepoInfo> {
  const { repo, endpoint } = release;
  if (!release.create)
    throw new UserError(
      'OutsideRefused',
      `There is no ${repo} on ${endpoint}, or the token may not see it: make it there, or give publish create: true.`,
    );
  progress(`creating ${repo}`);
  await hub.create({ private: release.private ?? true });
  const info = await hub.info();
  if (info) return info;
  throw new UserError(
    'OutsideUnreachable',
    `${repo} was created on ${endpoint} and is not there yet: it is looked for again`,
  );
}

/** @throws UserError InvalidInput when the tagged commit is of another release */
async function sameAs(hub: HubRepo, { repo, files }: Release, tag: string): Promise<string> {
  const commit = await hub.resolve(tag);
  const other = lacking(files, await hub.files(commit));
  if (other.length === 0) return commit;
  throw new UserError(
    'InvalidInput',
    `The tag ${tag} of ${repo} is on commit ${commit}, which has other bytes (${named(other)}): a tag is never moved. Give another tag, or delete that one on the Hub.`,
  );
}

/** By the key that its message carries; undefined where there is none with these bytes. */
async function committedBefore(hub: HubRepo, { key, files }: Release, head: string): Promise<string | undefined> {
  let looked = 0;
  for await (const { id, title, message } of hub.commits(head)) {
    if (`${title}\n${message}`.includes(KEY + key) && lacking(files, await hub.files(id)).length === 0) return id;
    if (++looked >= MOST_COMMITS) return undefined;
  }
  return undefined;
}

/** What the head lacks, as one commit; the head itself when it lacks nothing. */
async function committed(
  hub: HubRepo,
  release: Release,
  head: string,
  progress: (text: string) => void,
): Promise<string> {
  const there = await hub.files(head);
  const paths = new Set(there.map(({ path }) => path));
  const read = (path: string) => (paths.has(path) ? hub.text(head, path) : Promise.resolve(null));
  const [before, manifest] = [await read(CARD), await read(MANIFEST)];
  const wanted = [...release.files, release.card(before)];
  const files = lacking(wanted, there);
  const stays = new Set([...wanted.map(({ path }) => path), '.gitattributes']);
  const removed = pathsOf(manifest).filter((path) => paths.has(path) && !stays.has(path));
  if (files.length === 0 && removed.length === 0) return head;
  const { branch, title, key } = release;
  return hub.commit({ branch, parent: head, title, description: KEY + key, files, removed }, progress);
}

/** @returns the commit that has the tag then */
async function tagOnce(
  hub: HubRepo,
  release: Release,
  tag: string,
  revision: string,
  progress: (text: string) => void,
): Promise<string> {
  progress(`tagging ${revision.slice(0, 8)} as ${tag}`);
  try {
    await hub.tag(tag, revision, release.title);
    return revision;
  } catch (error) {
    if (!(error instanceof HubMoved) || !(await hub.info())?.tags.has(tag)) throw error;
    return sameAs(hub, release, tag);
  }
}

const named = (files: readonly LocalFile[]) =>
  `${files
    .slice(0, 3)
    .map(({ path }) => path)
    .join(', ')}${files.length > 3 ? ` and ${files.length - 3} more` : ''}`;
