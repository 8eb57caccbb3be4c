/** So many at once; whoever comes later waits for a place, first come first served. */
import { HostsBusy } from '#activities/dispatch/step-work.ts';

export class Places {
  readonly #count: number;
  #taken = 0;
  #waiters: (() => void)[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  get unused(): boolean {
    return this.#taken === 0;
  }

  /** Pairs with one {@link free}. Throws the signal's reason when aborted, HostsBusy after `patienceMs` (default: waits for ever). */
  async take({ signal, patienceMs }: { signal?: AbortSignal | undefined; patienceMs?: number }): Promise<void> {
    signal?.throwIfAborted();
    if (this.#taken < this.#count) {
      this.#taken++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const done = () => {
        clearTimeout(patience);
        signal?.removeEventListener('abort', onAbort);
      };
      const leave = (error: Error) => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        done();
        reject(error);
      };
      const onAbort = () => leave(signal?.reason as Error);
      const patience =
        patienceMs === undefined
          ? undefined
          : setTimeout(() => leave(new HostsBusy(`all ${this.#count} step hosts are busy`)), patienceMs);
      const waiter = () => {
        done();
        resolve();
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.push(waiter);
    });
  }

  /** Whoever waits longest has the place now. */
  free(): void {
    const next = this.#waiters.shift();
    if (next) next();
    else this.#taken--;
  }
}
