/**
 * Warm step hosts: for each bundle and memory limit as many as there are cores, each with one job at a time; of all bundles
 * together no more than the machine's memory holds.
 */
import { availableParallelism } from 'node:os';
import type { ChampionRef } from '#contracts/data.ts';
import type { Json } from '#contracts/json.ts';
import { childFile } from './child-file.ts';
import { type JobHooks, StepHost } from './host.ts';
import { DEFAULT_MEMORY_MB, type HostRoom, hostRoom } from './memory.ts';
import { Places } from './places.ts';
import type { Answers, CheckJob, Compiled, CompileJob, Job, Loaded, Ran, RunJob, VectorsJob } from './protocol.ts';

const IDLE_MS = 60_000;
/** A graph is a few function calls; what takes longer belongs into a step. */
const COMPILE_LIMIT_MS = 5_000;

export interface PoolSettings {
  root: string;
  /** Path of a bundle's verified bytes. */
  bundlePath(digest: string): Promise<string>;
  /** Hosts of one bundle at once; default: cores, at least two. */
  size?: number;
  /** Of all bundles together; default: by this machine's memory. */
  room?: HostRoom;
}
interface Pool {
  bundle: string;
  memoryMb: number;
  idle: { host: StepHost; since: number }[];
  live: Set<StepHost>;
  starting: number;
  steps: Places;
  /** Work that waits or goes on. */
  users: number;
  /** Once a host has loaded the bundle. */
  loaded: Loaded | null;
}

export interface Where {
  bundle: string;
  memoryMb?: number | null;
}

export class StepHosts {
  readonly #settings: PoolSettings;
  readonly #size: number;
  readonly #room: HostRoom;
  readonly #plans: Places;
  readonly #steps: Places;
  readonly #pools = new Map<string, Pool>();
  readonly #reaper: NodeJS.Timeout;
  #closed = false;

