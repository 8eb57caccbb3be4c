/**
 * Runs that ended and wrote no record, as those that are ended by force, terminated or timed out, cannot; and those whose
 * store was away at their end: what their history tells.
 */
import { defaultPayloadConverter, type WorkflowHandle } from '@temporalio/client';
import { z } from 'zod';
import type { PlannedRun, StartedWith } from '#contracts/activities.ts';
import { ApproveRequest } from '#contracts/approve-request.ts';
import { BatchAnswer, BatchCall } from '#contracts/batch.ts';
import type { Json } from '#contracts/json.ts';
import { approveUpdate } from '#contracts/messages.ts';
import { environmentOfQueue, reservedWorkflowTypes } from '#contracts/names.ts';
import { type NodeRecord, RunEnvelope, type RunRecord, StepCall, StepOutcome } from '#contracts/run.ts';

export interface EndWithoutRecord {
  start: StartedWith;
  /** Of the worker that serves the run; null for a workflow that no worker of Ratchet serves. */
  environment: string | null;
  /** The last one, when it was made again because the champion moved; null when there was none. */
  planned: PlannedRun | null;
  /** In the order in which they ended. Not those of a wide map's children, which the cache has. */
  outcomes: NodeRecord[];
  /** Ids of nodes that had begun and not ended. */
  begun: string[];
  /** What people answered that the run took. */
  approvals: RunRecord['approvals'];
  endedAt: string;
  how: 'by force' | 'failed' | 'cancelled';
  /** By whom and why, or what failed, in words. */
  reason: string;
  /** What failed, where the run told it. */
  failure: z.output<typeof ToldFailure> | null;
}

const ends = { TERMINATED: 'by force', TIMED_OUT: 'by force', FAILED: 'failed', CANCELLED: 'cancelled' } as const;
const isBad = (name: string): name is keyof typeof ends => Object.hasOwn(ends, name);

const ToldFailure = z.object({ type: z.string(), message: z.string(), node: z.string().nullable() });

/** Null for a run that goes on or ended well, and for a workflow that is no run. */
export async function endWithoutRecord(handle: WorkflowHandle): Promise<EndWithoutRecord | null> {
  const { status, startTime, closeTime, type, taskQueue } = await handle.describe();
  if (!isBad(status.name) || !closeTime || (reservedWorkflowTypes as readonly string[]).includes(type)) return null;
  const { events } = await handle.fetchHistory();
  let planned: PlannedRun | null = null;
  let reason = 'nothing is known of it';
  let failed: EndWithoutRecord['failure'] = null;
  let params: Json = {};
  let envelope: RunEnvelope = {};
  const calls = new Map<string, StepCall>();
  const batches = new Map<string, BatchCall>();
  const outcomes: NodeRecord[] = [];
  const answers = new Map<string, RunRecord['approvals'][number]>();
  for (const event of events ?? []) {
    const [first, second] = event.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    if (first) params = (decoded({ payloads: [first] }) ?? {}) as Json;
    if (second) envelope = RunEnvelope.safeParse(decoded({ payloads: [second] })).data ?? {};
    const { details, failure } = event.markerRecordedEventAttributes ?? {};
    const about = decoded(details?.data) as { activity_type?: string } | undefined;
    if (about?.activity_type === 'planRun' && !failure) {
      planned = (decoded(details?.result) as PlannedRun) ?? planned;
      outcomes.push(...(planned?.served ?? []));
    }
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) {
      const asked = decoded(scheduled.input);
      const call = StepCall.safeParse(asked);
      if (call.success) calls.set(String(event.eventId), call.data);
      const batch = call.success ? null : BatchCall.safeParse(asked).data;
      if (batch) batches.set(String(event.eventId), batch);
    }
    const done = event.activityTaskCompletedEventAttributes;
    const call = done && calls.get(String(done.scheduledEventId));
    if (call) {
      const outcome = StepOutcome.safeParse(decoded(done.result));
      if (outcome.success) outcomes.push({ id: call.node, step: call.step, input: call.input, ...outcome.data });
      calls.delete(String(done.scheduledEventId));
    }
    const batch = done && batches.get(String(done.scheduledEventId));
    if (batch) outcomes.push(...outcomesOf(batch, BatchAnswer.safeParse(decoded(done.result)).data));
    const asked = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest;
    const answer =
      asked?.input?.name === approveUpdate.name && ApproveRequest.safeParse(decoded(asked.input.args)).data;
    if (answer) answers.set(String(asked?.meta?.updateId), { ...answer, at: timeOf(event.eventTime) });
    const told = event.workflowExecutionUpdateCompletedEventAttributes;
    // Two words at one moment, and the first decided.
    if (told?.outcome?.failure) answers.delete(String(told.meta?.updateId));
    const by = event.workflowExecutionTerminatedEventAttributes;
    if (by) reason = by.reason || `it was terminated by ${by.identity || 'somebody'}, who gave no reason`;
    if (event.workflowExecutionTimedOutEventAttributes)
      reason = 'it ran longer than the time limit that it was started with';
    const end = event.workflowExecutionFailedEventAttributes?.failure;
    if (end) {
      reason = end.message ?? reason;
      const [, told] = end.applicationFailureInfo?.details?.payloads ?? [];
      failed = (told && ToldFailure.safeParse(decoded({ payloads: [told] })).data) ?? null;
    }
  }
  const startedAt = startTime.toISOString();
  return {
    start: { workflowId: handle.workflowId, pipeline: type, params, envelope, startedAt },
    environment: planned?.run.environment ?? environmentOfQueue(taskQueue),
    ...{ planned, outcomes, begun: [...calls.values()].map(({ node }) => node), approvals: [...answers.values()] },
    ...{ endedAt: closeTime.toISOString(), how: ends[status.name], reason, failure: failed },
  };
}

function outcomesOf({ step, items }: BatchCall, answer: BatchAnswer | undefined): NodeRecord[] {
  return items.flatMap(({ node, input }, index) => {
    const item = answer?.items[index];
    return item && 'outcome' in item ? [{ id: node, step, input, ...item.outcome }] : [];
  });
}

const timeOf = (time: { seconds?: unknown; nanos?: number | null } | null | undefined): string =>
  new Date(Number(time?.seconds ?? 0) * 1_000 + Math.floor((time?.nanos ?? 0) / 1e6)).toISOString();

type Payloads = { payloads?: Parameters<typeof defaultPayloadConverter.fromPayload>[0][] | null } | null | undefined;

function decoded(given: Payloads): unknown {
  const [payload] = given?.payloads ?? [];
  return payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
}
