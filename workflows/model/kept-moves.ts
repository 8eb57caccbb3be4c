/** Moves on their way into the store, where they outlive the history: beside the requests, so that a store that is away holds up none. */
import { condition, patched, proxyActivities } from '@temporalio/workflow';
import type { AccountActivities, KeptMove } from '#contracts/activities.ts';
import type { Ledger } from '#contracts/messages.ts';
import { moveAfter } from './ledger.ts';

const store = proxyActivities<Pick<AccountActivities, 'keepMove'>>({
  startToCloseTimeout: '1m',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
});

export class KeptMoves {
  /** Of the newest move that is in the store. */
  epoch: number;
  #writing = false;

  readonly #whenKept: (move: KeptMove) => void;

  /** @param epoch 0 (default): whatever the ledger remembers is written */
  constructor(whenKept: (move: KeptMove) => void, epoch = 0) {
    this.#whenKept = whenKept;
    this.epoch = epoch;
  }

  /** Writes what is missing, oldest first; to be called after every move. @param ledger as it is whenever it is asked */
  write(ledger: () => Ledger): void {
    if (this.#writing || this.epoch >= ledger().epoch || !patched('moves are kept in the store')) return;
    this.#writing = true;
    // It fails only with its workflow, whose next run begins here again.
    void this.#write(ledger).catch(() => undefined);
  }

  /** Before the ledger starts over: see Packs. What a store that is away keeps waiting is written by the next run. */
  async settle(): Promise<void> {
    if (this.#writing) await condition(() => !this.#writing, '10s');
  }

  async #write(ledger: () => Ledger): Promise<void> {
    try {
      for (let move = moveAfter(ledger(), this.epoch); move; move = moveAfter(ledger(), this.epoch)) {
        await store.keepMove(move);
        this.epoch = move.epoch;
        this.#whenKept(move);
      }
    } finally {
      this.#writing = false;
    }
  }
}
