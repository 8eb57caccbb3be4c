/** What the loop was told and has not decided upon yet. Handlers only put it here. */
import { uuid4 } from '@temporalio/workflow';
import { type Json, jsonBytes } from '#contracts/json.ts';
import type { LoopInput } from '#contracts/loop/activities.ts';
import type { EvidenceKind } from '#contracts/loop/evidence.ts';
import { reservedId } from '#contracts/names.ts';
import { SeenIds, type SeenKind } from './seen-ids.ts';

/** A decision names what it took in: so many ids, and characters of them, fit into its record. */
const BATCH = 200;
const ID_CHARACTERS = 16_000;
/** Bytes of JSON decided upon together: more in one command, and Temporal takes none of it. A single input may have as many as a signal. */
const BATCH_BYTES = 256 * 1024;
/** What may go along undecided when the loop starts over, bytes of JSON. */
const CARRIED = 32 * 1024;

/** How ids are remembered: in a history of before, as it was then. */
interface Remembers {
  /** Ids that others choose apart from ours. */
  apart(): boolean;
  /** Those of each kind and sender apart from all others. */
  byKind(): boolean;
}
const always: Remembers = { apart: () => true, byKind: () => true };

export class Inbox {
  readonly #seen: SeenIds;
  readonly #remembers: Remembers;
  #queue: LoopInput[];
  #duplicates: number;
  /** Signals and updates in this execution's history: the server takes 10,000 and 2,000. */
  signals = 0;
  updates = 0;

  constructor(carried: { seen: string; queue: LoopInput[]; duplicates: number }, remembers: Remembers = always) {
    this.#remembers = remembers;
    this.#seen = new SeenIds(carried.seen);
    this.#queue = [...carried.queue];
    this.#duplicates = carried.duplicates;
  }

  get size(): number {
    return this.#queue.length + this.#duplicates;
  }

  get empty(): boolean {
    return this.size === 0;
  }

  /** true: nobody waits for an answer, and nothing that goes on has ended. */
  get onlyEvidence(): boolean {
    return !this.empty && this.#queue.every(({ kind }) => kind === 'evidence');
  }

  signal(signal: EvidenceKind, raw: unknown): void {
    this.signals++;
    this.takeIn(signal, raw);
  }

  /** Evidence without an id gets one of its own: it counts as often as it comes. */
  takeIn(signal: EvidenceKind, raw: unknown): void {
    const given = typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>) : {};
    const id = typeof given.id === 'string' && given.id !== '' ? given.id.slice(0, 201) : `${signal}-${uuid4()}`;
    if (!this.#add(signal, id, !reservedId.test(id))) {
      this.#duplicates++;
      return;
    }
    const fresh = signal === 'dataArrived' ? this.#newPartitions(given) : given;
    this.#queue.push({ kind: 'evidence', signal, id, raw: (raw === given ? fresh : raw) as Json });
  }

  event(input: LoopInput): void {
    this.#queue.push(input);
  }

  take(): LoopInput[] {
    let characters = 0;
    let bytes = 0;
    let count = 0;
    for (const input of this.#queue) {
      characters += input.kind === 'evidence' ? input.id.length : 0;
      bytes += jsonBytes(input);
      if (count === BATCH || (count > 0 && (characters > ID_CHARACTERS || bytes > BATCH_BYTES))) break;
      count++;
    }
    const inputs = this.#queue.splice(0, count);
    if (this.#duplicates > 0) inputs.push({ kind: 'duplicates', count: this.#duplicates });
    this.#duplicates = 0;
    return inputs;
  }

  /** What could not be read was not taken in: mended and sent again under the same id it counts. */
  forget(inputs: readonly LoopInput[], malformed: readonly string[]): void {
    for (const input of inputs) {
      if (input.kind !== 'evidence' || !malformed.includes(input.id.slice(0, 200))) continue;
      this.#seen.delete(input.signal, input.id);
      const { partitions } = (input.raw ?? {}) as { partitions?: unknown };
      for (const partition of Array.isArray(partitions) ? partitions : []) {
        const { name, rows } = (partition ?? {}) as { name?: unknown; rows?: unknown };
        this.#seen.delete(typeof rows === 'number' ? 'partition' : 'no rows', String(name));
      }
    }
  }

  /** Small enough to go along. A request waits for its answer here: it must be decided upon first. */
  get fits(): boolean {
    return !this.#queue.some(({ kind }) => kind === 'retrain') && jsonBytes(this.#queue) <= CARRIED;
  }

  carried(): { seen: string; queue: LoopInput[]; duplicates: number } {
    return { seen: this.#seen.carried(), queue: this.#queue, duplicates: this.#duplicates };
  }

  #add(kind: SeenKind, id: string, byOthers = false): boolean {
    if (this.#remembers.byKind()) return this.#seen.add(kind, id);
    return this.#seen.addAsBefore(kind, id, byOthers && this.#remembers.apart());
  }

  /**
   * The same file told by a webhook and by the watch is one partition. The webhook does not know its rows: when the watch
   * tells of them afterwards they count, and the partition no second time.
   */
  #newPartitions(raw: Record<string, unknown>): Record<string, unknown> {
    if (!Array.isArray(raw.partitions)) return raw;
    let rowsAfterwards = 0;
    const partitions = (raw.partitions as unknown[]).flatMap((partition): unknown[] => {
      const { name, rows, file, gone } = (partition ?? {}) as Record<'name' | 'rows' | 'file' | 'gone', unknown>;
      if (typeof name !== 'string') return [partition];
      if (typeof rows !== 'number')
        return !this.#seen.has('partition', name) && this.#add('no rows', name) ? [partition] : [];
      if (!this.#add('partition', name)) return [];
      if (gone === true || !this.#seen.has('no rows', name)) return [partition];
      // With the file that they came with, so that they can go with it.
      if (typeof file === 'string') return [{ ...(partition as object), told: true }];
      rowsAfterwards += rows;
      return [];
    });
    if (rowsAfterwards === 0) return { ...raw, partitions };
    const { rows } = raw;
    return { ...raw, partitions, rows: (typeof rows === 'number' ? rows : 0) + rowsAfterwards };
  }
}