  constructor(settings: PoolSettings) {
    this.#settings = settings;
    this.#size = settings.size ?? Math.max(2, availableParallelism());
    this.#room = settings.room ?? hostRoom();
    this.#plans = new Places(this.#room.plans, 'as many graphs are built as this machine has room for');
    this.#steps = new Places(
      this.#room.stepsMb,
      `the steps that run have all of the ${this.#room.stepsMb} MiB that this machine has for steps`,
    );
    this.#reaper = setInterval(() => this.#reap(), 5_000);
    this.#reaper.unref();
  }

  /** Runs a step. `patienceMs`: how long to wait for a free host before HostsBusy; default for ever. */
  run(where: Where, job: Omit<RunJob, 'kind'>, hooks: JobHooks & { patienceMs?: number }): Promise<Ran> {
    return this.#perform(where, { kind: 'run', ...job }, `Step "${job.step}"`, hooks);
  }

  /**
   * Many steps, one after another in one host, which is held between them; where one of them ends it, the next has another.
   * @throws HostsBusy before `work` begins
   */
  together<T>(
    where: Where,
    hooks: { signal?: AbortSignal; patienceMs?: number },
    work: (run: (job: Omit<RunJob, 'kind'>, hooks: JobHooks) => Promise<Ran>) => Promise<T>,
  ): Promise<T> {
    return this.#placed(where, hooks, async (pool) => {
      let host: StepHost | null = null;
      try {
        return await work(async (job, jobHooks) => {
          if (host && !host.usable) await ended(host);
          if (!host?.usable) host = this.#takeIdle(pool) ?? (await this.#start(pool));
          return host.perform({ kind: 'run', ...job }, `Step "${job.step}"`, jobHooks);
        });
      } finally {
        if (host) await this.#leave(pool, host);
      }
    });
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

  /** Computes functions on demand over vectors. `patienceMs` as {@link run}. */
  async vectors(
    where: Where,
    job: Omit<VectorsJob, 'kind'>,
    hooks: JobHooks & { patienceMs?: number },
  ): Promise<number> {
    const what = `What step "${job.step}" computes on demand`;
    return (await this.#perform(where, { kind: 'vectors', ...job }, what, hooks)).rows;
  }

  /**
   * Builds the graph. Does not queue behind steps: a plan must not wait for hours of somebody's work.
   * @param signal leaves the queue of those who wait to build theirs
   */
  async compile(
    where: Where,
    request: { params: Json; champion: ChampionRef | null; asOf: string },
    signal?: AbortSignal,
  ): Promise<Compiled & { loaded: Loaded }> {
    return this.#planning(where, signal, async (host) => {
      const loaded = await host.loaded;
      const job: CompileJob = { kind: 'compile', ...request };
      const compiled = await host.perform(job, `The graph of "${loaded.name}"`, {
        timeoutMs: COMPILE_LIMIT_MS,
        signal,
      });
      return { ...compiled, loaded };
    });
  }

  /** Starts a host for the bundle where there is none, and resolves before it has loaded: who asks next finds it on its way. */
  async begin(where: Where): Promise<void> {
    const pool = this.#pool(where);
    if (pool.live.size + pool.starting > 0) return;
    const host = await this.#start(pool);
    pool.idle.push({ host, since: Date.now() });
  }

  /** What the pipeline says of itself before its graph is built: the same for all runs of one bundle. */
  async describe(where: Where, signal?: AbortSignal): Promise<Loaded> {
    const known = this.#pool(where).loaded;
    return known ?? this.#planning(where, signal, (host) => host.loaded);
  }

  /**
   * With a host that is idle, else with one beside those that steps have. So many at once, of whatever bundles: each is over
   * within its limit, and sixty runs that start together must not start sixty processes.
   */
  async #planning<T>(where: Where, signal: AbortSignal | undefined, work: (host: StepHost) => Promise<T>): Promise<T> {
    return this.#using(where, async (pool) => {
      const leave = await this.#plans.take({ owner: pool.bundle, signal });
      try {
        return await this.#withHost(pool, async (host) => {
          const result = await work(host);
          pool.loaded = await host.loaded;
          return result;
        });
      } finally {
        leave();
      }
    });
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
    return this.#placed(where, hooks, (pool) => this.#withHost(pool, (host) => host.perform(job, what, hooks)));
  }

  /** With a place among those of the bundle and among those of all. */
  async #placed<T>(
    where: Where,
    { signal, patienceMs }: { signal?: AbortSignal | undefined; patienceMs?: number },
    work: (pool: Pool) => Promise<T>,
  ): Promise<T> {
    return this.#using(where, async (pool) => {
      const until = patienceMs === undefined ? null : Date.now() + patienceMs;
      const leave = await pool.steps.take({ signal, patienceMs });
      try {
        const left = until === null ? undefined : Math.max(0, until - Date.now());
        const leaveAll = await this.#steps.take({
          ...{ owner: pool.bundle, weight: pool.memoryMb, signal },
          patienceMs: left,
        });
        try {
          return await work(pool);
        } finally {
          leaveAll();
        }
      } finally {
        leave();
      }
    });
  }

  /** A pool that somebody uses, or waits for, stays. */
  async #using<T>(where: Where, work: (pool: Pool) => Promise<T>): Promise<T> {
    const pool = this.#pool(where);
    pool.users++;
    try {
      return await work(pool);
    } finally {
      pool.users--;
    }
  }

  /** Whoever is let in next finds a process that is to go gone: the count of those alive is that of the places. */
  async #withHost<T>(pool: Pool, work: (host: StepHost) => Promise<T>): Promise<T> {
    const host = this.#takeIdle(pool) ?? (await this.#start(pool));
    try {
      return await work(host);
    } finally {
      await this.#leave(pool, host);
    }
  }

  async #leave(pool: Pool, host: StepHost): Promise<void> {
    if (host.usable) pool.idle.push({ host, since: Date.now() });
    else await ended(host);
    await this.#keepFewIdle();
  }

  async #keepFewIdle(): Promise<void> {
    const idle = [...this.#pools.values()].flatMap((pool) => pool.idle.map((entry) => ({ pool, entry })));
    const tooMany = idle
      .filter(({ entry }) => entry.host.usable)
      .sort((a, b) => b.entry.since - a.entry.since)
      .slice(this.#room.idle);
    for (const { pool, entry } of tooMany) pool.idle = pool.idle.filter((other) => other !== entry);
    await Promise.all(tooMany.map(({ entry }) => ended(entry.host)));
  }

  #pool({ bundle, memoryMb }: Where): Pool {
    const limit = memoryMb ?? DEFAULT_MEMORY_MB;
    const key = `${bundle}:${limit}`;
    let pool = this.#pools.get(key);
    if (!pool) {
      pool = {
        bundle,
        memoryMb: limit,
        idle: [],
        live: new Set(),
        starting: 0,
        steps: new Places(this.#size, `all ${this.#size} step hosts are busy`),
        users: 0,
        loaded: null,
      };
      this.#pools.set(key, pool);
    }
    return pool;
  }

  #takeIdle(pool: Pool): StepHost | undefined {
    for (let entry = pool.idle.pop(); entry; entry = pool.idle.pop()) if (entry.host.usable) return entry.host;
    return undefined;
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
      void host.gone.then(() => pool.live.delete(host));
      return host;
    } finally {
      pool.starting--;
    }
  }

  #reap(): void {
    const now = Date.now();
    for (const [key, pool] of this.#pools) {
      const expired = pool.idle.filter(({ since }) => now - since > IDLE_MS);
      pool.idle = pool.idle.filter((entry) => !expired.includes(entry));
      for (const { host } of expired) host.kill();
      if (pool.live.size === 0 && pool.starting === 0 && pool.users === 0) this.#pools.delete(key);
    }
  }
}

async function ended(host: StepHost): Promise<void> {
  host.kill();
  await host.gone;
}
