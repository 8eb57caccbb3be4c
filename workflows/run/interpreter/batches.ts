/**
 * Cheap steps of a map's items, gathered into activities of many. The first items have an activity each, as those of an
 * effect or a job always have; where they turn out to be quick, what is asked for in one turn of the workflow goes together.
 * How large the next batch is was decided where the last one was measured, and is in the history.
 */
import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  isCancellation,
  patched,
  workflowInfo,
} from '@temporalio/workflow';
import type { RunActivities } from '#contracts/activities.ts';
import type { BatchAnswer, BatchCall, BatchedItem, BatchPace } from '#contracts/batch.ts';
import { milliseconds } from '#contracts/duration.ts';
import { jsonBytes } from '#contracts/json.ts';
import type { Block, StepCode } from '#contracts/plan.ts';
import type { StepCall, StepOutcome } from '#contracts/run.ts';
import { callBatch, callStep, effective } from './dispatch.ts';
import type { Engine } from './engine.ts';
import { DependencyFailed } from './failure.ts';
import { askWorker } from './local.ts';
import { allNodes } from './templates.ts';
import { endOfTurn } from './turn.ts';

/** Items of one map that have begun and not ended, so that one turn of the workflow stays short. */
const WINDOW = 1_000;
/** Inputs of one batch, bytes of JSON. */
const INPUT_BYTES = 256 * 1024;
/** An input of more bytes than this makes a batch of few: then items go alone, as each workflow task has little room for them. */
const LARGE = 8 * 1024;
/** The first batch after single items. */
const TRIAL: BatchPace = { size: 8, least: 1 };
/** A single item that took no longer, ms, is worth a trial: one of them takes a second. */
const CHEAP_MS = 125;
/** What a step may say of itself and still be tried as cheap: the defaults of a step in TypeScript. */
const USUAL = { timeoutMs: 10 * 60_000, memoryMb: 512 };
/** Batches that ended in trouble, after which the map asks for single items only. */
const TROUBLES = 3;

interface Asked {
  /** Of the node in the plan: calls of one node are alike but for their inputs. */
  kind: string;
  call: StepCall;
  bytes: number;
  resolve(outcome: StepOutcome): void;
  reject(error: unknown): void;
}

export class Batches {
  readonly #engine: Engine;
  readonly #concurrency: number;
  readonly #settled: boolean;
  #pace: BatchPace = { size: 1, least: 1 };
  #troubles = 0;
  #large = false;
  #count = 0;
  #running = 0;
  #gathering = false;
  /** Not begun, in the order in which they were asked for. */
  #queue: Asked[] = [];
  /** Were begun in a batch, and go on in an activity of their own. */
  #alone: Asked[] = [];

  constructor(engine: Engine, { concurrency, settled }: { concurrency: number; settled: boolean }) {
    this.#engine = engine;
    this.#concurrency = concurrency;
    this.#settled = settled;
  }

