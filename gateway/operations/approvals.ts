/** `…/runs/{id}/approvals`: answer what a run waits for. */
import { z } from 'zod';
import { ApproveRequest } from '#contracts/approve-request.ts';
import { defineOperation, json } from '../operation.ts';
import { Problem } from '../problem.ts';
import { noRun, RunParams } from './runs.ts';

const Body = ApproveRequest.omit({ by: true }).extend({
  evidence: z.string().min(1).max(200).meta({
    description:
      'Digest of what you looked at, as the run’s `approvals` have it. If it has changed since, the answer is refused.',
  }),
  node: z.string().min(1).max(300).meta({ description: 'Which approval: its `node`.' }),
});
const Answer = z.strictObject({
  node: z.string(),
  given: z.array(z.string()).meta({ description: 'Who has approved so far.' }),
  quorum: z.number().int().meta({ description: 'How many have to.' }),
});

export const postApproval = defineOperation({
  id: 'postApproval',
  method: 'post',
  path: '/v1/pipelines/{name}/runs/{id}/approvals',
  summary: 'Approve or reject what a run waits for',
  description:
    'Under the name of the token’s owner, whoever the body says. One rejection decides; saying the same twice counts once.',
  access: 'token',
  verb: 'approve',
  params: RunParams,
  body: { schema: Body, types: json, limit: 16 * 1024 },
  answers: { 200: { description: 'It counts.', schema: Answer } },
  handle: async ({ pipeline, params, body, caller }, { runs }) => {
    const { owner } = caller;
    if (owner === undefined)
      throw new Problem('forbidden', 'An approval is given under the name of a token’s owner, and none was shown.', {
        next: `Make one: ratchet tokens create --owner NAME --scope ${pipeline}:approve`,
      });
    const runId = `run/${pipeline}/${params.id}`;
    const run = await runs.find(runId);
    if (!run) throw noRun(pipeline);
    if (run.kind === 'ended') throw new Problem('conflict', `The run has ended as ${run.record.result.status}.`);
    try {
      return { status: 200, body: await runs.approve(runId, { ...body, by: owner }) };
    } catch (error) {
      // What the run itself says against it, in words for whoever asked.
      if (error instanceof Error && 'type' in error && error.type === 'InvalidInput')
        throw new Problem('conflict', error.message, {
          next: `GET /v1/pipelines/${pipeline}/runs/${encodeURIComponent(params.id ?? '')} shows what it waits for now.`,
        });
      throw error;
    }
  },
});
