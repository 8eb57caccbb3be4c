/** A server that a test starts, kills, starts again on the same port with the same data, and stops. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export interface ServerSpec {
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
  log: string;
  ready(): Promise<boolean>;
  /** Whom it runs as; default: whoever runs the test. */
  uid?: number;
  gid?: number;
}

export class TestServer {
  readonly #spec: ServerSpec;
  #child: ChildProcess | undefined;

  constructor(spec: ServerSpec) {
    this.#spec = spec;
  }

  /** Starts it and waits until it answers; at most 120 s. */
  async start(): Promise<void> {
    const log = openSync(this.#spec.log, 'a');
    // A group of its own, so that kill reaches the workers that the server forks.
    const child = spawn(this.#spec.command, this.#spec.args, {
      cwd: this.#spec.cwd,
      env: this.#spec.env,
      stdio: ['ignore', log, log],
      detached: true,
      ...(this.#spec.uid === undefined ? {} : { uid: this.#spec.uid }),
      ...(this.#spec.gid === undefined ? {} : { gid: this.#spec.gid }),
    });
    closeSync(log);
    this.#child = child;
    const deadline = Date.now() + 120_000;
    while (!(await this.#spec.ready().catch(() => false))) {
      if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
        this.#signal('SIGKILL');
        throw new Error(`${this.#spec.command} did not start:\n${readFileSync(this.#spec.log, 'utf8').slice(-3000)}`);
      }
      await delay(100);
    }
  }

  /** As a machine that loses power: nothing is flushed, no connection closed. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    this.#signal(signal, child);
    const timer = setTimeout(() => this.#signal('SIGKILL', child), 5_000);
    await exited;
    clearTimeout(timer);
  }

  #signal(signal: NodeJS.Signals, child = this.#child): void {
    if (!child?.pid) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // Already gone.
    }
  }
}
