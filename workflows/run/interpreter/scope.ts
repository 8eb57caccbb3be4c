/** Values by name, as one block sees them: its own nodes, then those of the blocks around it. */
import type { Value } from './templates.ts';

export type Settled = { status: 'done'; value: Value } | { status: 'failed' | 'skipped' | 'cancelled' };

export class Scope {
  /** Put before a node's id to make its instance id: `fit[3]/`, empty outside of maps and repeats. */
  readonly prefix: string;
  readonly #parent: Scope | null;
  readonly #pending = new Map<string, Promise<Settled>>();
  readonly #ended = new Map<string, Settled>();
  #stopped = false;
  #sheltered = false;

  constructor(parent: Scope | null, prefix: string, given: Readonly<Record<string, Value>> = {}) {
    this.#parent = parent;
    this.prefix = prefix;
    for (const [name, value] of Object.entries(given)) this.#ended.set(name, { status: 'done', value });
  }

  /** Says that nothing in this scope is worth waiting for any more: open approvals and timers end. */
  stop(): void {
    this.#stopped = true;
  }

  get stopped(): boolean {
    return this.#stopped || (!this.#sheltered && this.#parent?.stopped === true);
  }

  /** A scope within this one that a stop does not reach: for what runs whatever happened. */
  shelter(): Scope {
    const scope = new Scope(this, this.prefix);
    scope.#sheltered = true;
    return scope;
  }

  /** Makes a node known before it has ended. */
  announce(id: string, settled: Promise<Settled>): void {
    this.#pending.set(id, settled);
  }

  /** The node has ended: called before the announced promise is kept. */
  settle(id: string, end: Settled): Settled {
    this.#ended.set(id, end);
    return end;
  }

  /** What to wait for until all names have ended; empty when they have. Synchronous, because promises are dear in a workflow. */
  pending(names: Iterable<string>): Promise<Settled>[] {
    const waiting: Promise<Settled>[] = [];
    for (const name of names) {
      const found = this.#find(name);
      if (found instanceof Promise) waiting.push(found);
    }
    return waiting;
  }

  /** true when all names, which have ended, ended well. */
  allDone(names: Iterable<string>): boolean {
    for (const name of names) {
      const found = this.#find(name);
      if (found instanceof Promise || found.status !== 'done') return false;
    }
    return true;
  }

  /** The value of a name that ended well. */
  readonly value = (name: string): Value => {
    const end = this.#find(name);
    return 'value' in end ? end.value : undefined;
  };

  /** Throws for a name that nobody announced: check.ts refuses such plans. */
  #find(name: string): Settled | Promise<Settled> {
    const own = this.#ended.get(name) ?? this.#pending.get(name);
    if (own) return own;
    if (this.#parent === null) throw new Error(`${name} is not in scope`);
    return this.#parent.#find(name);
  }
}
