/**
 * One at a time, over machines: a workflow id exists once. The workflow is served by nobody; that it runs is all that counts,
 * and the signals that its holder sends say that he lives. A holder who sends none any more is put out by the next one.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import { UserError } from '#contracts/failures.ts';

/** From one sign of life to the next. */
const BEAT_MS = 2_000;
/** Without a sign for so long he is dead, or frozen. */
const DEAD_MS = 15_000;
/** A holder who lives and does not end. */
const LONGEST = '1h';

export interface Exclusive {
  /** The lock. */
  readonly id: string;
  /** Who holds it, for those who wait: `anna@laptop, process 4711`. */
  readonly who: string;
  /** Told once when another holds it. */
  waits(who: string): void;
  readonly beatMs?: number;
  readonly deadMs?: number;
}

/**
 * Waits until nobody else does it, then does it.
 * @param work is to stop at its signal: somebody took this holder for dead and may be at it
 * @throws UserError OutsideRefused when that happened before it was done
 */
export async function exclusively<T>(
  client: Client,
  { id, who, waits, beatMs = BEAT_MS, deadMs = DEAD_MS }: Exclusive,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const handle = client.workflow.getHandle(id, await taken(client, { id, who, waits, beatMs, deadMs }));
  const lost = new AbortController();
  // By a clock that nobody sets. A holder that was frozen knows it by this before Temporal tells him.
  let alive = performance.now();
  const beat = setInterval(() => {
    if (performance.now() - alive > deadMs) lost.abort();
    const sent = performance.now();
    handle.signal('alive').then(
      () => {
        alive = sent;
      },
      (error: unknown) => {
        if (error instanceof WorkflowNotFoundError) lost.abort();
      },
    );
  }, beatMs);
  try {
    return await work(lost.signal);
  } catch (error) {
    if (!lost.signal.aborted) throw error;
    throw new UserError(
      'OutsideRefused',
      `${who} gave no sign of life to Temporal for ${deadMs / 1_000} s, and was taken for dead while it was at ${id}: start it again.`,
    );
  } finally {
    clearInterval(beat);
    await handle.terminate('done').catch(() => undefined);
  }
}

/** @returns the run that holds it for us */
async function taken(client: Client, { id, who, waits, beatMs, deadMs }: Required<Exclusive>): Promise<string> {
  let told = false;
  let seen = { run: '', length: 0, since: performance.now() };
  for (;;) {
    try {
      const { firstExecutionRunId } = await client.workflow.start('exclusive', {
        ...{ workflowId: id, taskQueue: 'ratchet-served-by-nobody', workflowRunTimeout: LONGEST },
        ...{ workflowIdConflictPolicy: 'FAIL' as const, memo: { who }, staticSummary: who },
      });
      return firstExecutionRunId;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    const holder = await client.workflow
      .getHandle(id)
      .describe()
      .catch((error: unknown) => {
        if (error instanceof WorkflowNotFoundError) return null;
        throw error;
      });
    if (holder?.status.name !== 'RUNNING') continue;
    if (!told) waits(String(holder.memo?.who ?? 'somebody'));
    told = true;
    if (seen.run !== holder.runId || seen.length !== holder.historyLength)
      seen = { run: holder.runId, length: holder.historyLength, since: performance.now() };
    else if (performance.now() - seen.since > deadMs)
      // That one, and no other who took it meanwhile.
      await client.workflow
        .getHandle(id, holder.runId)
        .terminate(`no sign of life for ${deadMs / 1_000} s; ${who} takes over`)
        .catch(() => undefined);
    await pause(Math.min(500, beatMs));
  }
}
