/** Jobs as processes of this machine, each under a shim of its own (trainers/job_shim.py) that outlives the worker. */
import { spawn } from 'node:child_process';
import { mkdir, open, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  Executor,
  JobExit,
  JobLimits,
  JobListing,
  JobOutput,
  JobProgress,
  JobSpec,
  JobState,
  ReapReport,
} from '#activities/ports/executor.ts';
import { UserError } from '#contracts/failures.ts';
import { declaredEnvironment, inheritedEnvironment, jobDocument } from './job-environment.ts';
import { type JobFolder, jobFolder, readJson, writeJson } from './job-folder.ts';
import { readLog } from './job-log.ts';
import { readOutput, readProgress } from './job-output.ts';
import { ProcessFile, SpecFile } from './job-records.ts';
import { readJobState } from './job-state.ts';
import { askShim, shimFlags } from './lock-probe.ts';
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

export class LocalExecutor implements Executor {
  readonly kind = 'process';
  readonly #root: string;
  readonly #python: string;
  readonly #shim: string;
  readonly #site: string;
  readonly #environment: NodeJS.ProcessEnv;

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
    return readJobState(paths, () => this.#ask('--probe', paths));
  }

  async touch(id: string): Promise<void> {
    const { lease } = jobFolder(this.#root, id);
    const now = new Date();
    await utimes(lease, now, now).catch(() => undefined); // before the first start there is nothing to keep alive
  }

  async stop(id: string, reason: string): Promise<JobExit | null> {
    const paths = jobFolder(this.#root, id);
    let deadline: number | undefined;
    let told = false;
    for (;;) {
      const state = await this.attach(id);
      if (state.kind === 'absent') return null;
      if (state.kind === 'done') return state.exit;
      if (deadline === undefined) {
        await writeJson(paths.stop, { attempt: state.attempt, reason });
        const { graceSeconds } = SpecFile.parse(await readJson(paths.spec)).limits;
        deadline = Date.now() + graceSeconds * 1000 + stopMarginMs;
      }
      if (state.kind === 'died') await this.#ask('--close', paths);
      else if (!told) {
        // The shim looks for stop.json every second; the signal only makes it look at once.
        told = true;
        await this.#signal(paths, 'shim', 'SIGTERM');
      } else if (Date.now() > deadline) {
        // It does not answer: without it, what it left is ended under its lock by --close.
        await this.#signal(paths, 'trainer', 'SIGKILL');
        await this.#signal(paths, 'shim', 'SIGKILL');
      }
      await sleep(pollMs * 2);
    }
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

  async list(): Promise<JobListing[]> {
    const names = await readdir(this.#root).catch(() => [] as string[]);
    const jobs = await Promise.all(
      names.map(async (id): Promise<JobListing | null> => {
        const spec = SpecFile.safeParse(await readJson(jobFolder(this.#root, id).spec).catch(() => undefined));
        return spec.success ? { id, state: await this.attach(id), labels: spec.data.labels } : null;
      }),
    );
    return jobs.filter((job) => job !== null);
  }

  async remove(id: string): Promise<void> {
    const state = await this.attach(id);
    if (state.kind === 'running')
      throw new UserError('InvalidInput', `Job '${id}' is running; stop it before it is removed.`);
    if (state.kind === 'died') await this.stop(id, 'removed');
    await rm(jobFolder(this.#root, id).folder, { recursive: true, force: true });
  }

  async reap(isClosed: (job: JobListing) => Promise<boolean>, keepSeconds = 7 * 86_400): Promise<ReapReport> {
    const report: ReapReport = { stopped: [], removed: [] };
    for (const job of await this.list()) {
      if (!(await isClosed(job))) continue;
      if (job.state.kind !== 'done') {
        await this.stop(job.id, 'the run that wanted it is over');
        report.stopped.push(job.id);
      } else if (Date.now() - Date.parse(job.state.exit.endedAt) >= keepSeconds * 1000) {
        await this.remove(job.id);
        report.removed.push(job.id);
      }
    }
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
    for (const deadline = Date.now() + startMs; ; await sleep(pollMs)) {
      const over = ended;
      const state = await this.attach(spec.id);
      if (state.kind !== 'died' || state.attempt > spec.attempt) return state;
      if (over === undefined && Date.now() < deadline) continue;
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

  async #ask(verb: '--probe' | '--close', paths: JobFolder): Promise<boolean> {
    return askShim(this.#python, this.#shim, verb, paths.folder);
  }
}
