/** Where the time of one run went, by its history: between which events. */
import type { WorkflowHandle } from '@temporalio/client';

interface Phase {
  what: string;
  ms: number;
}

type Events = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>;

const at = ({ eventTime }: Events[number]) =>
  Number(eventTime?.seconds ?? 0) * 1_000 + Number(eventTime?.nanos ?? 0) / 1e6;

/**
 * The first workflow task holds the plan and what the cache serves with it; then each activity, from its schedule to its end;
 * what is left is Temporal's way between them and the record at the end. Activities that overlap are counted each.
 */
export async function phasesOf(workflow: WorkflowHandle): Promise<Phase[]> {
  const events = (await workflow.fetchHistory()).events ?? [];
  const began = events[0] && at(events[0]);
  if (began === undefined) return [];
  const scheduled = new Map<number, { name: string; from: number }>();
  const phases: Phase[] = [];
  let last = began;
  let counted = 0;
  for (const event of events) {
    const now = at(event);
    last = now;
    if (event.workflowTaskCompletedEventAttributes && phases.length === 0) {
      phases.push({ what: 'plan, with what the cache serves', ms: now - began });
      counted += now - began;
    }
    const asked = event.activityTaskScheduledEventAttributes;
    if (asked) scheduled.set(Number(event.eventId), { name: asked.activityId ?? '', from: now });
    const done = event.activityTaskCompletedEventAttributes;
    const activity = done && scheduled.get(Number(done.scheduledEventId));
    if (activity) {
      phases.push({ what: activity.name, ms: now - activity.from });
      counted += now - activity.from;
    }
  }
  return [...phases, { what: 'between them, and the record', ms: last - began - counted }];
}
