/**
 * MD5 of many files, and their copies in a cache, in worker threads: a file is read once. A worker is one function, given as its text, so that it needs no
 * module of its own wherever this is run from.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { UserError } from '#contracts/failures.ts';

export interface Hashed {
  readonly md5: string;
  readonly bytes: number;
  /** Size, times in nanoseconds, inode: equal as long as the file was not touched. */
  readonly stat: string;
  /** ms since 1970: the later of modification and change. */
  readonly touched: number;
}
interface Job {
  readonly path: string;
  /** The cache's folder of objects: a copy goes there, under its digest. Null: the digest alone. */
  readonly cache: string | null;
}
interface Answer {
  readonly at: number;
  readonly hashed?: Hashed;
  readonly error?: { readonly code: string | undefined; readonly message: string };
}

/** What a compiler puts around functions to keep their names. */
const NAMES = 'const __name = (named) => named;';
/** Files of one message. */
const TOGETHER = 32;

/**
 * @param jobs in whatever order; answers are in theirs
 * @param done is told how many are done
 * @throws UserError DataInvalid for a file that changes while it is read, is gone or forbidden; OutsideRefused when the disk is full
 */
export async function hashFiles(
  jobs: readonly Job[],
  signal: AbortSignal,
  done: (files: number) => void = () => undefined,
): Promise<Hashed[]> {
  signal.throwIfAborted();
  if (jobs.length === 0) return [];
  const answers: Hashed[] = Array.from({ length: jobs.length });
  const count = Math.min(availableParallelism(), 8, Math.ceil(jobs.length / TOGETHER));
  let next = 0;
  let finished = 0;
  const workers = Array.from({ length: count }, () => new Worker(`${NAMES}(${work.toString()})()`, { eval: true }));
  let stop = () => undefined as void;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
  });
  signal.addEventListener('abort', stop);
  try {
    await Promise.race([
      stopped,
      Promise.all(
        workers.map(
          (worker) =>
            new Promise<void>((resolve, reject) => {
              const feed = () => {
                if (next >= jobs.length) return resolve();
                const some = jobs.slice(next, next + TOGETHER).map((job, index) => ({ ...job, at: next + index }));
                next += some.length;
                worker.postMessage(some);
              };
              worker.on('error', reject);
              worker.on('message', (some: readonly Answer[]) => {
                for (const { at, hashed, error } of some) {
                  if (hashed) answers[at] = hashed;
                  else return reject(failure(jobs[at]?.path ?? '', error));
                }
                finished += some.length;
                done(finished);
                feed();
              });
              feed();
            }),
        ),
      ),
    ]);
  } finally {
    signal.removeEventListener('abort', stop);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return answers;
}

function failure(path: string, error: Answer['error']): UserError {
  const { code, message = '' } = error ?? {};
  if (code === 'CHANGED')
    return new UserError(
      'DataInvalid',
      `${path} changed while it was read: wait until it is written, or write it beside and rename it`,
    );
  if (code === 'ENOENT') return new UserError('DataInvalid', `${path} is not there any more`);
  if (code === 'EACCES' || code === 'EPERM')
    return new UserError('DataInvalid', `${path}: its permissions forbid it (${message})`);
  if (code === 'EROFS') return new UserError('DataInvalid', `${path}: the folder can only be read (${message})`);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new UserError('OutsideRefused', `the disk is full (${message}): free some space, and run it again`);
  return new UserError('DataInvalid', `${path}: ${message}`);
}

/** Runs alone in a worker: it sees nothing of this module. */
function work(): void {
  // Neither import nor require: what bundles this names them anew.
  const { parentPort } = process.getBuiltinModule('node:worker_threads');
  const { createHash, randomBytes } = process.getBuiltinModule('node:crypto');
  const fs = process.getBuiltinModule('node:fs');
  const buffer = Buffer.allocUnsafe(1024 * 1024);
  let clones = true;
  const statOf = (of: number | string) => {
    const found = typeof of === 'number' ? fs.fstatSync(of, { bigint: true }) : fs.statSync(of, { bigint: true });
    const stat = [found.size, found.mtimeNs, found.ctimeNs, found.ino, found.dev].join(' ');
    return { stat, touched: Number(found.mtimeNs > found.ctimeNs ? found.mtimeNs : found.ctimeNs) / 1e6 };
  };
  const coded = (code: string, message: string) => Object.assign(new Error(message), { code });
  const hashOf = (path: string, copy: number | null) => {
    const fd = fs.openSync(path, 'r');
    try {
      const before = statOf(fd);
      const hash = createHash('md5');
      let bytes = 0;
      for (;;) {
        const read = fs.readSync(fd, buffer, 0, buffer.length, null);
        if (read === 0) break;
        bytes += read;
        const part = buffer.subarray(0, read);
        hash.update(part);
        for (let from = 0; copy !== null && from < read; ) from += fs.writeSync(copy, part, from);
      }
      if (statOf(fd).stat !== before.stat) throw coded('CHANGED', '');
      return { md5: hash.digest('hex'), bytes, ...before };
    } finally {
      fs.closeSync(fd);
    }
  };
  const kept = (path: string, cache: string) => {
    fs.mkdirSync(cache, { recursive: true });
    const partial = `${cache}/.${randomBytes(8).toString('hex')}.partial`;
    try {
      let hashed: ReturnType<typeof hashOf> | null = null;
      if (clones) {
        try {
          const before = statOf(path);
          fs.copyFileSync(path, partial, fs.constants.COPYFILE_FICLONE_FORCE);
          // Of the copy, which nobody else touches.
          hashed = { ...hashOf(partial, null), ...before };
          if (statOf(path).stat !== before.stat) throw coded('CHANGED', '');
        } catch (error) {
          if ((error as { code?: string }).code === 'CHANGED') throw error;
          clones = false;
        }
      }
      if (hashed === null) {
        const copy = fs.openSync(partial, 'w');
        try {
          hashed = hashOf(path, copy);
        } finally {
          fs.closeSync(copy);
        }
      }
      const folder = `${cache}/${hashed.md5.slice(0, 2)}`;
      const object = `${folder}/${hashed.md5.slice(2)}`;
      if (fs.statSync(object, { throwIfNoEntry: false })?.size !== hashed.bytes) {
        fs.mkdirSync(folder, { recursive: true });
        fs.chmodSync(partial, 0o444);
        fs.renameSync(partial, object);
      }
      return hashed;
    } finally {
      fs.rmSync(partial, { force: true });
    }
  };
  parentPort?.on('message', (jobs: { at: number; path: string; cache: string | null }[]) => {
    const answers = jobs.map(({ at, path, cache }) => {
      try {
        return { at, hashed: cache === null ? hashOf(path, null) : kept(path, cache) };
      } catch (error) {
        const { code, message } = error as { code?: string; message: string };
        return { at, error: { code, message } };
      }
    });
    parentPort?.postMessage(answers);
  });
}
