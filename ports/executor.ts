/**
 * Where trainers and other script steps run: detached from whoever asked, so that a worker's death does not end them.
 * Local processes are the first implementation; HTTP services, Kubernetes, Ray and Docker come behind the same lines.
 * Every call may be repeated, by two workers at once, and after a death at any moment.
 */

/** One input of a job, as the program finds it in RATCHET_JOB. */
export interface JobInput {
  /** A file or folder on the machine where the job runs. */
  path: string;
  uri: string;
  digest: string;
  /** `parquet`, `csv`, `json`, `folder` … */
  format: string;
}

/** What becomes RATCHET_JOB; the executor adds the folders, which only it knows. Never a secret. */
export interface JobRequest {
  inputs: Record<string, JobInput>;
  params: Record<string, unknown>;
  /** A script step's whole input, its references replaced by local files. */
  input?: unknown;
  seed: number;
  /** True when the program goes on from its checkpoints in the same MLflow run. */
  resumed: boolean;
}

/** Where the program logs. Without a run (a script step) only the server and the experiment are pinned. */
interface JobTracking {
  trackingUri: string;
  experimentId: string;
  runId?: string;
  /** How long the program waits for a server that is away. Default 24 h. */
  patienceSeconds?: number;
}

export interface JobLimits {
  /** Bytes that all processes of the job may hold together; null for no limit. */
  memoryBytes: number | null;
  /** Bytes of log that are kept: the head and the tail. Default 16 MiB. */
  logBytes: number;
  /** Seconds between the request to stop and the kill. Default 10. */
  graceSeconds: number;
  /** Seconds without a supervisor's sign of life after which the job stops itself. Default 24 h. */
  leaseSeconds: number;
}

export interface JobSpec {
  /** `[A-Za-z0-9][A-Za-z0-9._-]{0,127}`: the same job has the same id, whoever asks. */
  id: string;
  /** From 1. A higher number than the last one that ended begins again in the same folder, with its checkpoints and log. */
  attempt: number;
  /** argv, no shell. */
  command: readonly string[];
  cwd: string;
  /** Folders in front of PATH: the `bin` of the step's Python environment. */
  path?: readonly string[];
  /** Declared variables. They are written to disk: no secret. */
  env?: Readonly<Record<string, string>>;
  /** Handed to the process and kept nowhere. */
  secrets?: Readonly<Record<string, string>>;
  request: JobRequest;
  tracking?: JobTracking;
  limits?: Partial<JobLimits>;
  /** Whose job it is (workflow id, run id, node): what `reap` judges by. */
  labels?: Readonly<Record<string, string>>;
}

/** Who a process is: a pid alone is used again, by another boot or another container. */
export interface JobIdentity {
  pid: number;
  pgid: number;
  /** In the kernel's own words (Linux: clock ticks since boot). */
  startTime: string;
  bootId: string;
  host: string;
}

export interface JobExit {
  attempt: number;
  /** Null when a signal ended it. */
  code: number | null;
  /** `SIGKILL` … */
  signal: string | null;
  oomKilled: boolean;
  /**
   * `exited` by itself · `signalled` by somebody else · `memory` over its limit · `stopped` on request · `lease` nobody
   * looked after it · `not-started` the command could not be run · `shim-failed` our own fault · `folder-lost` it failed
   * where its folder had been removed.
   */
  reason: 'exited' | 'signalled' | 'memory' | 'stopped' | 'lease' | 'not-started' | 'shim-failed' | 'folder-lost';
  /** In words, where there is more to say. */
  detail: string | null;
  startedAt: string;
  endedAt: string;
  /** The most memory that was seen, bytes. */
  peakBytes: number;
  logBytes: number;
  logBytesDropped: number;
}

/**
 * `died`: it was wanted and is not there, and did not say how it ended (its shim was killed, the machine was
 * restarted, or the asker died before it began). `start` with the same spec begins it again. `restoredAt`: somebody removed
 * what was kept of it while it ran, checkpoints too; it goes on.
 */
export type JobState =
  | { kind: 'absent' }
  | { kind: 'running'; attempt: number; identity: JobIdentity; restoredAt?: string }
  | { kind: 'died'; attempt: number }
  | { kind: 'done'; attempt: number; exit: JobExit };

