/**
 * The newest rows of a view's source into the online store, some files at a time. What was read is remembered by the store itself,
 * so that nothing here has to be: a part that is repeated finds what it did, and two of these at once do the same twice.
 */
import { ApplicationFailure } from '@temporalio/common';
import { continueAsNew, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import { HEARTBEAT_TIMEOUT_MS } from '#contracts/heartbeat.ts';
import type {
  MaterializeActivities,
  MaterializeCounts,
  MaterializePart,
  MaterializeProgress,
  MaterializeRequest,
} from '#contracts/materialize.ts';
import { materializeProgressQuery } from '#contracts/messages.ts';

const activities = proxyActivities<MaterializeActivities>({
  startToCloseTimeout: '12h',
  // A store that is away is waited for.
  scheduleToCloseTimeout: '24h',
  heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
});

export async function materialize(
  request: MaterializeRequest,
  before: MaterializeProgress | null = null,
): Promise<MaterializeProgress> {
  if (!request?.view || !request.definitions)
    throw ApplicationFailure.nonRetryable('materialize needs { view, definitions }', 'InvalidInput');
  let progress = before ?? begun();
  setHandler(materializeProgressQuery, () => progress);
  for (;;) {
    const part = await activities.materializeFiles({ ...request, after: progress.after });
    progress = added(progress, part);
    if (part.after === null || part.left === 0) break;
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof materialize>(request, progress);
  }
  // A stretch of time is not all that there is.
  if (request.from === null && request.to === null)
    await activities.materialized({ ...request, startedAt: progress.startedAt });
  return progress;
}

const nothing: MaterializeCounts = {
  ...{ files: 0, bytes: 0, rows: 0, written: 0, older: 0, events: 0 },
  ...{ withoutKey: 0, withoutTime: 0, outside: 0, ahead: 0 },
};

const begun = (): MaterializeProgress => ({
  ...{ startedAt: new Date().toISOString(), left: 0, unchanged: 0, after: null },
  ...nothing,
});

function added(progress: MaterializeProgress, part: MaterializePart): MaterializeProgress {
  const names = Object.keys(nothing) as (keyof MaterializeCounts)[];
  // A part of an earlier version tells fewer.
  const sums = Object.fromEntries(names.map((name) => [name, progress[name] + (part[name] ?? 0)]));
  // Those that an earlier part read are found unchanged by the next one.
  const unchanged = progress.files > 0 || progress.after !== null ? progress.unchanged : part.unchanged;
  return { ...progress, ...sums, left: part.left, unchanged, after: part.after ?? progress.after };
}