  /** Activities of many items so far. */
  get count(): number {
    return this.#count;
  }
  /** false: an item's input is so large that few fill a batch. */
  get small(): boolean {
    return !this.#large;
  }
  /** So far the items are quick and small. */
  get worthwhile(): boolean {
    return this.#pace.size > 1 && !this.#large;
  }
  /** Items that the map may have begun at once. */
  get window(): number {
    return this.worthwhile
      ? Math.max(this.#concurrency, Math.min(WINDOW, this.#concurrency * this.#pace.size))
      : this.#concurrency;
  }

  /** The step's outcome. Throws what its activity, alone, would throw. */
  ask(node: string, call: StepCall): Promise<StepOutcome> {
    const bytes = jsonBytes(call.input) + call.node.length + 32;
    if (call.inputAt || bytes > LARGE) this.#large = true;
    this.#engine.room.note(bytes);
    return new Promise((resolve, reject) => {
      this.#queue.push({ kind: node, call, bytes, resolve, reject });
      void this.#gather();
    });
  }

  /** Nothing that has not begun is begun any more. */
  stop(): void {
    for (const asked of this.#queue.splice(0))
      asked.reject(new DependencyFailed('another item failed before this one began'));
  }

  async #gather(): Promise<void> {
    if (this.#gathering) return;
    this.#gathering = true;
    // Whoever waits when the run is cancelled is told below.
    await endOfTurn().catch(() => undefined);
    this.#gathering = false;
    this.#send();
  }

  #send(): void {
    if (CancellationScope.current().consideredCancelled)
      for (const asked of [...this.#alone.splice(0), ...this.#queue.splice(0)])
        asked.reject(new CancelledFailure('the run was cancelled'));
    while (this.#running < this.#concurrency) {
      const alone = this.#alone.shift();
      const batch = alone ? [alone] : this.#take();
      if (batch.length === 0) return;
      this.#running++;
      void this.#perform(batch).finally(() => {
        this.#running--;
        void this.#gather();
      });
    }
  }

  /** The next ones that go together: all of one kind, shared out among the activities that may run beside them. */
  #take(): Asked[] {
    const [first] = this.#queue;
    if (!first) return [];
    const alike = this.#queue.filter(({ kind }) => kind === first.kind);
    const share = Math.ceil(alike.length / (this.#concurrency - this.#running));
    const most = this.worthwhile ? Math.min(this.#pace.size, Math.max(share, this.#pace.least)) : 1;
    const taken = new Set<Asked>();
    let bytes = 0;
    for (const asked of alike) {
      if (taken.size >= most || (taken.size > 0 && bytes + asked.bytes > INPUT_BYTES)) break;
      taken.add(asked);
      bytes += asked.bytes;
    }
    this.#queue = this.#queue.filter((asked) => !taken.has(asked));
    return [...taken];
  }

  async #perform(batch: readonly Asked[]): Promise<void> {
    const [first] = batch;
    if (!first) return;
    if (batch.length > 1) return this.#together(batch, first);
    try {
      const room = this.#engine.room.enter(jsonBytes(first.call), first.bytes);
      if (room) await room;
      const outcome = await callStep(first.call, workflowInfo().taskQueue, this.#engine, (request) =>
        askWorker<RunActivities>().placeJob(request),
      );
      if (!this.worthwhile && this.#troubles < TROUBLES && outcome.ms <= CHEAP_MS) this.#pace = TRIAL;
      first.resolve(outcome);
    } catch (error) {
      first.reject(error);
    }
  }

  async #together(batch: readonly Asked[], first: Asked): Promise<void> {
    const { node: _, input: __, inputAt: ___, ...common } = first.call;
    const call: BatchCall = {
      ...common,
      items: batch.map(({ call: { node, input } }) => ({ node, input })),
      settled: this.#settled,
    };
    const noted = batch.reduce((sum, { bytes }) => sum + bytes, 0);
    let answer: BatchAnswer;
    try {
      const room = this.#engine.room.enter(jsonBytes(call), noted);
      if (room) await room;
      this.#count++;
      answer = await callBatch(call, workflowInfo().taskQueue);
    } catch (error) {
      if (isCancellation(error)) {
        for (const asked of batch) asked.reject(error);
        return;
      }
      // Nobody took it who knows what a batch is, or it has a fault of its own: each item tells for itself.
      answer = { items: batch.map(() => ({ alone: 0 })), pace: { size: 1, least: 1 }, slow: true };
      this.#troubles = TROUBLES;
    }
    if (answer.slow) this.#troubles++;
    this.#pace = answer.slow ? { size: 1, least: 1 } : answer.pace;
    const left: Asked[] = [];
    for (const [index, asked] of batch.entries()) if (!this.#end(asked, answer.items[index] ?? null)) left.push(asked);
    this.#queue.unshift(...left);
  }

  /** false: the item was not begun. */
  #end(asked: Asked, item: BatchedItem): boolean {
    if (item === null) return false;
    if ('outcome' in item) asked.resolve(item.outcome);
    else if ('failure' in item) {
      const { type, message, details } = item.failure;
      asked.reject(ApplicationFailure.nonRetryable(message, type, ...details));
    } else {
      // What it did wrong in the batch was one of its attempts.
      const { code } = asked.call;
      this.#alone.push({ ...asked, call: { ...asked.call, code: { ...code, attempts: code.attempts - item.alone } } });
    }
    return true;
  }
}

/** null: each step of the map's items has an activity of its own. */
export function batchesOf(
  engine: Engine,
  map: { body: Block; items: readonly unknown[]; concurrency: number; settled: boolean },
): Batches | null {
  if (map.items.length <= map.concurrency) return null;
  for (const { kind, step, options } of allNodes(map.body)) {
    if (kind === 'when' || kind === 'attempt') continue;
    const code = kind === 'run' ? engine.steps[step ?? ''] : undefined;
    if (!code || !isCheap(effective(code, options))) return null;
  }
  return patched('cheap steps of a map go in batches') ? new Batches(engine, map) : null;
}

/** As far as its settings tell. */
function isCheap({ kind, effect, place, queue, timeout, memoryMb }: StepCode): boolean {
  if (kind !== 'typescript' || effect || place !== 'any' || queue !== null) return false;
  return milliseconds(timeout) <= USUAL.timeoutMs && (memoryMb ?? 0) <= USUAL.memoryMb;
}
