/** Temporal Schedules by their ids: made, changed, removed. A list of them lags behind and decides nothing. */

import {
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  ScheduleNotFoundError,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import { canonicalJson } from '#contracts/json.ts';
import { taskQueue } from '#contracts/names.ts';
import { searchAttribute } from '#contracts/search-attribute.ts';

export interface ScheduleSpec {
  id: string;
  starts: string;
  input: { pipeline: string; environment: string; cron?: string };
  when: { cron: string; timezone: string } | { everyMs: number; offsetMs: number };
  catchupMs: number;
  jitterMs: number;
}

/** `same`: it is there and as wanted. */
export async function compareSchedule(client: Client, wanted: ScheduleSpec): Promise<'missing' | 'other' | 'same'> {
  const found = await described(client, wanted.id);
  if (!found) return 'missing';
  // An update leaves the schedule's own memo as it was: what it was made for is in the memo of what it starts.
  return found.action.memo?.wanted === canonicalJson(wanted) ? 'same' : 'other';
}

/** Why somebody paused it, null when it goes on; undefined when there is none. */
export async function pausedBecause(client: Client, id: string): Promise<string | null | undefined> {
  const found = await described(client, id);
  return found && (found.state.paused ? (found.state.note ?? '') : null);
}

/**
 * Creates it, or changes the one that is there: whether that is paused stays as it is.
 * @param paused a new one is paused, for this reason; null: it goes on
 */
export async function putSchedule(client: Client, wanted: ScheduleSpec, paused: string | null = null): Promise<void> {
  const options = optionsOf(wanted);
  try {
    await client.schedule.create({ ...options, ...(paused === null ? {} : { state: { paused: true, note: paused } }) });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const { spec, action, policies } = options;
    await client.schedule
      .getHandle(wanted.id)
      .update(({ state }) => ({ spec, action, ...(policies ? { policies } : {}), state }));
  }
}

async function described(client: Client, id: string): Promise<ScheduleDescription | undefined> {
  try {
    return await client.schedule.getHandle(id).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/** @returns false when there was none */
export async function removeSchedule(client: Client, id: string): Promise<boolean> {
  try {
    await client.schedule.getHandle(id).delete();
    return true;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return false;
    throw error;
  }
}

function optionsOf(wanted: ScheduleSpec): ScheduleOptions {
  const { id, starts, input, when, catchupMs, jitterMs } = wanted;
  const pipeline = searchAttribute('RatchetPipeline', input.pipeline);
  return {
    scheduleId: id,
    spec: {
      ...('cron' in when
        ? { cronExpressions: [when.cron], timezone: when.timezone }
        : { intervals: [{ every: when.everyMs, offset: when.offsetMs }] }),
      jitter: jitterMs,
    },
    action: {
      type: 'startWorkflow',
      workflowType: starts,
      workflowId: id,
      taskQueue: taskQueue.control(input.environment),
      args: [input],
      typedSearchAttributes: [pipeline],
      memo: { wanted: canonicalJson(wanted) },
      staticSummary:
        starts === 'fire'
          ? `The calendar starts ${input.pipeline}: ${input.cron}`
          : `Looks at the data of ${input.pipeline}`,
    },
    policies: {
      // Two looks at once would find the same; of a calendar's times each one counts.
      overlap: starts === 'watch' ? ScheduleOverlapPolicy.SKIP : ScheduleOverlapPolicy.ALLOW_ALL,
      catchupWindow: catchupMs,
      pauseOnFailure: false,
    },
    typedSearchAttributes: [pipeline],
  };
}
