/**
 * Room for so much at once. Whoever comes when it is full waits: first come, first served, the queues of different owners in
 * turn, so that a thousand runs of one pipeline do not keep the only one of another waiting.
 */
import { HostsBusy } from '#activities/dispatch/step-work.ts';

export interface PlaceRequest {
  /** Whose queue to wait in. Default: one for all. */
  owner?: string;
  /** How much of the room it takes, default 1. What is larger than the room has it for itself. */
  weight?: number;
  signal?: AbortSignal | undefined;
  /** How long to wait before HostsBusy, ms. Default for ever. */
  patienceMs?: number | undefined;
}

interface Waiter {
  weight: number;
  enter(): void;
}

export class Places {
  readonly #room: number;
  readonly #full: string;
  #taken = 0;
  /** By owner, in the order in which their turns come. */
  readonly #queues = new Map<string, Waiter[]>();

  /** @param full says what HostsBusy is told: `all 2 step hosts are busy` */
  constructor(room: number, full: string) {
    this.#room = room;
    this.#full = full;
  }

  /** @returns gives the place back. Throws the signal's reason when aborted, HostsBusy after `patienceMs`. */
  async take({ owner = '', weight = 1, signal, patienceMs }: PlaceRequest): Promise<() => void> {
    signal?.throwIfAborted();
    const place = () => {
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        this.#taken -= weight;
        this.#serve();
      };
    };
    if (this.#queues.size === 0 && this.#fits(weight)) {
      this.#taken += weight;
      return place();
    }
    await new Promise<void>((resolve, reject) => {
      const done = () => {
        clearTimeout(patience);
        signal?.removeEventListener('abort', onAbort);
      };
      const leave = (error: Error) => {
        done();
        this.#leave(owner, waiter);
        reject(error);
      };
      const onAbort = () => leave(signal?.reason as Error);
      const patience =
        patienceMs === undefined ? undefined : setTimeout(() => leave(new HostsBusy(this.#full)), patienceMs);
      const waiter: Waiter = {
        weight,
        enter: () => {
          done();
          resolve();
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const queue = this.#queues.get(owner);
      if (queue) queue.push(waiter);
      else this.#queues.set(owner, [waiter]);
    });
    return place();
  }

  #fits(weight: number): boolean {
    return this.#taken === 0 || this.#taken + weight <= this.#room;
  }

  /** Whoever's turn it is, as long as there is room; a heavy one at the head is waited for, else it never came in. */
  #serve(): void {
    for (const [owner, queue] of this.#queues) {
      const [next] = queue;
      if (!next || !this.#fits(next.weight)) return;
      this.#taken += next.weight;
      queue.shift();
      // To the end of the line: a Map keeps the order in which its keys were set, and is walked to where it ends then.
      this.#queues.delete(owner);
      if (queue.length > 0) this.#queues.set(owner, queue);
      next.enter();
    }
  }

  #leave(owner: string, waiter: Waiter): void {
    const rest = (this.#queues.get(owner) ?? []).filter((other) => other !== waiter);
    if (rest.length > 0) this.#queues.set(owner, rest);
    else this.#queues.delete(owner);
    // It may have stood before others who fit.
    this.#serve();
  }
}
