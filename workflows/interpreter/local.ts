/** Local activities: short questions to the worker itself, recorded in the history without a queue between. */

import type { ActivityInterfaceFor, UntypedActivities } from '@temporalio/workflow';
import { proxyLocalActivities } from '@temporalio/workflow';

/**
 * Proxies the local activities `A`. Retried without end: an object store or MLflow that cannot be reached is waited for;
 * what retrying will not mend the worker throws as non-retryable.
 */
export function askWorker<A = UntypedActivities>(): ActivityInterfaceFor<A> {
  return proxyLocalActivities<A>({
    // Enough for a step host to start and a graph to be planned; each attempt has it anew.
    startToCloseTimeout: '2m',
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' },
  });
}
