/** Jobs as processes of this machine, each under a shim of its own (trainers/job_shim.py) that outlives the worker. */
import { spawn } from 'node:child_process';
import { mkdir, open, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '#contracts/failures.ts';
import {
  type Executor,
  isHeldBy,
  type JobExit,
  type JobHolder,
  type JobLimits,
  type JobListing,
  type JobOutput,
  type JobOwner,
  type JobProgress,
  type JobSpec,
  type JobState,
  type JobTaker,
  type ReapReport,
} from '#ports/executor.ts';
import { declaredEnvironment, inheritedEnvironment, jobDocument } from './job/environment.ts';
import { type JobFolder, jobFolder, readJson, writeJson } from './job/folder.ts';
import { readHolder, writeHolder } from './job/holder.ts';
import { readLog } from './job/log.ts';
import { countCheckpoints, readOutput, readProgress } from './job/output.ts';
import { ProcessFile, SpecFile } from './job/records.ts';
import { readJobFiles, readJobState } from './job/state.ts';
import { askShim, locksHeld, type ShimAnswer, shimFlags } from './lock-probe.ts';
import { shimsOf } from './lost-shims.ts';
import { signalGroup } from './process-identity.ts';

export interface LocalExecutorOptions {
  /** Folder of all jobs of this machine; created. */
  root: string;
  /** Interpreter of the shim (3.10 or newer, standard library only): any Python of the host. */
  python: string;
  /** Folder that holds job_shim.py and site/sitecustomize.py. */
  trainers: string;
  /** Default: this process's own. */
  environment?: NodeJS.ProcessEnv;
}

/**
 * `leaseSeconds`: a day. A lease that is too short costs hours of training when a worker is down for a night; one that
 * is too long costs at most a day of an idle machine, and `reap` ends the jobs of closed runs long before.
 */
const defaultLimits: JobLimits = {
  memoryBytes: null,
  logBytes: 16 * 2 ** 20,
  graceSeconds: 10,
  leaseSeconds: 86_400,
};

const pollMs = 25;
/** A shim needs 0.1 s to take its lock; a machine under swap needs patience. */
const startMs = 30_000;
/** Beyond the grace: what the shim itself may take to notice, kill and write. */
const stopMarginMs = 15_000;

/** A shim makes its folder again in a fifth of a second, and ends its command within its grace; one that does neither is ended. */
const lostMs = 20_000;
/** Why a job is stopped that nobody waits for. */
const OVER = 'the run that wanted it is over';

/** What a listing knows of a job without asking its lock. */
interface Listed extends Pick<JobListing, 'labels' | 'taken'> {
  /** Null where only the lock tells. */
  state: JobState | null;
}

export class LocalExecutor implements Executor {
  readonly kind = 'process';
  readonly #root: string;
  readonly #python: string;
  readonly #shim: string;
  readonly #site: string;
  readonly #environment: NodeJS.ProcessEnv;

  /** Jobs that were over when they were listed last, by folder and spec.json: an attempt and a take-over write there. */
  readonly #over = new Map<string, Listed & { as: string }>();

  constructor(options: LocalExecutorOptions) {
    // Absolute, because the paths in a job's environment must hold in its own working folder.
    this.#root = resolve(options.root);
    this.#python = options.python;
    this.#shim = resolve(options.trainers, 'job_shim.py');
    this.#site = resolve(options.trainers, 'site');
    this.#environment = options.environment ?? process.env;
  }

  async start(spec: JobSpec): Promise<JobState> {
    const paths = jobFolder(this.#root, spec.id);
    const before = await this.attach(spec.id);
    await this.touch(spec.id);
    if (before.kind === 'running' || (before.kind !== 'absent' && before.attempt > spec.attempt)) return before;
    if (before.kind === 'done' && before.attempt === spec.attempt) return before;
    try {
      await this.#prepare(spec, paths);
      return await this.#spawn(spec, paths);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      const full = `The disk that holds ${this.#root} is full, so job '${spec.id}' cannot start. Free some space; it is tried again.`;
      throw new UserError('JobDied', full, { cause: error });
    }
  }

  async attach(id: string): Promise<JobState> {
    const paths = jobFolder(this.#root, id);
    const state = await readJobState(paths, () => this.#held(paths));
    return state.kind === 'absent' ? this.#lost(paths) : state;
  }

  async touch(id: string): Promise<void> {
    const { lease } = jobFolder(this.#root, id);
    const now = new Date();
    await utimes(lease, now, now).catch(() => undefined); // before the first start there is nothing to keep alive
  }

  async stop(id: string, reason: string, by?: JobTaker): Promise<JobExit | null> {
    const paths = jobFolder(this.#root, id);
    let deadline: number | undefined;
    let told = false;
    for (;;) {
      const state = await this.attach(id);
      const holder = await readHolder(paths);
      if (state.kind === 'absent' || (by && !isHeldBy(holder, by))) return null;
      if (state.kind === 'done') return state.exit;
      if (deadline === undefined) {
        await writeJson(paths.stop, { attempt: state.attempt, reason, ...(by ? { taken: holder?.taken ?? 0 } : {}) });
        const { graceSeconds } = SpecFile.parse(await readJson(paths.spec)).limits;
        deadline = performance.now() + graceSeconds * 1000 + stopMarginMs;
      }
      if (state.kind === 'died') await this.#close([paths]);
      else if (!told) {
        // The shim looks for stop.json every second; the signal only makes it look at once.
        told = true;
        await this.#signal(paths, 'shim', 'SIGTERM');
      } else if (performance.now() > deadline) {
        // It does not answer: without it, what it left is ended under its lock by --close.
        await this.#signal(paths, 'trainer', 'SIGKILL');
        await this.#signal(paths, 'shim', 'SIGKILL');
      }
      await sleep(pollMs * 2);
    }
  }

  async holder(id: string): Promise<JobHolder | null> {
    return readHolder(jobFolder(this.#root, id));
  }

  async take(id: string, by: JobTaker, taken: number): Promise<boolean> {
    const state = await this.attach(id);
    if (state.kind === 'absent') return false;
    const { run, node } = by;
    const holder = { run, node, attempt: state.attempt, running: state.kind === 'running' };
    // It waits for nobody's sign of life but the new one's.
    await this.touch(id);
    return writeHolder(jobFolder(this.#root, id), taken + 1, holder);
  }

  async log(id: string, tail = 64 * 1024) {
    return readLog(jobFolder(this.#root, id).folder, tail);
  }

  async progress(id: string): Promise<JobProgress | null> {
    return readProgress(jobFolder(this.#root, id));
  }

  async output(id: string): Promise<JobOutput> {
    return readOutput(jobFolder(this.#root, id));
  }

  async checkpoints(id: string): Promise<number> {
    return countCheckpoints(jobFolder(this.#root, id));
  }

  async list(): Promise<JobListing[]> {
    const names = await readdir(this.#root).catch(() => [] as string[]);
    const there = new Set(names);
    for (const id of this.#over.keys()) if (!there.has(id)) this.#over.delete(id);
    const jobs: JobListing[] = [];
    const unsure: (Omit<Listed, 'state'> & { paths: JobFolder })[] = [];
    // One after the other: files of any number of jobs are never open at once, and the loop has its turns in between.
    for (const id of names) {
      const known = await this.#listed(id);
      if (known === null) continue;
      const { state, labels, taken } = known;
      if (state) jobs.push({ id, state, labels, taken });
      else unsure.push({ paths: jobFolder(this.#root, id), labels, taken });
    }
    const held = await this.#locks(unsure.map(({ paths }) => paths));
    const running: Promise<JobListing | null>[] = [];
    for (const [index, { paths, labels, taken }] of unsure.entries()) {
      let first = held[index];
      const answer = async () => {
        const one = first ?? (await this.#held(paths));
        first = undefined;
        return one;
      };
      const read = readJobState(paths, answer).then(
        (state) => ({ id: paths.id, state, labels, taken }),
        () => null,
      );
      // Those that run may make one wait for their process.json, and are as few as the machine can run.
      running.push(read);
      if (!held[index]) await read;
    }
    return [...jobs, ...(await Promise.all(running)).filter((job) => job !== null)];
  }

  async remove(id: string): Promise<void> {
    const state = await this.attach(id);
    if (state.kind === 'running')
      throw new UserError('InvalidInput', `Job '${id}' is running; stop it before it is removed.`);
    if (state.kind === 'died') await this.stop(id, 'removed');
    await rm(jobFolder(this.#root, id).folder, { recursive: true, force: true });
  }

  async reap(ownerOf: (job: JobListing) => Promise<JobOwner>, keepSeconds = 7 * 86_400): Promise<ReapReport> {
    const report: ReapReport = { stopped: [], removed: [] };
    const dead: JobListing[] = [];
    const stopping: Promise<unknown>[] = [];
    for (const job of await this.list()) {
      const { state } = job;
      // Of most that are over nothing is to be done yet, and nobody needs to be asked.
      if (state.kind === 'done' && Date.now() - Date.parse(state.exit.endedAt) < keepSeconds * 1000) continue;
      const owner = await ownerOf(job);
      if (owner === 'open' || (owner === 'unknown' && state.kind !== 'done')) continue;
      if (state.kind === 'done') {
        await this.remove(job.id);
        report.removed.push(job.id);
        continue;
      }
      report.stopped.push(job.id);
      if (state.kind === 'died') dead.push(job);
      // All at once: each may take the whole of its grace.
      else stopping.push(this.stop(job.id, OVER, { run: '', node: '', ...job.labels }));
    }
    const closing = this.#closeAll(dead);
    const failed = (await Promise.allSettled([closing, ...stopping])).find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    return report;
  }

  async #prepare(spec: JobSpec, paths: JobFolder): Promise<void> {
    const [program] = spec.command;
    if (!program)
      throw new UserError('InvalidInput', `Job '${spec.id}' has an empty command; give the program and its arguments.`);
    const env = declaredEnvironment(spec, paths, this.#site);
    await Promise.all(
      [paths.output, paths.checkpoints].map((folder) => mkdir(folder, { recursive: true, mode: 0o700 })),
    );
    await writeFile(paths.lease, '');
    await writeJson(paths.job, jobDocument(spec.request, paths));
    const { attempt, command, cwd, labels = {} } = spec;
    const file: SpecFile = {
      attempt,
      command: [...command],
      cwd,
      env,
      limits: { ...defaultLimits, ...spec.limits },
      labels: { ...labels },
    };
    await writeJson(paths.spec, SpecFile.parse(file));
  }

  async #spawn(spec: JobSpec, paths: JobFolder): Promise<JobState> {
    const own = await open(paths.shimLog, 'a', 0o600);
    let ended: string | undefined;
    try {
      // Detached: a session of its own, so that neither Ctrl-C in a terminal nor the worker's end reaches it.
      const child = spawn(this.#python, [...shimFlags, this.#shim, paths.folder], {
        cwd: paths.folder,
        detached: true,
        stdio: ['ignore', 'ignore', own.fd],
        env: inheritedEnvironment(this.#environment, spec),
      });
      child.once('error', (error) => {
        ended = `${this.#python} could not be started: ${error.message}`;
      });
      child.once('exit', (code, signal) => {
        ended ??= `it ended with ${signal ?? `code ${code}`}`;
      });
      child.unref();
    } finally {
      await own.close();
    }
    for (const deadline = performance.now() + startMs; ; await sleep(pollMs)) {
      const over = ended;
      const state = await this.attach(spec.id);
      if (state.kind !== 'died' || state.attempt > spec.attempt) return state;
      if (over === undefined && performance.now() < deadline) continue;
      const said = (await readFile(paths.shimLog, 'utf8').catch(() => '')).trim().split('\n').slice(-3).join(' ');
      throw new UserError(
        'JobDied',
        `Job '${spec.id}' could not be started on this machine: ${over ?? `nothing after ${startMs / 1000} s`}. ${said}`.trim(),
      );
    }
  }

  /** Signals the group of one of the two, only if it is still the process that was recorded. */
  async #signal(paths: JobFolder, whose: 'trainer' | 'shim', signal: NodeJS.Signals): Promise<void> {
    const recorded = ProcessFile.safeParse(await readJson(paths.process));
    if (!recorded.success) return;
    const { pid, startTime: startedAt, bootId } = recorded.data[whose];
    await signalGroup({ pid, startedAt, bootId }, signal);
  }

  /** Of a job without a folder: it never was, or its folder was removed under it. Then it runs on, or is ended: never beside another. */
  async #lost(paths: JobFolder): Promise<JobState> {
    const deadline = performance.now() + lostMs;
    for (let shims = await shimsOf(paths.folder); shims.length > 0; shims = await shimsOf(paths.folder)) {
      const state = await readJobState(paths, () => this.#held(paths));
      if (state.kind !== 'absent') return state;
      // What it runs dies with it; what that left behind is ended by the next shim.
      if (performance.now() > deadline) for (const shim of shims) await signalGroup(shim, 'SIGKILL');
      await sleep(pollMs);
    }
    return readJobState(paths, () => this.#held(paths));
  }

  /** Of a folder that holds a job: whose it is, and its state where the files alone tell it. */
  async #listed(id: string): Promise<Listed | null> {
    try {
      const paths = jobFolder(this.#root, id);
      const [spec, folder] = await Promise.all([stat(paths.spec), stat(paths.folder)]);
      const as = `${spec.ino} ${spec.mtimeMs} ${folder.mtimeMs}`;
      const known = this.#over.get(id);
      if (known?.as === as) return known;
      const file = SpecFile.safeParse(await readJson(paths.spec));
      if (!file.success) return null;
      const holder = await readHolder(paths);
      const taken = holder?.taken ?? 0;
      const labels = holder ? { ...file.data.labels, run: holder.run, node: holder.node } : file.data.labels;
      const state = await readJobFiles(paths);
      if (state.kind === 'undecided') return { state: null, labels, taken };
      if (state.kind === 'done') this.#over.set(id, { as, state, labels, taken });
      return { state, labels, taken };
    } catch {
      // No job of ours, or one that is being removed. One folder that cannot be read hides no other.
      return null;
    }
  }

  async #held(paths: JobFolder): Promise<boolean> {
    const [held = false] = await this.#locks([paths]);
    return held;
  }

  async #locks(jobs: readonly JobFolder[]): Promise<boolean[]> {
    return locksHeld(jobs, (verb, each) => askShim(this.#python, this.#shim, verb, each));
  }

  /** One process ends what is left of all of them; of one that was taken over meanwhile its new holder sees to that. */
  async #closeAll(jobs: readonly JobListing[]): Promise<void> {
    const left: JobFolder[] = [];
    for (const job of jobs) {
      const paths = jobFolder(this.#root, job.id);
      if (((await readHolder(paths))?.taken ?? 0) !== job.taken) continue;
      const { attempt } = SpecFile.parse(await readJson(paths.spec));
      await writeJson(paths.stop, { attempt, reason: OVER, taken: job.taken });
      left.push(paths);
    }
    if (left.length > 0) await this.#close(left);
  }

  async #close(jobs: readonly JobFolder[]): Promise<void> {
    const answers: ShimAnswer[] = await askShim(this.#python, this.#shim, '--close', jobs);
    const at = answers.findIndex(({ error }) => error !== null);
    if (at >= 0) throw new Error(`job ${jobs[at]?.id} could not be closed: ${answers[at]?.error}`);
  }
}
