/**
 * A hub of models: repos of files with commits, branches and tags, as Hugging Face's Hub has them. Each request is sent once
 * and repeating is the caller's business: `commit` names its parent, so that of two that are sent one is refused.
 */
import { UserError } from '#contracts/failures.ts';

export interface HubTarget {
  /** Where the hub answers, without a path's last slash. */
  endpoint: string;
  /** `organization/name`. */
  repo: string;
  token: HubToken;
}

interface HubToken {
  /** Where it was found, for messages: `HF_TOKEN`. */
  name: string;
  /** Secret: for requests to the endpoint only. */
  value: string;
}

export interface HubRepoInfo {
  private: boolean;
  /** Name → the commit that it names. */
  branches: ReadonlyMap<string, string>;
  /** Names. */
  tags: ReadonlySet<string>;
}

export interface HubFile {
  path: string;
  bytes: number;
  /** Git's blob SHA-1; of a file in LFS that of its pointer. */
  oid: string;
  /** SHA-256 of a file in LFS; null for one in git itself. */
  sha256: string | null;
}

interface HubCommit {
  /** Full SHA. */
  id: string;
  title: string;
  message: string;
}

export interface CommitRequest {
  branch: string;
  /** What the branch has to be at still. */
  parent: string;
  title: string;
  description: string;
  /** `content`: path of a file of this machine, or a small file's bytes. */
  files: readonly { path: string; content: { file: string } | { bytes: Uint8Array } }[];
  removed: readonly string[];
}

export interface HubRepo {
  /** Null where there is none, or none that the token may see. */
  info(): Promise<HubRepoInfo | null>;
  /** One that is there already stays as it is. */
  create(options: { private: boolean }): Promise<void>;
  /** SHA of the commit that a branch or tag names. */
  resolve(revision: string): Promise<string>;
  /** All files of a commit. */
  files(commit: string): Promise<HubFile[]>;
  /** Of a branch or from a commit back, newest first; read page by page. */
  commits(revision: string): AsyncIterable<HubCommit>;
  /** A small text file of a commit; null where there is none. */
  text(commit: string, path: string): Promise<string | null>;
  /**
   * Sends what the hub lacks of the files, and makes one commit.
   * @param progress told in a few words how far it is
   * @returns SHA of the commit
   * @throws HubMoved when the branch is at another commit than `parent`: nothing was written
   */
  commit(request: CommitRequest, progress: (text: string) => void): Promise<string>;
  /** @throws HubMoved when there is a tag of this name */
  tag(name: string, commit: string, message: string): Promise<void>;
  /** Page of a revision, for people. */
  url(revision: string): string;
}

export interface ModelHub {
  /**
   * Nothing is asked yet. All that the repo's calls throw is UserError: OutsideRefused with the token's name, its scope and the
   * repo in words, Throttled, OutsideUnreachable, or the signal's own reason.
   */
  open(target: HubTarget, signal: AbortSignal): HubRepo;
}

/** Somebody else was there first: whoever looks again sees what they did. */
export class HubMoved extends UserError {
  constructor(message: string) {
    super('OutsideUnreachable', message);
  }
}
