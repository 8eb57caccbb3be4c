/** A repo of the Hub's double, in memory: commits of whole trees, branches, tags, and large files by their SHA-256. */
import { createHash } from 'node:crypto';

export interface Entry {
  /** Git's blob SHA-1: of the bytes, or of the pointer. */
  oid: string;
  bytes: Buffer;
  /** SHA-256 of a file in LFS. */
  sha256: string | null;
}
export interface Commit {
  id: string;
  parent: string | null;
  title: string;
  message: string;
  date: string;
  tree: ReadonlyMap<string, Entry>;
}

export const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const blob = (bytes: Buffer) => createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
const pointer = (oid: string, size: number) =>
  Buffer.from(`version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${size}\n`);

export const POINTER = 130;
/** As the Hub gives them to every new repo; some of them. */
const LARGE = ['bin', 'h5', 'joblib', 'npz', 'onnx', 'parquet', 'pkl', 'pt', 'safetensors', 'xgb', 'zip'];
export const REGULAR_LIMIT = 10 * 2 ** 20;

export class Repo {
  readonly commits = new Map<string, Commit>();
  readonly branches = new Map<string, string>();
  readonly tags = new Map<string, string>();
  readonly large = new Map<string, Buffer>();
  readonly id: string;
  readonly isPrivate: boolean;
  constructor(id: string, isPrivate: boolean) {
    this.id = id;
    this.isPrivate = isPrivate;
    const attributes = LARGE.map((each) => `*.${each} filter=lfs diff=lfs merge=lfs -text\n`).join('');
    this.commit('main', 'initial commit', '', new Map([['.gitattributes', this.regular(Buffer.from(attributes))]]));
  }

  regular = (bytes: Buffer): Entry => ({ oid: blob(bytes), bytes, sha256: null });
  /** Undefined when it was not uploaded. */
  inLfs(oid: string): Entry | undefined {
    const bytes = this.large.get(oid);
    return bytes && { oid: blob(pointer(oid, bytes.length)), bytes, sha256: oid };
  }

  goesToLfs(path: string, size: number, sample: Buffer): boolean {
    return size > REGULAR_LIMIT || LARGE.some((each) => path.endsWith(`.${each}`)) || sample.includes(0);
  }

  commit(branch: string, title: string, message: string, tree: ReadonlyMap<string, Entry>): Commit {
    const parent = this.branches.get(branch) ?? null;
    const listed = [...tree].map(([path, { oid }]) => `${oid} ${path}`).sort();
    const id = createHash('sha1')
      .update(JSON.stringify([parent, title, message, this.commits.size, listed]))
      .digest('hex');
    const made = { id, parent, title, message, date: new Date().toISOString(), tree };
    this.commits.set(id, made);
    this.branches.set(branch, id);
    return made;
  }

  /** A branch, a tag, or a commit by its SHA. */
  resolve(revision: string): Commit | undefined {
    return this.commits.get(this.branches.get(revision) ?? this.tags.get(revision) ?? revision);
  }

  /** Newest first. */
  history(revision: string): Commit[] {
    const found: Commit[] = [];
    for (let at = this.resolve(revision); at; at = at.parent ? this.commits.get(at.parent) : undefined) found.push(at);
    return found;
  }
}
