/** What a pipeline's loop tells of itself. */
import { z } from 'zod';
import { Decision, Reason } from '#contracts/decision.ts';
import { loopStates } from '#contracts/loop/answers.ts';
import { defineOperation } from '../operation.ts';

const StatusAnswer = z.looseObject({
  pipeline: z.string(),
  state: z.enum(loopStates),
  note: z.string(),
  run: z.looseObject({ runId: z.string(), startedAt: z.string() }).nullable(),
  next: z.looseObject({ runId: z.string(), reasons: z.array(Reason) }).nullable(),
  lacking: z.array(z.string()),
  decided: z.number().int(),
});

export const getStatus = defineOperation({
  id: 'getStatus',
  method: 'get',
  path: '/v1/pipelines/{name}/status',
  summary: "The loop's state, and what would make it start a run next",
  access: 'token',
  verb: 'view',
  answers: { 200: { description: 'The state.', schema: StatusAnswer } },
  handle: async ({ pipeline }, { loops }) => {
    // The policy may hold params of runs, and those a secret that does not belong there.
    const { policy: _policy, watch: _watch, ...status } = await loops.status(pipeline);
    return { status: 200, body: status };
  },
});

export const listDecisions = defineOperation({
  id: 'listDecisions',
  method: 'get',
  path: '/v1/pipelines/{name}/decisions',
  summary: 'Why it did or did not start a run, newest first',
  access: 'token',
  verb: 'view',
  query: z.strictObject({
    limit: z.coerce.number().int().min(1).max(100).default(20),
    before: z.coerce.number().int().min(1).max(1e12).optional().meta({ description: 'Those of smaller numbers.' }),
  }),
  answers: {
    200: {
      description: 'Decisions.',
      schema: z.strictObject({ decisions: z.array(Decision), before: z.number().int().nullable() }),
    },
  },
  handle: async ({ pipeline, query }, { loops }) => {
    const decisions = await loops.decisions(pipeline, { limit: query.limit, before: query.before ?? null });
    const last = decisions.at(-1)?.number ?? 1;
    return { status: 200, body: { decisions, before: last > 1 ? last : null } };
  },
});
