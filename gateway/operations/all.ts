import type { Operation } from '../operation.ts';
import { postApproval } from './approvals.ts';
import { getStatus, listDecisions } from './loop.ts';
import { runEvents } from './run-events.ts';
import { getRun, listRuns, postRun } from './runs.ts';
import { postLabels, postTrigger } from './triggers.ts';
import { alertmanagerWebhook, cloudEventsWebhook, githubWebhook, s3Webhook } from './webhooks.ts';

/** Everything that can be asked of the gateway, in the order of its document. */
export const operations: readonly Operation[] = [
  ...[postRun, listRuns, getRun, runEvents, postApproval],
  ...[postTrigger, postLabels, getStatus, listDecisions],
  ...[githubWebhook, alertmanagerWebhook, s3Webhook, cloudEventsWebhook],
];
