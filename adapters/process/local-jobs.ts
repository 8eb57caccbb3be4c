/** Jobs of this machine, looked at: how they stand, whose they are, what they wrote. Nothing is begun or ended here. */
import { readdir, stat, utimes } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  JobHolder,
  JobListing,
  JobLog,
  JobOutput,
  JobProgress,
  JobState,
  JobTaker,
  NoOutputFile,
} from '#ports/executor.ts';
import { type JobFolder, jobFolder, readJson } from './job/folder.ts';
import { readHolder, writeHolder } from './job/holder.ts';
import { readLog } from './job/log.ts';
import { countCheckpoints, fetchOutput, readOutput, readProgress } from './job/output.ts';
import { SpecFile } from './job/records.ts';
import { readJobFiles, readJobState } from './job/state.ts';
import { askShim, locksHeld } from './lock-probe.ts';
import { shimsOf } from './lost-shims.ts';
import { signalGroup } from './process-identity.ts';

export interface LocalJobsOptions {
  /** Folder of all jobs of this machine; created. */
  root: string;
  /** Interpreter of the shim (3.10 or newer, standard library only): any Python of the host. */
  python: string;
  /** Folder that holds job_shim.py and site/sitecustomize.py. */
  trainers: string;
}

const pollMs = 25;
/** A shim makes its folder again in a fifth of a second, and ends its command within its grace; one that does neither is ended. */
const lostMs = 20_000;

/** What a listing knows of a job without asking its lock. */
interface Listed extends Pick<JobListing, 'labels' | 'taken'> {
  /** Null where only the lock tells. */
  state: JobState | null;
}

export class LocalJobs {
  protected readonly root: string;
  protected readonly python: string;
  protected readonly shim: string;

  /** Jobs that were over when they were listed last, by folder and spec.json: an attempt and a take-over write there. */
  readonly #over = new Map<string, Listed & { as: string }>();

  constructor({ root, python, trainers }: LocalJobsOptions) {
    // Absolute, because the paths in a job's environment must hold in its own working folder.
    this.root = resolve(root);
    this.python = python;
    this.shim = resolve(trainers, 'job_shim.py');
  }

  async attach(id: string): Promise<JobState> {
    const paths = jobFolder(this.root, id);
    const state = await readJobState(paths, () => this.#held(paths));
    return state.kind === 'absent' ? this.#lost(paths) : state;
  }

  async touch(id: string): Promise<void> {
    const { lease } = jobFolder(this.root, id);
    const now = new Date();
    await utimes(lease, now, now).catch(() => undefined); // before the first start there is nothing to keep alive
  }

  async holder(id: string): Promise<JobHolder | null> {
    return readHolder(jobFolder(this.root, id));
  }

  async take(id: string, by: JobTaker, taken: number): Promise<boolean> {
    const state = await this.attach(id);
    if (state.kind === 'absent') return false;
    const { run, node } = by;
    const holder = { run, node, attempt: state.attempt, running: state.kind === 'running' };
    // It waits for nobody's sign of life but the new one's.
    await this.touch(id);
    return writeHolder(jobFolder(this.root, id), taken + 1, holder);
  }

  async log(id: string, tail = 64 * 1024): Promise<JobLog> {
    return readLog(jobFolder(this.root, id).folder, tail);
  }

  async progress(id: string): Promise<JobProgress | null> {
    return readProgress(jobFolder(this.root, id));
  }

  async output(id: string): Promise<JobOutput> {
    return readOutput(jobFolder(this.root, id));
  }

  async fetch(id: string, file: string, to: string, signal?: AbortSignal): Promise<NoOutputFile | null> {
    return fetchOutput(jobFolder(this.root, id), file, to, signal);
  }

  async checkpoints(id: string): Promise<number> {
    return countCheckpoints(jobFolder(this.root, id));
  }

  async list(): Promise<JobListing[]> {
    const names = await readdir(this.root).catch(() => [] as string[]);
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
      else unsure.push({ paths: jobFolder(this.root, id), labels, taken });
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
      const paths = jobFolder(this.root, id);
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
    return locksHeld(jobs, (verb, each) => askShim(this.python, this.shim, verb, each));
  }
}
