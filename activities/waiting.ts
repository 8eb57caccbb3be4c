/** Activities of workflows that live for ever. */
import { ApplicationFailure } from '@temporalio/common';
import { UserError } from '#contracts/failures.ts';

/**
 * A loop and a ledger outlive every error: what only a person can mend (credentials, a full disk) is tried until he has, and
 * shown with the activity meanwhile. An activity that gave up would stop them for good.
 */
export function waiting<Asked, Answer>(work: (asked: Asked) => Promise<Answer>): (asked: Asked) => Promise<Answer> {
  return async (asked) => {
    try {
      return await work(asked);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw ApplicationFailure.create({ type: error.type, message: error.message, nonRetryable: false });
    }
  };
}
