/** One step host as its worker sees it: starts the process, hands it one job at a time, and says how it died. */
import { type ChildProcess, fork } from 'node:child_process';
import { HostDied } from '#activities/dispatch/step-work.ts';
import { type FailureType, UserError } from '#contracts/failures.ts';
import type { Json } from '#contracts/json.ts';
import { explainDeath, type Work } from './death.ts';
import { residentLimitMb, residentMb } from './memory.ts';
import type { Answers, FromHost, HostFailure, Job, Loaded, Service, ToHost } from './protocol.ts';

/** Importing a pipeline's packages may take a while; a module that never ends its import must not. */
const LOAD_LIMIT_MS = 20_000;
/** From the request to stop until the process is killed: time to close a connection, not to finish. */
const GRACE_MS = 1_000;
/** Memory is written at gigabytes a second; a process that waits for work writes none to speak of. */
const WEIGH_MS = { busy: 50, idle: 2_000 };

export interface HostSettings {
  program: string;
  bundle: string;
  root: string;
  memoryMb: number;
}
export interface JobHooks {
  signal?: AbortSignal | undefined;
  /** From the moment that the host has the job. */
  timeoutMs?: number | undefined;
  progress?: ((text: string) => void) | undefined;
  serve?: ((service: Service, args: Json[]) => Promise<Json>) | undefined;
}

interface Running {
  id: number;
  what: string;
  of: Work;
  hooks: JobHooks;
  settle(result: { answer: Answers[Job['kind']] } | { error: Error }): void;
  heardStop: boolean;
  /** Set when this side wants the job to end: how to explain it, knowing whether the step's event loop still turned. */
  ending: ((heard: boolean) => Error) | null;
}

const failure = ({ type, message }: { type: FailureType; message: string }) => new UserError(type, message);

export class StepHost {
  readonly loaded: Promise<Loaded>;
  readonly #child: ChildProcess;
  readonly #settings: HostSettings;
  readonly gone: Promise<void>;
  #running: Running | null = null;
  #ids = 0;
  #dead = false;
  #spoilt = false;
  #stderr = '';
  #overMemory = false;

