import { isGrpcServiceError, NamespaceNotFoundError } from '@temporalio/client';
import type { FailureType } from '#contracts/failures.ts';
import { searchAttributes } from '#contracts/names.ts';
import { serverIsAway } from './server-away.ts';

/** gRPC's codes for who asks: not known, or not allowed. */
const notAllowed = new Set([7 /* PERMISSION_DENIED */, 16 /* UNAUTHENTICATED */]);

/**
 * What a refusal of Temporal's means to whoever asked, and what to do next: the client's own message is the name of the call
 * ("Failed to start Workflow"), and the reason is below it. Null for what is no answer of Temporal's.
 */
export function serverAnswer(error: unknown): { type: FailureType; message: string } | null {
  if (error instanceof NamespaceNotFoundError)
    return {
      type: 'OutsideRefused',
      message: `This Temporal has no namespace ${error.namespace}: name another one in TEMPORAL_NAMESPACE, or create it with \`temporal operator namespace create\`.`,
    };
  let answer = error;
  while (answer instanceof Error && !isGrpcServiceError(answer)) answer = answer.cause;
  if (!(answer instanceof Error) || !isGrpcServiceError(answer)) return null;
  const { code, details } = answer;
  const said = details || answer.message;
  if (serverIsAway(answer))
    return {
      type: 'OutsideUnreachable',
      message: `Temporal does not answer (${said}): see whether it runs (\`ratchet dev\` starts one), then ask again.`,
    };
  const attribute = Object.keys(searchAttributes).find((name) => said.includes(name));
  if (attribute)
    return {
      type: 'OutsideRefused',
      message:
        `This Temporal does not know the search attribute ${attribute} (${said}): start a worker, which registers those that ` +
        `are missing, or let who may do it run \`temporal operator search-attribute create\` for ${Object.keys(searchAttributes).join(', ')}, each of type Keyword.`,
    };
  if (notAllowed.has(code))
    return {
      type: 'OutsideRefused',
      message: `Temporal does not allow it (${said}): see the namespace, the API key and the certificate of this client.`,
    };
  return { type: 'OutsideRefused', message: `Temporal refuses it: ${said}.` };
}
