/** Signs of life of one attempt: heartbeats to Temporal, the last word to the run's workflow. */
import type { Context } from '@temporalio/activity';
import { z } from 'zod';

/** The heartbeat timeout is 10 s; one lost heartbeat, or a busy second, must not look like a death. */
const BEAT_MS = 1_000;
/** Steps that end sooner never beat. */
const FIRST_MS = 1_000;
const SIGNAL_MS = 5_000;

/** What a heartbeat carries from one attempt to the next. */
const Details = z
  .object({
    own: z.number().int().nonnegative(),
    deaths: z.number().int().nonnegative(),
    awaySince: z.number().nullable(),
    text: z.string(),
  })
  .partial();

export class Pulse {
  readonly #context: Context;
  readonly #tell: (text: string) => Promise<void>;
  readonly #timer: NodeJS.Timeout;
  readonly #first: NodeJS.Timeout;
  /** Failures of the step's own, and deaths of its process, in all attempts so far. */
  own: number;
  deaths: number;
  /** When the outage began that the step waits out; ms since the epoch. */
  awaySince: number | null;
  #text = '';
  #told = '';
  #toldAt = 0;

  /** @param tell hands the last word to the run's workflow; at most every 5 s, and only a new one. */
  constructor(context: Context, tell: (text: string) => Promise<void>) {
    this.#context = context;
    this.#tell = tell;
    const before = Details.safeParse(context.info.heartbeatDetails).data;
    this.own = before?.own ?? 0;
    this.deaths = before?.deaths ?? 0;
    this.awaySince = before?.awaySince ?? null;
    const beat = () => this.beat();
    this.#first = setTimeout(beat, FIRST_MS);
    this.#timer = setInterval(beat, BEAT_MS);
  }

  progress(text: string): void {
    this.#text = text.slice(0, 500);
  }

  beat(): void {
    this.#context.heartbeat({
      own: this.own,
      deaths: this.deaths,
      awaySince: this.awaySince,
      text: this.#text,
    });
    const now = Date.now();
    if (this.#text === this.#told || now - this.#toldAt < SIGNAL_MS) return;
    this.#told = this.#text;
    this.#toldAt = now;
    // Nobody waits for it: a workflow that has just closed, or a server that is away, costs only this line.
    void this.#tell(this.#text).catch(() => {});
  }

  stop(): void {
    clearTimeout(this.#first);
    clearInterval(this.#timer);
  }
}
