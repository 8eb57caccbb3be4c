/** Jobs as processes of this machine, each under a shim of its own (trainers/job_shim.py) that outlives the worker. */
import { spawn } from 'node:child_process';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '#contracts/failures.ts';
import {
  type Executor,
  isHeldBy,
  type JobExit,
  type JobInput,
  type JobLimits,
  type JobListing,
  type JobMaterial,
  type JobOwner,
  type JobRequest,
  type JobSpec,
  type JobState,
  type JobTaker,
  type ReapReport,
} from '#ports/executor.ts';
import { inputsOf, jobDocument, keyOf } from '#ports/job-document.ts';
import { jobsToReap, RUN_IS_OVER } from '#ports/reaping.ts';
import type { StagedProgram, Staging } from '#ports/staging.ts';
import { declaredEnvironment, inheritedEnvironment } from './job/environment.ts';
import { type JobFolder, jobFolder, readJson, writeJson } from './job/folder.ts';
import { readHolder } from './job/holder.ts';
import { ProcessFile, SpecFile } from './job/records.ts';
import { LocalJobs, type LocalJobsOptions } from './local-jobs.ts';
import { askShim, type ShimAnswer, shimFlags } from './lock-probe.ts';
import { signalGroup } from './process-identity.ts';

export interface LocalExecutorOptions extends LocalJobsOptions {
  /** Folder of the jobs' working folders, apart from `root`: who removes what is kept of a job leaves it its place. Created. */
  programs: string;
  staging: Staging;
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

/** A job's material on this machine. */
interface Staged {
  program: StagedProgram;
  /** Paths of its inputs, by keyOf. */
  inputs: ReadonlyMap<string, string>;
}

export class LocalExecutor extends LocalJobs implements Executor {
  readonly kind = 'process';
  readonly #site: string;
  readonly #programs: string;
  readonly #staging: Staging;
  readonly #environment: NodeJS.ProcessEnv;
  /** What was staged and has not begun: `start` comes soon after and takes it, so that it looks at no byte again. */
  readonly #staged = new WeakMap<JobRequest, Staged & { of: JobMaterial }>();

  constructor(options: LocalExecutorOptions) {
    super(options);
    this.#site = resolve(options.trainers, 'site');
    this.#programs = resolve(options.programs);
    this.#staging = options.staging;
    this.#environment = options.environment ?? process.env;
  }

  async stage(
    job: JobMaterial,
    { signal, progress }: { signal?: AbortSignal; progress?: (line: string) => void } = {},
  ): Promise<void> {
    this.#staged.set(job.request, { of: job, ...(await this.#bring(job, signal, progress)) });
  }

  async start(spec: JobSpec): Promise<JobState> {
    const paths = jobFolder(this.root, spec.id);
    const before = await this.attach(spec.id);
    await this.touch(spec.id);
    if (before.kind === 'running' || (before.kind !== 'absent' && before.attempt > spec.attempt)) return before;
    if (before.kind === 'done' && before.attempt === spec.attempt) return before;
    try {
      const staged = this.#taken(spec) ?? (await this.#bring(spec));
      await this.#prepare(spec, paths, staged);
      return await this.#spawn(spec, paths, staged);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      const full = `The disk that holds ${this.root} is full, so job '${spec.id}' cannot start. Free some space; it is tried again.`;
      throw new UserError('JobDied', full, { cause: error });
    }
  }

