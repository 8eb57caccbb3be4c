/** Runs that were ended by force, terminated or timed out, and so had no time to write their record: what their history tells. */
import { defaultPayloadConverter, type WorkflowHandle } from '@temporalio/client';
import type { PlannedRun } from '#contracts/activities.ts';
import { type NodeRecord, RunEnvelope, StepCall, StepOutcome } from '#contracts/run.ts';

export interface ForcedEnd {
  /** The last one, when it was made again because the champion moved. */
  planned: PlannedRun;
  /** In the order in which they ended. Not those of a wide map's items, which the cache has. */
  outcomes: NodeRecord[];
  /** Ids of nodes that had begun and not ended. */
  begun: string[];
  startedAt: string;
  endedAt: string;
  /** The run that it took up; null for one that began anew. */
  resumedFrom: string | null;
  /** By whom and why, in words. */
  reason: string;
}

/** Null for a run that goes on or ended by itself, and for one that never had a plan. */
export async function forcedEnd(handle: WorkflowHandle): Promise<ForcedEnd | null> {
  const { status, startTime, closeTime } = await handle.describe();
  if (!forced.has(status.name) || !closeTime) return null;
  const { events } = await handle.fetchHistory();
  let planned: PlannedRun | null = null;
  let reason = 'nothing is known of it';
  let resumedFrom: string | null = null;
  const calls = new Map<string, StepCall>();
  const outcomes: NodeRecord[] = [];
  for (const event of events ?? []) {
    const given = event.workflowExecutionStartedEventAttributes?.input?.payloads?.[1];
    if (given) resumedFrom = RunEnvelope.safeParse(decoded({ payloads: [given] })).data?.resume?.runId ?? null;
    const { details, failure } = event.markerRecordedEventAttributes ?? {};
    const about = decoded(details?.data) as { activity_type?: string } | undefined;
    if (about?.activity_type === 'planRun' && !failure) planned = (decoded(details?.result) as PlannedRun) ?? planned;
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) {
      const call = StepCall.safeParse(decoded(scheduled.input));
      if (call.success) calls.set(String(event.eventId), call.data);
    }
    const done = event.activityTaskCompletedEventAttributes;
    const call = done && calls.get(String(done.scheduledEventId));
    if (call) {
      const outcome = StepOutcome.safeParse(decoded(done.result));
      if (outcome.success) outcomes.push({ id: call.node, step: call.step, input: call.input, ...outcome.data });
      calls.delete(String(done.scheduledEventId));
    }
    const by = event.workflowExecutionTerminatedEventAttributes;
    if (by) reason = by.reason || `it was terminated by ${by.identity || 'somebody'}, who gave no reason`;
    if (event.workflowExecutionTimedOutEventAttributes)
      reason = 'it ran longer than the time limit that it was started with';
  }
  if (planned === null) return null;
  const begun = [...calls.values()].map(({ node }) => node);
  const times = { startedAt: startTime.toISOString(), endedAt: closeTime.toISOString() };
  return { planned, outcomes, begun, ...times, resumedFrom, reason };
}

const forced = new Set<string>(['TERMINATED', 'TIMED_OUT']);

type Payloads = { payloads?: Parameters<typeof defaultPayloadConverter.fromPayload>[0][] | null } | null | undefined;

function decoded(given: Payloads): unknown {
  const [payload] = given?.payloads ?? [];
  return payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
}
