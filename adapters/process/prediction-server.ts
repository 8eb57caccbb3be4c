/** One predict.py --serve: JSON lines in and out, started when it is needed, started again when it died. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { UserError } from '#contracts/failures.ts';
import { InputExample, Signature } from '#contracts/signature.ts';

export interface PredictionServerOptions {
  python: string;
  script: string;
  environment: Record<string, string>;
  idleMs: number;
}

const Served = z.object({
  latencies: z.array(z.number()).min(1),
  waits: z.array(z.number()).nullable(),
  starts: z.array(z.number()).min(1),
  memory: z.int(),
});
const Answer = z.object({
  id: z.number().optional(),
  scores: z
    .object({
      file: z.string(),
      rows: z.int(),
      value: z.string().nullable(),
      probabilities: z.array(z.object({ label: z.string(), column: z.string() })).nullable(),
      label: z.string().nullable(),
      signature: Signature.nullable().optional(),
      cells: z.int().optional(),
    })
    .optional(),
  example: InputExample.optional(),
  load: z.object({ sides: z.array(Served).min(1).max(2) }).optional(),
  error: z.object({ type: z.enum(['JobFailed', 'StepHostDied']), message: z.string() }).optional(),
});

export type Answer = z.output<typeof Answer>;
interface Waiting {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}
/** Its last words on stderr, for the message when it dies. */
const STDERR_KEPT = 2_000;

export class PredictionServer {
  readonly #options: PredictionServerOptions;
  readonly #waiting = new Map<number, Waiting>();
  #child: ChildProcess | undefined;
  #said = '';
  #last = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: PredictionServerOptions) {
    this.#options = options;
  }

  warm(): void {
    this.#running();
    this.#rest();
  }

  /** @param request what predict.py reads, without its `id` */
  async ask(request: object, signal: AbortSignal): Promise<Answer> {
    const child = this.#running();
    clearTimeout(this.#idle);
    const id = ++this.#last;
    const answer = new Promise<Answer>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    const cancel = () => {
      child.stdin?.write(`${JSON.stringify({ cancel: id })}\n`);
      this.#waiting.get(id)?.reject(signal.reason);
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      child.stdin?.write(`${JSON.stringify({ id, ...request })}\n`);
      return await answer;
    } finally {
      signal.removeEventListener('abort', cancel);
      this.#waiting.delete(id);
      this.#rest();
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const child = this.#child;
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL'); // nothing of it needs saving, and its forks end with it
    await exited;
  }

  #running(): ChildProcess {
    if (this.#child) return this.#child;
    const { python, script, environment } = this.#options;
    this.#said = '';
    const child = spawn(python, [script, '--serve'], { env: environment, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => this.#answered(line));
    child.stderr.on('data', (data: Buffer) => {
      this.#said = (this.#said + data.toString('utf8')).slice(-STDERR_KEPT);
    });
    child.stdin.on('error', () => undefined); // a write to a dead process; its end is told below
    child.once('error', (error) => this.#ended(child, `could not be started: ${error.message}`));
    child.once('exit', (code, signal) => this.#ended(child, `ended with ${signal ?? `code ${code}`}`));
    return child;
  }

  #answered(line: string): void {
    const answer = parse(line);
    const waiting = answer?.id === undefined ? undefined : this.#waiting.get(answer.id);
    if (answer?.scores || answer?.load || answer?.example !== undefined) waiting?.resolve(answer);
    else if (answer?.error) waiting?.reject(new UserError(answer.error.type, answer.error.message));
  }

  #ended(child: ChildProcess, how: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    const words = this.#said.trim().split('\n').at(-1) ?? '';
    const message = `The Python process that predicts (${this.#options.python}) ${how}. ${words}`.trim();
    for (const { reject } of this.#waiting.values()) reject(new UserError('StepHostDied', message));
  }

  #rest(): void {
    clearTimeout(this.#idle);
    if (this.#waiting.size > 0) return;
    this.#idle = setTimeout(() => void this.close(), this.#options.idleMs);
    this.#idle.unref();
  }
}

/** Null for a line that is none of ours: a library that writes past Python must not end the worker. */
function parse(line: string): Answer | null {
  try {
    return Answer.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}
