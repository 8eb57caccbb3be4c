/** `…/runs`: ask for one, list them, read one. */
import { z } from 'zod';
import { defineOperation, json } from '../operation.ts';
import { Problem } from '../problem.ts';
import type { FoundRun } from '../runs.ts';
import { shortened } from '../webhooks/mapped.ts';
import { IdempotencyHeader, requestId } from './triggers.ts';

const RunBody = z.strictObject({
  reason: z.string().min(1).max(500).meta({ description: 'Why, for the record.' }),
  at: z.iso.datetime({ offset: true }).optional().meta({ description: 'Event time. Default: now.' }),
});
const RunAnswer = z.strictObject({
  outcome: z.enum(['started', 'queued']),
  runId: z.string().nullable().meta({ description: 'The run that was started, or the one that will be.' }),
  queuedBehind: z.string().nullable(),
  href: z.string().nullable(),
});

/** Where a run is read. A run that somebody started by hand, under an id of its own, has none. */
function runHref(pipeline: string, runId: string): string | null {
  const prefix = `run/${pipeline}/`;
  if (!runId.startsWith(prefix)) return null;
  return `/v1/pipelines/${pipeline}/runs/${encodeURIComponent(runId.slice(prefix.length))}`;
}

/** The trigger's part of a run's id. No dots alone between slashes, no backslash: stores turn keys into paths. */
export const RunParams = z.object({
  id: z
    .string()
    .regex(/^[\x21-\x5b\x5d-\x7e]{1,220}$/, 'the id of a run is printable and has no spaces and no backslash')
    .refine((id) => id.split('/').every((part) => part !== '' && part !== '.' && part !== '..'), 'no such id'),
});

export const postRun = defineOperation({
  id: 'postRun',
  method: 'post',
  path: '/v1/pipelines/{name}/runs',
  summary: 'Ask for a run',
  description: 'The loop starts it, queues it behind the one that goes on, or refuses and says why.',
  access: 'token',
  verb: 'run',
  headers: IdempotencyHeader,
  body: { schema: RunBody, types: json, limit: 16 * 1024 },
  answers: {
    201: { description: 'Started.', schema: RunAnswer },
    202: {
      description: 'It comes after the run that goes on, or after a burst of triggers was gathered.',
      schema: RunAnswer,
    },
  },
  handle: async (asked, { loops, now }) => {
    const { pipeline, body, caller } = asked;
    const id = requestId('retrain', asked);
    const at = body.at === undefined ? undefined : new Date(body.at).toISOString();
    if (at !== undefined && Date.parse(at) > now() + 5 * 60_000)
      throw new Problem('stale', `"at" is ${at}, which is more than five minutes ahead of now.`);
    const answer = await loops.retrain(pipeline, {
      id,
      by: shortened(caller.name, 200),
      reason: body.reason,
      source: 'gateway',
      ...(at === undefined ? {} : { at }),
    });
    if (answer.outcome === 'refused')
      throw new Problem('refused', answer.reason, {
        next: `GET /v1/pipelines/${pipeline}/status says what holds it back.`,
      });
    const runId = answer.outcome === 'started' ? answer.runId : answer.nextRunId;
    const href = runHref(pipeline, runId);
    return {
      status: answer.outcome === 'started' ? 201 : 202,
      body: {
        outcome: answer.outcome,
        runId,
        queuedBehind: answer.outcome === 'queued' ? answer.queuedBehind : null,
        href,
      },
      ...(href === null ? {} : { headers: { location: href } }),
      triggers: [id],
    };
  },
});

const ListedRunAnswer = z.strictObject({
  runId: z.string(),
  status: z.string(),
  trigger: z.string().nullable(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  modelVersion: z.string().nullable(),
  why: z.string(),
  href: z.string().nullable(),
});

export const listRuns = defineOperation({
  id: 'listRuns',
  method: 'get',
  path: '/v1/pipelines/{name}/runs',
  summary: 'Runs, the live ones first, then the newest',
  access: 'token',
  verb: 'view',
  query: z.strictObject({ limit: z.coerce.number().int().min(1).max(100).default(20) }),
  answers: { 200: { description: 'Runs.', schema: z.strictObject({ runs: z.array(ListedRunAnswer) }) } },
  handle: async ({ pipeline, query }, { runs }) => {
    const found = await runs.list(pipeline, query.limit);
    return { status: 200, body: { runs: found.map((run) => ({ ...run, href: runHref(pipeline, run.runId) })) } };
  },
});

const RunAnswered = z.looseObject({
  runId: z.string(),
  pipeline: z.string(),
  status: z.string(),
  nodes: z.array(z.looseObject({ id: z.string(), status: z.string() })),
});

export const getRun = defineOperation({
  id: 'getRun',
  method: 'get',
  path: '/v1/pipelines/{name}/runs/{id}',
  summary: 'One run: its progress while it goes on, its result afterwards',
  access: 'token',
  verb: 'view',
  params: RunParams,
  answers: { 200: { description: 'The run.', schema: RunAnswered } },
  handle: async ({ pipeline, params }, { runs }) => {
    const run = await runs.find(`run/${pipeline}/${params.id}`);
    if (!run) throw noRun(pipeline);
    return { status: 200, body: runBody(run) };
  },
});

export const noRun = (pipeline: string) =>
  new Problem('not-found', 'There is no run of this id.', {
    next: `GET /v1/pipelines/${pipeline}/runs lists those there are.`,
  });

export function runBody(run: FoundRun): Record<string, unknown> {
  // Its record is still being written, or never will be: its status tells as well that it is over.
  if (run.kind === 'live')
    return { ...run.progress, live: run.progress.status === 'running' || run.progress.status === 'waiting' };
  const { result, run: context, startedAt, endedAt, failure } = run.record;
  return { ...result, live: false, trigger: context.trigger, asOf: context.asOf, startedAt, endedAt, failure };
}