  constructor(settings: HostSettings) {
    this.#settings = settings;
    const { NODE_OPTIONS: _, ...env } = process.env;
    this.#child = fork(settings.program, [settings.bundle, settings.root], {
      cwd: settings.root,
      env,
      execArgv: [`--max-old-space-size=${settings.memoryMb}`],
      // Only Node's own last words come through the pipe: what steps print goes to their logs.
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('utf8')).slice(-8192);
    });
    let onLoaded: (loaded: Loaded) => void = () => {};
    let onBroken: (error: Error) => void = () => {};
    this.loaded = new Promise((resolve, reject) => {
      onLoaded = resolve;
      onBroken = reject;
    });
    this.loaded.catch(() => {});
    const limit = setTimeout(() => {
      onBroken(
        failure({
          type: 'InvalidPipeline',
          message: `The pipeline's module was still loading after ${LOAD_LIMIT_MS / 1000} s: import heavy packages inside the steps that need them.`,
        }),
      );
      this.kill();
    }, LOAD_LIMIT_MS);
    this.loaded.then(
      () => clearTimeout(limit),
      () => clearTimeout(limit),
    );
    this.#child.on('message', (message: FromHost) => {
      if (message.type === 'loaded') onLoaded(message.loaded);
      else if (message.type === 'broken') {
        onBroken(failure(message.failure));
        this.kill();
      } else if (message.type !== 'described') this.#hear(message);
    });
    this.#child.on('error', () => this.kill());
    let loading = true;
    const loaded = () => {
      loading = false;
    };
    this.loaded.then(loaded, loaded);
    let weighed = 0;
    const weighing = setInterval(() => {
      const now = performance.now();
      if (now - weighed < (loading || this.#running ? WEIGH_MS.busy : WEIGH_MS.idle)) return;
      weighed = now;
      void this.#weigh();
    }, WEIGH_MS.busy);
    weighing.unref();
    this.gone = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => {
        clearInterval(weighing);
        this.#dead = true;
        const running = this.#running;
        this.#running = null;
        const death = { code, signal, stderr: this.#stderr, overMemory: this.#overMemory, memoryMb: settings.memoryMb };
        onBroken(
          new HostDied(
            explainDeath('The pipeline, while it was loaded,', 'plan', death),
            !this.#overMemory && isKill(signal),
          ),
        );
        running?.settle({
          error:
            running.ending?.(running.heardStop) ??
            new HostDied(explainDeath(running.what, running.of, death), !this.#overMemory && isKill(signal)),
        });
        resolve();
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }
  /** false: it is dying or dead, or a step left it in a state that no other step should meet. */
  get usable(): boolean {
    return !this.#dead && !this.#spoilt && this.#child.connected && !this.#child.killed;
  }

  kill(): void {
    this.#spoilt = true;
    this.#child.kill('SIGKILL');
  }

  /**
   * Does one job; the caller gives no second one before the first has ended.
   * @param what how messages name it: `Step "fit"`.
   * @throws UserError with the host's failure; HostDied when the process ended; the signal's reason when it was aborted.
   */
  async perform<J extends Job>(job: J, what: string, hooks: JobHooks): Promise<Answers[J['kind']]> {
    await this.loaded;
    hooks.signal?.throwIfAborted();
    const id = ++this.#ids;
    const timers: NodeJS.Timeout[] = [];
    const onAbort = () => this.#end(id, () => asError(hooks.signal?.reason));
    try {
      const answer = await new Promise<Answers[Job['kind']]>((resolve, reject) => {
        const settle: Running['settle'] = (result) =>
          'answer' in result ? resolve(result.answer) : reject(result.error);
        const of = job.kind === 'compile' ? 'plan' : 'step';
        this.#running = { id, what, of, hooks, settle, heardStop: false, ending: null };
        if (!this.#tell({ type: 'job', id, job }))
          reject(new HostDied(`${what} could not be handed to its process: it had just ended.`, true));
        hooks.signal?.addEventListener('abort', onAbort, { once: true });
        const { timeoutMs } = hooks;
        if (timeoutMs !== undefined)
          timers.push(setTimeout(() => this.#end(id, (heard) => timedOut(what, timeoutMs, heard)), timeoutMs));
      });
      return answer as Answers[J['kind']];
    } finally {
      for (const timer of timers) clearTimeout(timer);
      hooks.signal?.removeEventListener('abort', onAbort);
      this.#running = null;
    }
  }

  #tell(message: ToHost): boolean {
    if (!this.usable) return false;
    return (
      this.#child.send(message, (error) => {
        if (error) this.kill();
      }) || this.#child.connected
    );
  }

  /** Asks the step to stop, and kills its process when it has not after a moment. */
  #end(id: number, explain: (heard: boolean) => Error): void {
    const running = this.#running;
    if (running?.id !== id || running.ending) return;
    running.ending = explain;
    this.#tell({ type: 'stop', id });
    setTimeout(() => {
      if (this.#running?.id === id) this.kill();
    }, GRACE_MS);
  }

  /** Whatever it does: while it loads and while it is idle, too. */
  async #weigh(): Promise<void> {
    const held = this.pid === undefined ? null : await residentMb(this.pid);
    if (held === null || held <= residentLimitMb(this.#settings.memoryMb) || this.#dead) return;
    this.#overMemory = true;
    this.kill();
  }

  #hear(message: Exclude<FromHost, { type: 'loaded' | 'described' | 'broken' }>): void {
    const running = this.#running;
    if (!running || message.id !== running.id) return;
    if (message.type === 'stopping') running.heardStop = true;
    else if (message.type === 'progress') running.hooks.progress?.(message.text);
    else if (message.type === 'call') void this.#serve(running, message.call, message.service, message.args);
    else if (message.type === 'done') running.settle({ answer: message.answer });
    else {
      if (message.spoilt) this.kill();
      running.settle({ error: running.ending?.(true) ?? failure(message.failure) });
    }
  }

  async #serve(running: Running, call: number, service: Service, args: Json[]): Promise<void> {
    try {
      const value = await running.hooks.serve?.(service, args);
      this.#tell({ type: 'answer', call, value: value ?? null });
    } catch (error) {
      const told: HostFailure =
        error instanceof UserError
          ? { type: error.type, message: error.message }
          : { type: 'OutsideUnreachable', message: asError(error).message };
      this.#tell({ type: 'answer', call, error: told });
    }
  }
}

const isKill = (signal: NodeJS.Signals | null) => signal === 'SIGKILL' || signal === 'SIGTERM';
const asError = (reason: unknown) => (reason instanceof Error ? reason : new Error(String(reason)));

function timedOut(what: string, timeoutMs: number, heard: boolean): Error {
  const limit = `${what} took longer than its timeout of ${timeoutMs / 1000} s`;
  return new HostDied(
    heard
      ? `${limit}: give it less to do, or raise the step's timeout.`
      : `${limit} and blocked its event loop (a loop without await?), so its process was killed: make the work asynchronous, move it to a script step, or raise the timeout.`,
    false,
  );
}