/** The last line that the program wrote to its progress file; every part is optional there. */
export interface JobProgress {
  done?: number;
  total?: number;
  metrics?: Record<string, number>;
  message?: string;
}

export interface JobLog {
  /** The end of the log, UTF-8; where bytes were dropped a line says how many. */
  text: string;
  /** Bytes printed since the beginning, and how many of them are no longer kept. */
  bytes: number;
  dropped: number;
}

export interface JobOutput {
  /** The parsed output.json; undefined when the program wrote none. */
  json: unknown;
  /** Local folder that holds output.json and the files beside it. */
  folder: string;
  /** Paths below `folder`, sorted, without output.json. */
  files: string[];
  /** How many files the checkpoints folder holds: more than none means that it can be resumed. */
  checkpoints: number;
}

/** Who a job is for. */
export interface JobTaker {
  run: string;
  node: string;
}

/** Whose a job is now. */
export interface JobHolder extends JobTaker {
  /** How often it went from one run to another; 0 for the run that began it. A higher number fences a lower one off. */
  taken: number;
  /** When it was taken over: its newest attempt, and whether that one ran. 0 and false for the run that began it. */
  attempt: number;
  running: boolean;
}

/** Whether `by` may say what happens to the job. Null: it never began, so that nobody has it. */
export const isHeldBy = (holder: JobHolder | null, by: JobTaker): boolean =>
  holder === null || (holder.run === by.run && holder.node === by.node);

export interface JobListing {
  id: string;
  state: JobState;
  /** `run` and `node` are the holder's. */
  labels: Readonly<Record<string, string>>;
  taken: number;
}

/** How the run stands that a job is for; `unknown`: nobody here has heard of it. */
export type JobOwner = 'open' | 'closed' | 'unknown';

export interface ReapReport {
  stopped: string[];
  removed: string[];
}

export interface Executor {
  /** Where its jobs run, in a word: `process`, `kubernetes` … */
  readonly kind: string;
  /**
   * Makes the attempt of `spec` run unless it runs or has ended already, and says what is the case then. Two callers get
   * one process. An attempt below the last one starts nothing. Waits until the job runs, not until it ends.
   *
   * @throws UserError InvalidInput for a spec that cannot be right; JobDied when the machine refuses to run it.
   */
  start(spec: JobSpec): Promise<JobState>;
  /** What is the case now; also what a new supervisor calls to take a running job over. */
  attach(id: string): Promise<JobState>;
  /** The supervisor's sign of life; call it with every heartbeat. */
  touch(id: string): Promise<void>;
  /**
   * Ends every process of the job, TERM, grace, KILL, and waits for it. Null when there is no such job or it never ran.
   * @param by whose job it has to be until it has ended: another's is left alone, and the answer is null
   */
  stop(id: string, reason: string, by?: JobTaker): Promise<JobExit | null>;
  /** Null when there is no such job, or nobody said whose it is. */
  holder(id: string): Promise<JobHolder | null>;
  /**
   * Gives the job to another run, running or not, in one step. False when it was taken over more than `taken` times
   * already, or is gone. The caller knows that its holder's run is over.
   */
  take(id: string, by: JobTaker, taken: number): Promise<boolean>;
  /** `tail` in bytes, default 64 KiB. */
  log(id: string, tail?: number): Promise<JobLog>;
  /** Null when the program wrote none. */
  progress(id: string): Promise<JobProgress | null>;
  output(id: string): Promise<JobOutput>;
  /** As in {@link JobOutput}, whatever the program left of its output. */
  checkpoints(id: string): Promise<number>;
  list(): Promise<JobListing[]>;
  /** Removes all that is kept of a job. A running one is refused with UserError InvalidInput. */
  remove(id: string): Promise<void>;
  /**
   * Stops jobs whose owner is closed, and removes what is left of jobs of closed and unknown owners once they have been
   * over for `keepSeconds` (default 7 days: logs and checkpoints of a failed run are wanted for a retry).
   */
  reap(ownerOf: (job: JobListing) => Promise<JobOwner>, keepSeconds?: number): Promise<ReapReport>;
}
