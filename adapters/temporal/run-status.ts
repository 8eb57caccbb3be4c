/** How a run stands, by its workflow's status. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { UserError } from '#contracts/failures.ts';
import { serverAnswer } from './server-answer.ts';

/** `unknown`: this server has not heard of it, or has forgotten it. `badly`: it failed, was cancelled or ended by force. */
export type RunEnd = 'open' | 'well' | 'badly' | 'unknown';

/** @throws UserError OutsideUnreachable, OutsideRefused */
export async function runEnd(client: Client, run: string): Promise<RunEnd> {
  try {
    const { status } = await client.workflow.getHandle(run).describe();
    if (status.name === 'RUNNING' || status.name === 'CONTINUED_AS_NEW') return 'open';
    return status.name === 'COMPLETED' ? 'well' : 'badly';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'unknown';
    const answer = serverAnswer(error);
    throw answer ? new UserError(answer.type, answer.message, { cause: error }) : error;
  }
}
