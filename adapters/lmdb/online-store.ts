/**
 * The embedded online store: one LMDB file, many reading and writing processes. A batch is one transaction: what is newer is decided
 * inside of it, and all of it is there or nothing. Writes that wait for each other share a transaction, and are acknowledged when the
 * file is on the disk. (lmdb's own asynchronous transactions need a thread that calls back; they were seen to hang, see docs/adr/0036.)
 */
import { mkdirSync, statSync } from 'node:fs';
import type { RootDatabase } from 'lmdb';
import { UserError } from '#contracts/failures.ts';
import { isNewer } from '#ports/online-row.ts';
import type { OnlineChange, OnlineQuestion, OnlineRow, OnlineStore, OnlineWritten } from '#ports/online-store.ts';

export interface LmdbSettings {
  /** Folder; made when it is not there. */
  readonly path: string;
  /** Most bytes of the file; default 64 GiB. Beyond it writes are refused, and reads go on. */
  readonly maxBytes?: number;
}

interface Waiting {
  readonly rows: readonly OnlineRow[];
  readonly changes: readonly OnlineChange[];
  done(written: OnlineWritten): void;
  failed(error: unknown): void;
}

/** Of a B-tree's pages about so much is filled. */
const SPREAD = 1.5;

/** @throws UserError OutsideRefused when there is no LMDB at `path` and none can be made */
export async function openLmdb({ path, maxBytes = 64 * 1024 ** 3 }: LmdbSettings): Promise<OnlineStore> {
  const { open } = await import('lmdb');
  let db: RootDatabase<Buffer, Buffer>;
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    if (!statSync(path).isDirectory()) throw new Error('it is no folder');
    // With a slash it is a folder whatever its name.
    db = open({ path: `${path}/`, encoding: 'binary', keyEncoding: 'binary', cache: false, noSubdir: false });
  } catch (error) {
    throw refused(`the online store at ${path} cannot be opened`, error, 'name a folder that may be written to');
  }
  return new LmdbStore(db, path, maxBytes);
}

class LmdbStore implements OnlineStore {
  readonly at: string;
  readonly promise =
    'the death of this process and of the machine: the file is on the disk before a write is acknowledged';
  readonly #db: RootDatabase<Buffer, Buffer>;
  readonly #maxBytes: number;
  #waiting: Waiting[] = [];
  #turn: Promise<void> | undefined;

  constructor(db: RootDatabase<Buffer, Buffer>, path: string, maxBytes: number) {
    this.#db = db;
    this.at = `lmdb:${path}`;
    this.#maxBytes = maxBytes;
  }

  write(rows: readonly OnlineRow[], changes: readonly OnlineChange[] = []): Promise<OnlineWritten> {
    if (rows.length + changes.length === 0) return Promise.resolve({ written: 0, older: 0, changed: 0 });
    return new Promise((done, failed) => {
      this.#waiting.push({ rows, changes, done, failed });
      this.#turn ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.#commit());
    });
  }

  async read(questions: readonly OnlineQuestion[]): Promise<(Uint8Array | null)[][]> {
    // A snapshot is kept for a while, and would not see what another writer was told to be kept meanwhile.
    this.#db.resetReadTxn();
    return questions.map(({ key, views }) => views.map((view) => this.#db.getBinary(storeKey(view, key)) ?? null));
  }

  async close(): Promise<void> {
    while (this.#turn) await this.#turn;
    await this.#db.close();
  }

  async #commit(): Promise<void> {
    const batches = this.#waiting;
    this.#waiting = [];
    this.#turn = undefined;
    const fitting = batches.filter((batch) => {
      const error = this.#tooLarge(batch);
      if (error) batch.failed(error);
      return !error;
    });
    try {
      const written = this.#db.transactionSync(() =>
        fitting.map(({ rows, changes, done }) => {
          const count = this.#put(rows);
          const changed = changes.filter((change) => this.#change(change)).length;
          return () => done({ written: count, older: rows.length - count, changed });
        }),
      );
      await this.#db.flushed;
      for (const tell of written) tell();
    } catch (error) {
      const told = refused(
        `the online store ${this.at} could not write, and kept nothing of this batch`,
        error,
        'free space on its disk, then write the same batch again',
      );
      for (const batch of fitting) batch.failed(told);
    }
  }

  #put(rows: readonly OnlineRow[]): number {
    let written = 0;
    for (const { view, key, row } of rows) {
      const at = storeKey(view, key);
      if (!isNewer(row, this.#db.getBinary(at))) continue;
      this.#db.putSync(at, Buffer.from(row));
      written++;
    }
    return written;
  }

  #change({ key, parts, change }: OnlineChange): boolean {
    const changed = change(parts.map((part) => this.#db.getBinary(storeKey(part, key)) ?? null));
    for (const [part, bytes] of changed) {
      const at = storeKey(part, key);
      if (bytes) this.#db.putSync(at, Buffer.from(bytes));
      else this.#db.removeSync(at);
    }
    return changed.size > 0;
  }

  /** LMDB itself grows its map until the disk is full. */
  #tooLarge({ rows, changes }: Pick<Waiting, 'rows' | 'changes'>): UserError | null {
    const { lastPageNumber, pageSize } = this.#db.getStats() as { lastPageNumber: number; pageSize: number };
    const taken = (lastPageNumber + 1) * pageSize;
    const kept = rows.reduce((sum, { key, row }) => sum + key.length + row.length, 0);
    const more = changes.reduce((sum, { bytes }) => sum + bytes, kept) * SPREAD;
    if (taken + more <= this.#maxBytes) return null;
    return new UserError(
      'OutsideRefused',
      `the online store ${this.at} is full: it takes ${taken} bytes, this batch ${Math.ceil(more)}, and ${this.#maxBytes} are the most. Nothing of the batch was kept. Give it more room (RATCHET_ONLINE_MAX_BYTES), or a new folder`,
    );
  }
}

function storeKey(view: string, key: Uint8Array): Buffer {
  // No view has a NUL in its name.
  return Buffer.concat([Buffer.from(`${view}\0`, 'utf8'), key]);
}

const refused = (what: string, error: unknown, next: string) =>
  new UserError('OutsideRefused', `${what} (${error instanceof Error ? error.message : error}): ${next}`, {
    cause: error,
  });
