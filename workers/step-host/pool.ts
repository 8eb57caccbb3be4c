/** Warm step hosts: for each bundle and memory limit as many as there are cores, each with one job at a time. */
import { availableParallelism } from 'node:os';
import { HostsBusy } from '#activities/dispatch/step-work.ts';
import type { ChampionRef } from '#contracts/data.ts';
import type { Json } from '#contracts/json.ts';
import { childFile } from './child-file.ts';
import { type JobHooks, StepHost } from './host.ts';
import { DEFAULT_MEMORY_MB } from './memory.ts';
import type { Answers, CheckJob, Compiled, CompileJob, Job, Loaded, Ran, RunJob } from './protocol.ts';

const IDLE_MS = 60_000;
/** A graph is a few function calls; what takes longer belongs into a step. */
const COMPILE_LIMIT_MS = 5_000;

export interface PoolSettings {
  root: string;
  /** Path of a bundle's verified bytes. */
  bundlePath(digest: string): Promise<string>;
  /** Hosts of one bundle at once; default: cores, at least two. */
  size?: number;
}
interface Waiter {
  resolve(host: StepHost): void;
  reject(error: Error): void;
}
interface Pool {
  bundle: string;
  memoryMb: number;
  idle: { host: StepHost; since: number }[];
  live: Set<StepHost>;
  starting: number;
  waiters: Waiter[];
}

export interface Where {
  bundle: string;
  memoryMb?: number | null;
}

export class StepHosts {
  readonly #settings: PoolSettings;
  readonly #size: number;
  readonly #pools = new Map<string, Pool>();
  readonly #reaper: NodeJS.Timeout;
  #closed = false;

  constructor(settings: PoolSettings) {
    this.#settings = settings;
    this.#size = settings.size ?? Math.max(2, availableParallelism());
    this.#reaper = setInterval(() => this.#reap(), 5_000);
    this.#reaper.unref();
  }

  /** Runs a step. `patienceMs`: how long to wait for a free host before HostsBusy; default for ever. */
  run(where: Where, job: Omit<RunJob, 'kind'>, hooks: JobHooks & { patienceMs?: number }): Promise<Ran> {
    return this.#perform(where, { kind: 'run', ...job }, `Step "${job.step}"`, hooks);
  }

