/** Started by a Temporal Schedule, which cannot signal: hands what the calendar says to the loop. */
import { ApplicationFailure, defineSearchAttributeKey } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';
import type { WatchActivities } from '#contracts/loop/activities.ts';
import { askWorker } from '../run/interpreter/local.ts';

interface FireArguments {
  pipeline: string;
  environment: string;
  /** As the condition `schedule` names it: the cron expression and its zone. */
  cron: string;
}

export async function fire(raw: unknown): Promise<{ id: string; at: string }> {
  const { pipeline, environment = 'dev', cron } = (raw ?? {}) as Partial<FireArguments>;
  if (!pipeline || !cron) throw ApplicationFailure.nonRetryable('fire needs { pipeline, cron }', 'InvalidInput');
  const at = scheduledTime();
  // One firing has one id, also when the schedule is backfilled, or triggered twice for one time.
  const id = `schedule/${cron.replaceAll(' ', '_')}/${at}`;
  await askWorker<WatchActivities>().tellFired({ pipeline, environment, cron, at, id });
  return { id, at };
}

/** The time that the schedule meant, which a backfill gives, too; the start for one that was started by hand. ISO. */
export function scheduledTime(): string {
  const { typedSearchAttributes, startTime } = workflowInfo();
  const meant = typedSearchAttributes.get(defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME'));
  return (meant ?? startTime).toISOString();
}
