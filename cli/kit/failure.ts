/** The one place where an error becomes words and an exit code. */

import type { z } from 'zod';
import { type FailureType, failureTypes } from '#contracts/failures.ts';
import pc from './color.ts';
import { exitCode } from './exit-codes.ts';
import { createOutput } from './output.ts';

const wrongUse = new Set<string>(['InvalidInput', 'InvalidPipeline', 'DataInvalid']);

/**
 * Prints the message that states the value, the limit and the next step; a stack only for what is a defect of ours,
 * and then only with RATCHET_DEBUG=1. Gives the exit code.
 */
export async function reportFailure(error: unknown, json: boolean): Promise<number> {
  const { type, message, code } = await failureOf(error);
  const out = createOutput(json);
  out.object(failureObject(type, message));
  if (!json) {
    out.note(`${pc.red('✗')} ${message}`);
    if (type === 'Unexpected')
      out.note(
        process.env.RATCHET_DEBUG
          ? `${error instanceof Error ? error.stack : ''}`
          : pc.dim('RATCHET_DEBUG=1 shows where it came from.'),
      );
  }
  return code;
}

/** For a verb that has more to say in its one JSON object than what went wrong. */
export async function failureOf(
  error: unknown,
): Promise<{ type: FailureType | 'Unexpected'; message: string; code: number }> {
  const { type, message } = await inWords(error);
  return { type, message, code: wrongUse.has(type) ? exitCode.usage : exitCode.failed };
}

const issueLines = ({ issues }: z.core.$ZodError) =>
  issues
    .slice(0, 5)
    .map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '))
    .join('; ');

/** The dump of a schema is for no reader, wherever it comes from: what it says of the value, in one sentence. */
async function inWords(error: unknown): Promise<{ type: FailureType | 'Unexpected'; message: string }> {
  const message = error instanceof Error ? error.message : String(error);
  const type = failureType(error);
  if (type) return { type, message };
  const { z } = await import('zod');
  if (error instanceof z.core.$ZodError)
    return { type: 'InvalidInput', message: `what was read does not fit: ${issueLines(error)}.` };
  // Temporal's client takes longer to load than most commands to do: only what may come from it asks for it.
  const { serverAnswer } = await import('#adapters/temporal/server-answer.ts');
  return serverAnswer(error) ?? { type: 'Unexpected', message };
}

/** What --json prints of whatever went wrong. */
export const failureObject = (type: FailureType | 'Unexpected', message: string) => ({ error: { type, message } });

/** Ours by its type, thrown here or by a workflow on the other side. */
function failureType(error: unknown): FailureType | undefined {
  const type = error instanceof Error && 'type' in error ? error.type : undefined;
  return failureTypes.find((one) => one === type);
}
