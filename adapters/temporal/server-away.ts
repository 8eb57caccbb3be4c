import { isGrpcServiceError } from '@temporalio/client';

/** gRPC's codes for a server that is not there, or does not come to an answer. */
const away = new Set([4 /* DEADLINE_EXCEEDED */, 14 /* UNAVAILABLE */]);

/** Whether a request failed because the server does not answer, rather than by its answer. */
export function serverIsAway(error: unknown): error is Error {
  for (let each = error; each instanceof Error; each = each.cause)
    if (isGrpcServiceError(each) && away.has((each as { code?: number }).code ?? 0)) return true;
  return false;
}
