/**
 * Audit packs that are owed: written beside the requests, so that none waits for one or fails by one. It is this workflow that
 * has them written, because nobody else sees every move, also one by hand, and because it outlives the run whose record a pack
 * waits for.
 */
import { ActivityCancellationType, CancellationScope, condition, patched, proxyActivities } from '@temporalio/workflow';
import type { AccountActivities } from '#contracts/activities.ts';
import { HEARTBEAT_TIMEOUT_MS } from '#contracts/heartbeat.ts';

/** Tried while a run goes on that waits for people; what is given up is written by the next move, or by `ratchet model audit`. */
const { keepPack } = proxyActivities<Pick<AccountActivities, 'keepPack'>>({
  startToCloseTimeout: '10m',
  heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
  scheduleToCloseTimeout: '45d',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1h' },
});

/** Activities at once; a workflow may have 2,000 that are open. */
const AT_ONCE = 20;
/** Versions that are remembered; the oldest wait the longest for a run that never ended. */
const MOST_OWED = 200;
const SETTLES_IN = '10s';

export class Packs {
  readonly #model: string;
  /** Oldest first. */
  #owed: string[];
  readonly #writing = new Map<string, CancellationScope>();
  #ending = false;
  /** Versions that wait for the end of {@link together}; null: nobody does. */
  #held: string[] | null = null;

  constructor(model: string, owed: readonly string[] = []) {
    this.#model = model;
    this.#owed = [...owed];
  }

  /** What goes along when the ledger starts over. */
  owed(): string[] {
    return [...new Set([...this.#owed, ...(this.#held ?? [])])];
  }

  /** From now on they are to be written anew: what is under way may have read the facts before. */
  owe(...versions: readonly string[]): void {
    if (this.#held) {
      this.#held.push(...versions);
      return;
    }
    if (versions.length === 0 || !patched('audit packs are written')) return;
    for (const version of versions) {
      this.#writing.get(version)?.cancel();
      this.#writing.delete(version);
    }
    this.#owed = [...this.#owed.filter((version) => !versions.includes(version)), ...versions].slice(-MOST_OWED);
    this.resume();
  }

  /** What becomes owed while this works is written once, after it. */
  async together(work: () => Promise<void>): Promise<void> {
    this.#held = [];
    try {
      await work();
    } finally {
      const held = this.#held ?? [];
      this.#held = null;
      this.owe(...new Set(held));
    }
  }

  /** Begins with those that are owed, as many as may be under way. */
  resume(): void {
    if (this.#ending) return;
    for (const version of this.#owed) {
      if (this.#writing.size >= AT_ONCE) return;
      if (!this.#writing.has(version)) this.#write(version);
    }
  }

  /**
   * Before the ledger starts over: an activity that ended in that very moment would fail the task, and the requests that it
   * answers. Nothing begins any more, and what goes on is given a moment to end.
   */
  async settle(): Promise<void> {
    this.#ending = true;
    if (this.#writing.size === 0) return;
    for (const scope of this.#writing.values()) scope.cancel();
    await condition(() => this.#writing.size === 0, SETTLES_IN);
  }

  #write(version: string): void {
    const scope = new CancellationScope();
    this.#writing.set(version, scope);
    const over = () => {
      // Another one has begun in its place.
      if (this.#writing.get(version) !== scope) return;
      this.#writing.delete(version);
      if (scope.consideredCancelled) return;
      this.#owed = this.#owed.filter((each) => each !== version);
      this.resume();
    };
    void scope.run(() => keepPack({ model: this.#model, version })).then(over, over);
  }
}
