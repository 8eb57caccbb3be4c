/**
 * Signs of life of one attempt: heartbeats to Temporal, and in them the last word, from where whoever looks at the run has it.
 * The run's workflow is told some of the words, for its page in Temporal's UI: each is an event of its history, so that the
 * longer the step runs, the longer the time between two of them.
 */
import type { Context } from '@temporalio/activity';
import { z } from 'zod';
import { BEAT_MS } from '#contracts/heartbeat.ts';

/** Steps that end sooner never beat. */
const FIRST_MS = 1_000;
/** From the first word that the workflow is told to the second; then twice as long each time: 13 in six hours, 26 in ten years. */
const FIRST_GAP_MS = 5_000;

/** What a heartbeat carries from one attempt to the next. */
const Details = z
  .object({
    own: z.number().int().nonnegative(),
    deaths: z.number().int().nonnegative(),
    awaySince: z.number().nullable(),
    text: z.string(),
    /** What the workflow was told last, when (ms since the epoch), and how long it is told nothing after that. */
    told: z.object({ text: z.string(), at: z.number(), gap: z.number() }),
  })
  .partial();

export class Pulse {
  readonly #context: Context;
  readonly #tell: (text: string) => Promise<void>;
  readonly #more: () => object;
  readonly #timer: NodeJS.Timeout;
  readonly #first: NodeJS.Timeout;
  /** Failures of the step's own, and deaths of its process, in all attempts so far. */
  own: number;
  deaths: number;
  /** When the outage began that the step waits out; ms since the epoch. */
  awaySince: number | null;
  #text = '';
  #told: { text: string; at: number; gap: number };

  /**
   * @param tell hands the last word, with its time, to the run's workflow; ever more seldom, and only a new one
   * @param more what each beat carries beside that
   */
  constructor(context: Context, tell: (text: string) => Promise<void>, more: () => object = () => ({})) {
    this.#context = context;
    this.#tell = tell;
    this.#more = more;
    const before = Details.safeParse(context.info.heartbeatDetails).data;
    this.own = before?.own ?? 0;
    this.deaths = before?.deaths ?? 0;
    this.awaySince = before?.awaySince ?? null;
    // The next attempt of the same step goes on counting.
    this.#told = before?.told ?? { text: '', at: 0, gap: 0 };
    const beat = () => this.beat();
    this.#first = setTimeout(beat, FIRST_MS);
    this.#timer = setInterval(beat, BEAT_MS);
  }

  progress(text: string): void {
    this.#text = text.slice(0, 500);
  }

  beat(): void {
    const now = Date.now();
    const { text, at, gap } = this.#told;
    const due = this.#text !== text && now - at >= gap;
    if (due) this.#told = { text: this.#text, at: now, gap: Math.max(FIRST_GAP_MS, 2 * gap) };
    this.#context.heartbeat({
      own: this.own,
      deaths: this.deaths,
      awaySince: this.awaySince,
      text: this.#text,
      told: this.#told,
      ...this.#more(),
    });
    if (!due) return;
    // Nobody waits for it: a workflow that has just closed, or a server that is away, costs only this line.
    void this.#tell(dated(this.#text, now)).catch(() => {});
  }

  stop(): void {
    clearTimeout(this.#first);
    clearInterval(this.#timer);
  }
}

/** It may stand on the page for hours. */
const dated = (text: string, now: number) =>
  text === '' ? text : `${text} (${new Date(now).toISOString().slice(11, 16)} UTC)`;
