/** One data host as its parent sees it: a forked process that serves one request at a time. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { UserError } from '#contracts/failures.ts';
import { residentBytes, residentLimit } from './memory.ts';
import type { FromHost, HostSettings, OperationName, ToHost } from './protocol.ts';

/** A query answers an interrupt at its next chunk; what has not after this long is killed. */
const CANCEL_GRACE_MS = 700;
/** How often a busy host is weighed: memory is written at gigabytes a second. */
const WEIGH_MS = 25;

interface Pending {
  readonly id: number;
  readonly operation: OperationName;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class DataHost {
  readonly settings: HostSettings;
  /** Resolves when the process is gone and its folder removed. */
  readonly ended: Promise<void>;
  /** May be given requests: it is not ending. */
  alive = true;
  private readonly child: ChildProcess;
  private pending: Pending | null = null;
  private stderr = '';
  private overMemory = false;

  constructor(settings: HostSettings) {
    this.settings = settings;
    mkdirSync(settings.folder, { recursive: true });
    // The build renames it; what is JavaScript needs no loader.
    const main = fileURLToPath(new URL('./host-main.ts', import.meta.url));
    this.child = fork(main, [], {
      execArgv: main.endsWith('.ts')
        ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href]
        : [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // No credentials: expressions of a pipeline's author run there.
      env: Object.fromEntries(
        ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LD_LIBRARY_PATH'].flatMap((name) =>
          process.env[name] === undefined ? [] : [[name, process.env[name]]],
        ),
      ),
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr = (this.stderr + chunk.toString('utf8')).slice(-2_000);
    });
    this.child.on('message', (message: FromHost) => this.receive(message));
    this.child.on('error', () => {});
    this.child.once('disconnect', () => {
      this.alive = false;
    });
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        this.alive = false;
        this.pending?.reject(this.death(this.pending.operation, code, signal));
        this.pending = null;
        void rm(settings.folder, { recursive: true, force: true }).finally(resolve);
      });
    });
    this.tell({ kind: 'settings', settings });
    this.hold(false);
  }

  get busy(): boolean {
    return this.pending !== null;
  }

  /** @throws the signal's reason when cancelled; UserError or Error of the operation, OutsideRefused when it held too much memory; StepHostDied when the process ended */
  async request(
    id: number,
    operation: OperationName,
    request: unknown,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    const cancel = () => {
      this.tell({ kind: 'cancel', id });
      timer = setTimeout(() => this.kill(), CANCEL_GRACE_MS);
    };
    this.hold(true);
    const weighing = this.weighed();
    try {
      const answer = new Promise((resolve, reject) => {
        this.pending = { id, operation, resolve, reject };
      });
      signal?.addEventListener('abort', cancel, { once: true });
      this.tell({ kind: 'request', id, operation, request });
      return await answer;
    } catch (error) {
      // Killed because it was cancelled: wait until it holds no file open any more.
      if (signal?.aborted && !this.child.connected) await this.ended;
      throw signal?.aborted ? signal.reason : error;
    } finally {
      signal?.removeEventListener('abort', cancel);
      clearTimeout(timer);
      clearInterval(weighing);
      this.hold(false);
    }
  }

  /** Resolves {@link ended} soon; until then its end keeps this process alive. */
  kill(): void {
    this.alive = false;
    this.hold(true);
    this.child.kill('SIGKILL');
  }

  /** Kills it, and nothing else, once it holds more than it may: the system would choose somebody else. */
  private weighed(): NodeJS.Timeout {
    const limit = residentLimit(this.settings.memory);
    return setInterval(async () => {
      const held = this.child.pid === undefined ? null : await residentBytes(this.child.pid);
      if (held === null || held <= limit || !this.alive) return;
      this.overMemory = true;
      this.kill();
    }, WEIGH_MS);
  }

  private receive(message: FromHost): void {
    if (message.kind === 'ready' || message.id !== this.pending?.id) return;
    const { resolve, reject } = this.pending;
    this.pending = null;
    if (message.kind === 'done') resolve(message.answer);
    else
      reject(
        message.type
          ? new UserError(message.type, message.message)
          : new Error(`the data host failed: ${message.message}`),
      );
  }

  private tell(message: ToHost): void {
    // A channel that is closed means a host that is ending: `close` rejects what is pending.
    if (this.child.connected) this.child.send(message, () => {});
  }

  /** An idle host must not keep the process alive, a busy one must. */
  private hold(yes: boolean): void {
    const change = yes ? 'ref' : 'unref';
    this.child[change]();
    this.child.channel?.[change]();
    // Types know a plain Readable; a pipe is a socket.
    (this.child.stderr as { ref?(): void; unref?(): void } | null)?.[change]?.();
  }

  private death(operation: OperationName, code: number | null, signal: NodeJS.Signals | null): UserError {
    if (this.overMemory)
      return new UserError(
        'OutsideRefused',
        `${operation} took more than the ${Math.round(residentLimit(this.settings.memory) / 2 ** 20)} MiB that a data host may hold, and was ended; nothing is tried again with the same limit. Does an expression make very long texts or lists (repeat, range, list)? Else set RATCHET_DUCKDB_MEMORY, for example to 8GiB.`,
      );
    const how = signal ? `was killed (${signal})` : `ended with code ${code}`;
    const hint = signal === 'SIGKILL' ? '; if the machine was short of memory, lower RATCHET_DUCKDB_MEMORY' : '';
    return new UserError(
      'StepHostDied',
      `the data host ${how} during ${operation}${hint}${this.stderr ? `: ${this.stderr.trim().split('\n').at(-1)}` : ''}`,
    );
  }
}
