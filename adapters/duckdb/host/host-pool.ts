/** Two slots: two data hosts at most, started when needed, further requests wait in line. A host that died is replaced. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import { join } from 'node:path';
import { DataHost } from './host.ts';
import { bytesOf, defaultMemory } from './memory.ts';
import type { OperationName, Operations } from './protocol.ts';

export interface PoolSettings {
  /** Requests at once, each in a process of its own; default 2. */
  readonly slots?: number;
  /** For each host; default: all cores. */
  readonly threads?: number;
  /** Of all hosts together, `8GiB` or `512MiB`; default the smaller of 4 GiB and half of the machine's. */
  readonly memory?: string | undefined;
  /** Folder for temporary files; made when missing. */
  readonly scratchFolder: string;
  /** An idle host beyond the first ends after this long; default 60,000. */
  readonly idleMs?: number;
}

interface Waiting {
  readonly operation: OperationName;
  readonly request: unknown;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class HostPool {
  private readonly settings: Required<PoolSettings>;
  private readonly hosts = new Set<DataHost>();
  private readonly line: Waiting[] = [];
  private lastId = 0;
  private closed = false;
  private readonly idle = new Map<DataHost, NodeJS.Timeout>();

  constructor(settings: PoolSettings) {
    this.settings = {
      slots: 2,
      threads: availableParallelism(),
      memory: defaultMemory(),
      idleMs: 60_000,
      ...withoutUndefined(settings),
    };
    bytesOf(this.settings.memory);
    sweep(settings.scratchFolder);
  }

  async call<N extends OperationName>(
    operation: N,
    request: Operations[N][0],
    signal?: AbortSignal,
  ): Promise<Operations[N][1]> {
    signal?.throwIfAborted();
    if (this.closed) throw new Error('the data host is closed');
    let leave = () => {};
    const answer = new Promise((resolve, reject) => {
      const waiting: Waiting = { operation, request, signal, resolve, reject };
      this.line.push(waiting);
      leave = () => {
        const place = this.line.indexOf(waiting);
        if (place >= 0) this.line.splice(place, 1);
        if (place >= 0) reject(signal?.reason);
      };
      signal?.addEventListener('abort', leave, { once: true });
    });
    this.serve();
    // One signal may stand behind hundreds of requests: none of them stays with it.
    return answer.finally(() => signal?.removeEventListener('abort', leave)) as Promise<Operations[N][1]>;
  }

  /** Ends all hosts, also busy ones; resolves when they are gone. */
  async close(): Promise<void> {
    this.closed = true;
    for (const waiting of this.line.splice(0)) waiting.reject(new Error('the data host is closed'));
    const ended = [...this.hosts].map((host) => {
      host.kill();
      return host.ended;
    });
    await Promise.all(ended);
  }

  private serve(): void {
    while (this.line.length > 0) {
      const host = [...this.hosts].find((each) => each.alive && !each.busy) ?? this.start();
      if (!host) return;
      const waiting = this.line.shift()!;
      clearTimeout(this.idle.get(host));
      void host
        .request(++this.lastId, waiting.operation, waiting.request, waiting.signal)
        .then(waiting.resolve, waiting.reject)
        .finally(() => {
          this.retireWhenIdle(host);
          this.serve();
        });
    }
  }

  private start(): DataHost | null {
    const alive = [...this.hosts].filter((host) => host.alive);
    if (this.closed || alive.length >= this.settings.slots) return null;
    const folder = join(
      this.settings.scratchFolder,
      `${folderPrefix(process.pid)}${Date.now().toString(36)}-${this.lastId}`,
    );
    const memory = `${Math.max(Math.floor(bytesOf(this.settings.memory) / this.settings.slots / 2 ** 20), 64)}MiB`;
    const host = new DataHost({ threads: this.settings.threads, memory, folder });
    this.hosts.add(host);
    void host.ended.then(() => {
      this.hosts.delete(host);
      clearTimeout(this.idle.get(host));
      this.serve();
    });
    return host;
  }

  private retireWhenIdle(host: DataHost): void {
    const timer = setTimeout(() => {
      // Two that fall idle at once: whichever was told to end does not count for the other.
      if (!host.busy && [...this.hosts].filter((each) => each.alive).length > 1) host.kill();
    }, this.settings.idleMs);
    timer.unref();
    this.idle.set(host, timer);
  }
}

function withoutUndefined(settings: PoolSettings): PoolSettings {
  return Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  ) as unknown as PoolSettings;
}

const folderPrefix = (pid: number) => `data-host-${hostname()}~${pid}~`;

/** Removes folders of hosts whose parent is gone: it was killed before it could. */
function sweep(scratchFolder: string): void {
  mkdirSync(scratchFolder, { recursive: true });
  for (const name of readdirSync(scratchFolder)) {
    const pid = /^data-host-.*~(\d+)~/.exec(name)?.[1];
    // Another machine or container may work in the same folder, and its process ids say nothing here.
    if (pid && name.startsWith(folderPrefix(Number(pid))) && !isAlive(Number(pid)))
      rmSync(join(scratchFolder, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
