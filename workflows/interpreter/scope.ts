/** Values by name, as one block sees them: its own nodes, then those of the blocks around it. */
import type { Value } from './templates.ts';

export type Settled = { status: 'done'; value: Value } | { status: 'failed' | 'skipped' | 'cancelled' };

export class Scope {
  /** Put before a node's id to make its instance id: `fit[3]/`, empty outside of maps and repeats. */
  readonly prefix: string;
  readonly #parent: Scope | null;
  readonly #pending = new Map<string, Promise<Settled>>();
  readonly #values = new Map<string, Value>();
  #stopped = false;
  #sheltered = false;

  constructor(parent: Scope | null, prefix: string, given: Readonly<Record<string, Value>> = {}) {
    this.#parent = parent;
    this.prefix = prefix;
    for (const [name, value] of Object.entries(given)) this.#values.set(name, value);
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
    this.#pending.set(
      id,
      settled.then((end) => {
        if (end.status === 'done') this.#values.set(id, end.value);
        return end;
      }),
    );
  }

  /** How the name ended, once it has. Throws for a name that nobody announced: check.ts refuses such plans. */
  async settled(name: string): Promise<Settled> {
    if (this.#values.has(name)) return { status: 'done', value: this.#values.get(name) };
    const pending = this.#pending.get(name);
    if (pending) return pending;
    if (!this.#parent) throw new Error(`${name} is not in scope`);
    return this.#parent.settled(name);
  }

  /** true when all names ended well. */
  async allDone(names: Iterable<string>): Promise<boolean> {
    const ends = await Promise.all([...names].map((name) => this.settled(name)));
    return ends.every((end) => end.status === 'done');
  }

  /** The value of a name that ended well. */
  readonly value = (name: string): Value => {
    if (this.#values.has(name)) return this.#values.get(name);
    return this.#parent?.value(name);
  };
}
