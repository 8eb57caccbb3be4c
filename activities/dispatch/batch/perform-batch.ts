/**
 * Many items of a map as one activity. It answers what came out clean, and leaves every trouble to an activity of the item's
 * own, which has all that one needs: retries, time limits, patience with servers that are away.
 */
import type { Context } from '@temporalio/activity';
import { type ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { type BatchAnswer, type BatchCall, type BatchedItem, callOf } from '#contracts/batch.ts';
import { milliseconds } from '#contracts/duration.ts';
import { each } from '#contracts/each.ts';
import { jsonBytes } from '#contracts/json.ts';
import type { StepCall } from '#contracts/run.ts';
import { nextBatch } from '#decisions/batch-size.ts';
import { cachedStep, type StepCache } from '../cached-step.ts';
import { cancelled } from '../cancelled.ts';
import { failedAttempt, interrupted } from '../failure.ts';
import { Pulse } from '../pulse.ts';
import { HostDied, type Performed, type RunTypeScript, type TypeScriptSteps } from '../step-work.ts';
import { Turns } from '../turns.ts';
import { performTypeScript } from '../typescript-step.ts';
import { DoneBefore } from './done-before.ts';

/** After so long no further item is begun: what is left goes into a batch of a better size. */
const ENOUGH_MS = 2_000;
/** An item that takes longer is stopped, as others wait for it: alone it has all its time. */
const PATIENCE_MS = 5_000;
/** Outputs together, bytes of JSON, after which no further item is begun: one more is at most 64 KiB. */
const OUTPUT_BYTES = 192 * 1024;
/** Whatever ends worker after worker is sought among single items. */
const ATTEMPTS = 3;
/** Reads and writes of the cache at once; steps run one after another. */
const AT_ONCE = 16;

export interface BatchDeps {
  root: string;
  steps: Pick<TypeScriptSteps, 'together'>;
  cache: StepCache;
  /** See {@link ENOUGH_MS}, its default. */
  enoughMs?: number;
}

/** How an item ended that has no outcome: known before the next one has its turn. */
class Ended extends Error {
  readonly item: BatchedItem;
  constructor(item: BatchedItem) {
    super();
    this.item = item;
  }
}
/** An item that was stopped because it took too long for a batch. */
class TooSlow extends Error {}

export async function performBatch(deps: BatchDeps, call: BatchCall, activity: Context): Promise<BatchAnswer> {
  const { runId = '' } = activity.info.workflowExecution ?? {};
  const signal = activity.cancellationSignal;
  // A run that goes again (the champion moved, an artifact is to be made again) may ask under the same id for other work.
  const id = `${runId}/${activity.info.activityId}/${JSON.stringify(call)}`;
  const before = new DoneBefore(deps.root, id, activity.info.heartbeatDetails);
  let node = call.items[0]?.node ?? '';
  const pulse = new Pulse(
    activity,
    // The workflow hears no word of items that take less than a second: each is an event, and a wide map has many batches.
    async () => {},
    // What the cache has need not travel.
    () => ({ node, ...(call.cache ? {} : before.beat()) }),
  );
  const startedAt = Date.now();
  try {
    if (activity.info.attempt > ATTEMPTS) return onlyDone(call, before);
    return await deps.steps.together(call, signal, (run) =>
      new Batch(deps, call, before, signal, run, (at, text) => {
        node = at;
        pulse.progress(text);
      }).perform(),
    );
  } catch (error) {
    if (signal.aborted) throw cancelled(signal) ? new CancelledFailure('the step was cancelled') : interrupted();
    // Nothing was begun, because no process was free.
    const tries = { allowed: 1, own: 0, deaths: 0, awaySince: null, startedAt, now: Date.now() };
    throw failedAttempt(error, call.step, tries);
  } finally {
    pulse.stop();
    before.close();
  }
}

class Batch {
  readonly #deps: BatchDeps;
  readonly #call: BatchCall;
  readonly #before: DoneBefore;
  readonly #signal: AbortSignal;
  readonly #run: RunTypeScript;
  readonly #tell: (node: string, text: string) => void;
  readonly #turns = new Turns(1);
  readonly #began = performance.now();
  #done = 0;
  #bytes = 0;
  #slow = false;
  #failed = false;

  constructor(
    deps: BatchDeps,
    call: BatchCall,
    before: DoneBefore,
    signal: AbortSignal,
    run: RunTypeScript,
    tell: (node: string, text: string) => void,
  ) {
    this.#deps = deps;
    this.#call = call;
    this.#before = before;
    this.#signal = signal;
    this.#run = run;
    this.#tell = tell;
  }

  async perform(): Promise<BatchAnswer> {
    const items = await each(AT_ONCE, this.#call.items, (item) => this.#item(callOf(this.#call, item)));
    // A worker that stops hands over what is done: the rest goes to another one. Who cancelled wants none of it.
    if (this.#signal.aborted && cancelled(this.#signal)) throw this.#signal.reason;
    const ms = performance.now() - this.#began;
    return { items, pace: nextBatch({ items: Math.max(1, this.#done), ms }), slow: this.#slow };
  }

  /** No further item is begun; the first one always is, so that every batch gets somewhere. */
  get #enough(): boolean {
    if (this.#signal.aborted || this.#slow || this.#failed) return true;
    if (this.#done === 0) return false;
    return performance.now() - this.#began > (this.#deps.enoughMs ?? ENOUGH_MS) || this.#bytes > OUTPUT_BYTES;
  }

  async #item(call: StepCall): Promise<BatchedItem> {
    if (this.#enough) return null;
    let waited = 0;
    try {
      const outcome = await cachedStep(this.#deps.cache, call, () => {
        const queued = performance.now();
        return this.#turns.take(() => {
          waited = performance.now() - queued;
          return this.#perform(call);
        });
      });
      if (outcome.cached) this.#count(outcome.output);
      return { outcome: { ...outcome, ms: Math.max(0, Math.round(outcome.ms - waited)) } };
    } catch (error) {
      return error instanceof Ended ? error.item : this.#trouble(error);
    }
  }

  async #perform(call: StepCall): Promise<Performed> {
    const known = this.#before.get(call.node);
    if (known) {
      this.#count(known.output);
      return known;
    }
    if (this.#enough) throw new Ended(null);
    const slow = new AbortController();
    const patience =
      milliseconds(call.code.timeout) > PATIENCE_MS
        ? setTimeout(() => slow.abort(new TooSlow()), PATIENCE_MS)
        : undefined;
    this.#tell(call.node, '');
    try {
      const performed = await performTypeScript(this.#deps, call, this.#run, {
        signal: AbortSignal.any([this.#signal, slow.signal]),
        progress: (text) => this.#tell(call.node, text),
      });
      this.#before.add(call.node, performed);
      this.#count(performed.output);
      return performed;
    } catch (error) {
      throw new Ended(this.#trouble(error));
    } finally {
      clearTimeout(patience);
    }
  }

  #count(output: unknown): void {
    this.#done++;
    this.#bytes += jsonBytes(output);
  }

  #trouble(error: unknown): BatchedItem {
    if (this.#signal.aborted) return null;
    this.#done++;
    if (error instanceof TooSlow) {
      this.#slow = true;
      return { alone: 0 };
    }
    if (error instanceof HostDied && error.killed) return { alone: 0 };
    const tries = { allowed: this.#call.code.attempts, own: 0, deaths: 0, awaySince: null, startedAt: 0, now: 0 };
    const failure = failedAttempt(error, this.#call.step, tries) as ApplicationFailure;
    if (!failure.nonRetryable) return { alone: tries.own };
    this.#failed = !this.#call.settled;
    const { type, message, details } = failure;
    return { failure: { type: type ?? 'StepFailed', message, details: (details ?? []) as [] } };
  }
}

/** Items whose results an earlier attempt left are done again by looking; nothing is begun. */
function onlyDone(call: BatchCall, before: DoneBefore): BatchAnswer {
  const items = call.items.map(({ node }): BatchedItem => {
    const known = before.get(node);
    if (!known) return { alone: 0 };
    const reason = 'not cached: the batch that it was in did not end';
    return { outcome: { output: known.output, cached: false, reason, key: null, ms: 0 } };
  });
  return { items, pace: { size: 1, least: 1 }, slow: true };
}