  /** Parses one side of a step by its schema. */
  async check(where: Where, job: Omit<CheckJob, 'kind'>, hooks: JobHooks = {}): Promise<Json> {
    return (
      await this.#perform(where, { kind: 'check', ...job }, `Step "${job.step}"`, {
        timeoutMs: COMPILE_LIMIT_MS,
        ...hooks,
      })
    ).value;
  }

  /** Builds the graph. Does not queue behind steps: a plan must not wait for hours of somebody's work. */
  async compile(
    where: Where,
    request: { params: Json; champion: ChampionRef | null; asOf: string },
  ): Promise<Compiled & { loaded: Loaded }> {
    const pool = this.#pool(where);
    const host = this.#takeIdle(pool) ?? (await this.#start(pool));
    try {
      const loaded = await host.loaded;
      const job: CompileJob = { kind: 'compile', ...request };
      const compiled = await host.perform(job, `The graph of "${loaded.name}"`, { timeoutMs: COMPILE_LIMIT_MS });
      return { ...compiled, loaded };
    } finally {
      this.#giveBack(pool, host);
    }
  }

  /** What the pipeline says of itself before its graph is built. */
  async describe(where: Where): Promise<Loaded> {
    const pool = this.#pool(where);
    const host = this.#takeIdle(pool) ?? (await this.#start(pool));
    try {
      return await host.loaded;
    } finally {
      this.#giveBack(pool, host);
    }
  }

  /** Kills every host. Jobs that run are rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#reaper);
    const hosts = [...this.#pools.values()].flatMap((pool) => [...pool.live]);
    for (const host of hosts) host.kill();
    await Promise.all(hosts.map((host) => host.gone));
  }

  async #perform<J extends Job>(
    where: Where,
    job: J,
    what: string,
    hooks: JobHooks & { patienceMs?: number },
  ): Promise<Answers[J['kind']]> {
    const pool = this.#pool(where);
    const host = await this.#take(pool, hooks);
    try {
      return await host.perform(job, what, hooks);
    } finally {
      this.#giveBack(pool, host);
    }
  }

  #pool({ bundle, memoryMb }: Where): Pool {
    const limit = memoryMb ?? DEFAULT_MEMORY_MB;
    const key = `${bundle}:${limit}`;
    let pool = this.#pools.get(key);
    if (!pool) {
      pool = { bundle, memoryMb: limit, idle: [], live: new Set(), starting: 0, waiters: [] };
      this.#pools.set(key, pool);
    }
    return pool;
  }

  #takeIdle(pool: Pool): StepHost | undefined {
    for (let entry = pool.idle.pop(); entry; entry = pool.idle.pop()) if (entry.host.usable) return entry.host;
    return undefined;
  }

  async #take(pool: Pool, hooks: JobHooks & { patienceMs?: number }): Promise<StepHost> {
    hooks.signal?.throwIfAborted();
    const idle = pool.waiters.length === 0 ? this.#takeIdle(pool) : undefined;
    if (idle) return idle;
    if (pool.live.size + pool.starting < this.#size) return this.#start(pool);
    return new Promise<StepHost>((resolve, reject) => {
      const leave = (error: Error) => {
        pool.waiters = pool.waiters.filter((other) => other !== waiter);
        done();
        reject(error);
      };
      const onAbort = () => leave(hooks.signal?.reason as Error);
      const patience =
        hooks.patienceMs === undefined
          ? undefined
          : setTimeout(() => leave(new HostsBusy(`all ${this.#size} step hosts are busy`)), hooks.patienceMs);
      const done = () => {
        clearTimeout(patience);
        hooks.signal?.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        resolve: (host) => {
          done();
          resolve(host);
        },
        reject: leave,
      };
      hooks.signal?.addEventListener('abort', onAbort, { once: true });
      pool.waiters.push(waiter);
    });
  }

  async #start(pool: Pool): Promise<StepHost> {
    if (this.#closed) throw new Error('the worker is stopping');
    pool.starting++;
    try {
      const [program, bundle] = await Promise.all([
        childFile(this.#settings.root),
        this.#settings.bundlePath(pool.bundle),
      ]);
      const host = new StepHost({ program, bundle, root: this.#settings.root, memoryMb: pool.memoryMb });
      pool.live.add(host);
      void host.gone.then(() => {
        pool.live.delete(host);
        this.#refill(pool);
      });
      return host;
    } finally {
      pool.starting--;
    }
  }

  /** To whoever waits, else among the idle ones. */
  #giveBack(pool: Pool, host: StepHost): void {
    if (!host.usable) {
      host.kill();
      return;
    }
    const next = pool.waiters.shift();
    if (next) next.resolve(host);
    else pool.idle.push({ host, since: Date.now() });
  }

  /** A host died while others waited for one. */
  #refill(pool: Pool): void {
    while (!this.#closed && pool.waiters.length > 0 && pool.live.size + pool.starting < this.#size) {
      const next = pool.waiters.shift();
      if (!next) return;
      this.#start(pool).then(next.resolve, next.reject);
    }
  }

  #reap(): void {
    const now = Date.now();
    for (const [key, pool] of this.#pools) {
      const expired = pool.idle.filter(({ since }) => now - since > IDLE_MS);
      pool.idle = pool.idle.filter((entry) => !expired.includes(entry));
      for (const { host } of expired) host.kill();
      if (pool.live.size === 0 && pool.starting === 0 && pool.waiters.length === 0) this.#pools.delete(key);
    }
  }
}
