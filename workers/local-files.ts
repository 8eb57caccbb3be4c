/** Stored tables and files as local ones: fetched once a machine, by digest, checked, and read-only from then on. */
import { randomUUID } from 'node:crypto';
import { access, chmod, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import type { ObjectStore } from '#activities/ports/store.ts';
import type { Tables } from '#activities/ports/tables.ts';
import { DatasetRef, FileRef, Format } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import { storeKey } from '#contracts/names.ts';
import type { StepServices } from './step-host/typescript-steps.ts';

export class LocalFiles implements StepServices {
  readonly #folder: string;
  readonly #store: ObjectStore;
  readonly #tables: Pick<Tables, 'md5' | 'snapshot'>;
  readonly #fetching = new Map<string, Promise<string>>();

  /** @param folder `<root>/.ratchet/data`; safe to delete while nothing runs. */
  constructor(folder: string, store: ObjectStore, tables: Pick<Tables, 'md5' | 'snapshot'>) {
    this.#folder = folder;
    this.#store = store;
    this.#tables = tables;
  }

  /** @throws UserError OutsideRefused when the object is gone or holds other bytes than its reference says. */
  async localFile(ref: { uri: string; digest: string }, signal: AbortSignal): Promise<string> {
    const path = join(this.#folder, ref.digest.replace(/[^0-9A-Za-z]+/g, '/'), `data${extname(ref.uri)}`);
    if (await exists(path)) return path;
    // Two steps that want the same table fetch it once; one that is cancelled does not take it from the other.
    const running = this.#fetching.get(path) ?? this.#fetch(ref, path).finally(() => this.#fetching.delete(path));
    this.#fetching.set(path, running);
    running.catch(() => {});
    return Promise.race([running, aborted(signal)]);
  }

  async #fetch({ uri, digest }: { uri: string; digest: string }, path: string): Promise<string> {
    await mkdir(dirname(path), { recursive: true });
    const draft = `${path}.${randomUUID()}.draft`;
    try {
      await this.#store.download(this.#store.key(uri), draft);
      const [md5] = digest.startsWith('md5:') ? await this.#tables.md5([draft]) : [undefined];
      if (md5 !== undefined && `md5:${md5}` !== digest)
        throw new UserError(
          'OutsideRefused',
          `${uri} holds other bytes than it was stored with (MD5 ${md5}, not ${digest.slice(4)}): delete it and run again.`,
        );
      await chmod(draft, 0o444);
      await rename(draft, path);
      return path;
    } finally {
      await rm(draft, { force: true });
    }
  }

  async localPath(ref: DatasetRef | FileRef, signal: AbortSignal): Promise<string> {
    const known = DatasetRef.or(FileRef).safeParse(ref);
    if (!known.success)
      throw new UserError(
        'InvalidInput',
        `context.localPath takes a dataset or file reference, not ${JSON.stringify(ref)?.slice(0, 80)}.`,
      );
    return this.localFile(known.data, signal);
  }

  /** Kept as Parquet, whatever it was written as: types and row count travel with it. */
  async saveDataset(path: string, format: Format, signal: AbortSignal): Promise<DatasetRef> {
    const known = Format.safeParse(format);
    if (!known.success || typeof path !== 'string')
      throw new UserError(
        'InvalidInput',
        `context.saveDataset takes a path and one of ${Format.options.join(', ')}, not ${JSON.stringify([path, format])}.`,
      );
    if (!(await exists(path)))
      throw new UserError('InvalidOutput', `There is no file ${path} to save: write it before context.saveDataset.`);
    const to = join(this.#folder, 'new', `${randomUUID()}.parquet`);
    await mkdir(dirname(to), { recursive: true });
    try {
      const { md5, rows, bytes, columns } = await this.#tables.snapshot(
        { files: [path], format: known.data, to },
        signal,
      );
      const key = storeKey.file(md5);
      if ((await this.#store.head(key)) === null) await this.#store.upload(to, key, signal);
      return {
        kind: 'dataset',
        uri: this.#store.uri(key),
        digest: `md5:${md5}`,
        format: 'parquet',
        rows,
        bytes,
        columns: [...columns],
      };
    } finally {
      await rm(to, { force: true });
    }
  }
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