  async stop(id: string, reason: string, by?: JobTaker): Promise<JobExit | null> {
    const paths = jobFolder(this.root, id);
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

  async release(id: string): Promise<void> {
    await rm(this.#workingFolder(id), { recursive: true, force: true });
  }

  async remove(id: string): Promise<void> {
    const state = await this.attach(id);
    if (state.kind === 'running')
      throw new UserError('InvalidInput', `Job '${id}' is running; stop it before it is removed.`);
    if (state.kind === 'died') await this.stop(id, 'removed');
    await this.release(id);
    await rm(jobFolder(this.root, id).folder, { recursive: true, force: true });
  }

  async reap(ownerOf: (job: JobListing) => Promise<JobOwner>, keepSeconds?: number): Promise<ReapReport> {
    const { stop, remove } = await jobsToReap(await this.list(), ownerOf, keepSeconds);
    const closing = this.#closeAll(stop.filter(({ state }) => state.kind === 'died'));
    // All at once: each may take the whole of its grace.
    const stopping = stop
      .filter(({ state }) => state.kind !== 'died')
      .map(({ id, labels }) => this.stop(id, RUN_IS_OVER, { run: '', node: '', ...labels }));
    const removing = async () => {
      for (const { id } of remove) await this.remove(id);
    };
    const all = await Promise.allSettled([closing, ...stopping, removing()]);
    const failed = all.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    return { stopped: stop.map(({ id }) => id), removed: remove.map(({ id }) => id) };
  }

  /** Named as the job, which cannot leave the folder. */
  #workingFolder(id: string): string {
    return join(this.#programs, jobFolder(this.root, id).id);
  }

  async #bring(
    { id, program, request }: JobMaterial,
    signal?: AbortSignal,
    progress: (line: string) => void = () => undefined,
  ): Promise<Staged> {
    const folder = this.#workingFolder(id);
    const [inputs, staged] = await Promise.all([
      Promise.all(
        inputsOf(request).map(async (each) => [keyOf(each), await this.#staging.input(each, signal)] as const),
      ),
      this.#staging.program(program, folder, progress),
    ]);
    return { program: staged, inputs: new Map(inputs) };
  }

  #taken(spec: JobSpec): Staged | null {
    const staged = this.#staged.get(spec.request);
    this.#staged.delete(spec.request);
    return staged && staged.of.id === spec.id && staged.of.program === spec.program ? staged : null;
  }

  async #prepare(spec: JobSpec, paths: JobFolder, { program, inputs }: Staged): Promise<void> {
    if (!program.command[0])
      throw new UserError('InvalidInput', `Job '${spec.id}' has an empty command; give the program and its arguments.`);
    const env = declaredEnvironment(spec, paths, this.#site);
    await Promise.all(
      [paths.output, paths.checkpoints].map((folder) => mkdir(folder, { recursive: true, mode: 0o700 })),
    );
    await writeFile(paths.lease, '');
    const pathOf = (input: JobInput) => {
      const path = inputs.get(keyOf(input));
      if (path === undefined) throw new Error(`${input.uri} was not brought to job ${spec.id}`);
      return path;
    };
    await writeJson(paths.job, jobDocument(spec, pathOf, paths));
    const { attempt, labels = {} } = spec;
    const file: SpecFile = {
      attempt,
      command: program.command,
      cwd: program.cwd,
      env,
      limits: { ...defaultLimits, ...spec.limits },
      labels: { ...labels },
    };
    await writeJson(paths.spec, SpecFile.parse(file));
  }

  async #spawn(spec: JobSpec, paths: JobFolder, { program: { path } }: Staged): Promise<JobState> {
    const own = await open(paths.shimLog, 'a', 0o600);
    let ended: string | undefined;
    try {
      // Detached: a session of its own, so that neither Ctrl-C in a terminal nor the worker's end reaches it.
      const child = spawn(this.python, [...shimFlags, this.shim, paths.folder], {
        cwd: paths.folder,
        detached: true,
        stdio: ['ignore', 'ignore', own.fd],
        env: inheritedEnvironment(this.#environment, { ...spec, path }),
      });
      child.once('error', (error) => {
        ended = `${this.python} could not be started: ${error.message}`;
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

  /** One process ends what is left of all of them; of one that was taken over meanwhile its new holder sees to that. */
  async #closeAll(jobs: readonly JobListing[]): Promise<void> {
    const left: JobFolder[] = [];
    for (const job of jobs) {
      const paths = jobFolder(this.root, job.id);
      if (((await readHolder(paths))?.taken ?? 0) !== job.taken) continue;
      const { attempt } = SpecFile.parse(await readJson(paths.spec));
      await writeJson(paths.stop, { attempt, reason: RUN_IS_OVER, taken: job.taken });
      left.push(paths);
    }
    if (left.length > 0) await this.#close(left);
  }

  async #close(jobs: readonly JobFolder[]): Promise<void> {
    const answers: ShimAnswer[] = await askShim(this.python, this.shim, '--close', jobs);
    const at = answers.findIndex(({ error }) => error !== null);
    if (at >= 0) throw new Error(`job ${jobs[at]?.id} could not be closed: ${answers[at]?.error}`);
  }
}
