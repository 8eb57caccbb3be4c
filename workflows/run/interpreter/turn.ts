import { condition } from '@temporalio/workflow';

/**
 * Kept when all that follows from what the workflow was just told has been done: the SDK asks conditions then. Costs no
 * command, and comes at the same point in a replay.
 */
export async function endOfTurn(): Promise<void> {
  let asked = false;
  await condition(() => {
    const again = asked;
    asked = true;
    return again;
  });
}
