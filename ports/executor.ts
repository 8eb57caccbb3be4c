/**
 * Where trainers and other script steps run: detached from whoever asked, so that a worker's death does not end them.
 * Nothing here names a process or a file of some machine: what a job reads and runs is named by its digest, and bringing it
 * to where the job runs is the executor's work. Local processes are the first implementation; HTTP services, Kubernetes, Ray and
 * Docker come behind the same lines.
 * Every call may be repeated, by two workers at once, and after a death at any moment.
 */
import type { Json } from '#contracts/json.ts';
import type { PinnedProgram } from '#contracts/program.ts';

/** One input of a job: bytes that the executor finds, checks against the digest, and gives the program as a file or folder. */
export interface JobInput {
  uri: string;
  digest: string;
  /** `parquet`, `csv`, `json` …; `folder` for the files of a model. */
  format: string;
}

/** What the program finds in RATCHET_JOB, in each of its attempts. Never a secret. See job-document.ts. */
export interface JobRequest {
  inputs: Readonly<Record<string, JobInput>>;
  params: Readonly<Record<string, Json>>;
  /** A script step's whole input; its references get a path where the job runs. */
  input?: Json;
  seed: number;
}

/** Where the program logs. Without a run (a script step) only the server and the experiment are pinned. */
interface JobTracking {
  /** As it is reached from where the job runs. */
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

/** In a job's output folder: where tests write their JUnit XML, which RATCHET_JUNIT names to them. */
export const JUNIT_REPORT = 'junit.xml';

/** What has to be there before a job can begin, the same in each attempt. */
export interface JobMaterial {
  /** `[A-Za-z0-9][A-Za-z0-9._-]{0,127}`: the same job has the same id, whoever asks. */
  id: string;
  /** Its files lie in the store by their digests. It runs in a working folder that holds them; `python` is the one of its lock. */
  program: PinnedProgram;
  request: JobRequest;
}

export interface JobSpec extends JobMaterial {
  /** From 1. A higher number than the last one that ended begins again beside its own checkpoints and log. */
  attempt: number;
  /** True when the program goes on from its checkpoints in the same MLflow run. */
  resumed: boolean;
  /** Declared variables. They are written to disk: no secret. */
  env?: Readonly<Record<string, string>>;
  /** Handed to the process and kept nowhere. */
  secrets?: Readonly<Record<string, string>>;
  tracking?: JobTracking;
  limits?: Partial<JobLimits>;
  /** Whose job it is (workflow id, run id, node): what `reap` judges by. */
  labels?: Readonly<Record<string, string>>;
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
 * `where`: words of the executor's own (`process 4711 on host-a …`): the same as long as the same program runs, others for
 * another start of it.
 * `died`: it was wanted and is not there, and did not say how it ended (its shim was killed, the machine was
 * restarted, or the asker died before it began). `start` with the same spec begins it again. `restoredAt`: somebody removed
 * what was kept of it while it ran, checkpoints too; it goes on.
 */
export type JobState =
  | { kind: 'absent' }
  | { kind: 'running'; attempt: number; where: string; restoredAt?: string }
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
  /** What {@link Executor.fetch} gives, sorted, without output.json; paths as output.json names them. */
  files: string[];
  /** How many files the checkpoints folder holds: more than none means that it can be resumed. */
  checkpoints: number;
}

/** Why there is no such file in an output; `outside`: a link or a path that leads out of it. */
export type NoOutputFile = 'absent' | 'outside' | 'not-a-file';

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
   * Brings what the job reads and runs to where it will run, which may take minutes, and begins nothing: so that nothing
   * slow stands between the last question whose job it is and `start`. What is lacking then is brought by `start` itself.
   *
   * @throws ArtifactDamaged for bytes that are gone or not those of the digest; UserError InvalidInput, OutsideRefused,
   *   OutsideUnreachable …
   */
  stage(job: JobMaterial, options?: { signal?: AbortSignal; progress?: (line: string) => void }): Promise<void>;
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
  /** @throws UserError InvalidOutput when output.json is there and is not JSON. */
  output(id: string): Promise<JobOutput>;
  /**
   * Copies one file of the output to `to`, a path of the caller's machine: whole or not at all. The copy is only to be read.
   * @returns null when it is there, or why it cannot be
   */
  fetch(id: string, file: string, to: string, signal?: AbortSignal): Promise<NoOutputFile | null>;
  /** As in {@link JobOutput}, whatever the program left of its output. */
  checkpoints(id: string): Promise<number>;
  list(): Promise<JobListing[]>;
  /** Its result was taken: removes what was brought for it alone, and its working folder. Exit, log and output stay. */
  release(id: string): Promise<void>;
  /** Removes all that is kept of a job. A running one is refused with UserError InvalidInput. */
  remove(id: string): Promise<void>;
  /**
   * Stops jobs whose owner is closed, and removes what is left of jobs of closed and unknown owners once they have been
   * over for `keepSeconds` (default 7 days: logs and checkpoints of a failed run are wanted for a retry).
   */
  reap(ownerOf: (job: JobListing) => Promise<JobOwner>, keepSeconds?: number): Promise<ReapReport>;
}
