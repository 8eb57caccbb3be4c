/** Temporal Schedules by their ids: made, changed, removed. A list of them lags behind and decides nothing. */
import {
  type Client,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { canonicalJson } from '#contracts/json.ts';
import { taskQueue } from '#contracts/names.ts';

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
  try {
    const { memo } = await client.schedule.getHandle(wanted.id).describe();
    return memo?.wanted === canonicalJson(wanted) ? 'same' : 'other';
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return 'missing';
    throw error;
  }
}

/** Made anew when it is another one: whether it was paused is kept. */
export async function putSchedule(client: Client, wanted: ScheduleSpec): Promise<void> {
  const options = optionsOf(wanted);
  try {
    await client.schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const handle = client.schedule.getHandle(wanted.id);
    const { state } = await handle.describe();
    // An update leaves the memo, by which it is known, as it was.
    await handle.delete();
    await client.schedule.create({
      ...options,
      state: { paused: state.paused, ...(state.note ? { note: state.note } : {}) },
    });
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
  const pipeline = { key: defineSearchAttributeKey('RatchetPipeline', 'KEYWORD'), value: input.pipeline };
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
    memo: { wanted: canonicalJson(wanted) },
    typedSearchAttributes: [pipeline],
  };
}
