/** Local activities: short questions to the worker itself, recorded in the history without a queue between. */

import type { ActivityInterfaceFor, UntypedActivities } from '@temporalio/workflow';
import { proxyLocalActivities } from '@temporalio/workflow';

/**
 * For planning. What it does has limits of its own, all below two minutes; the rest is waiting behind other plans, of which a
 * machine makes a few at once, and a thousand runs may start together.
 */
export const PLANNING = '1h';

/**
 * Proxies the local activities `A`. Retried without end: an object store or MLflow that cannot be reached is waited for;
 * what retrying will not mend the worker throws as non-retryable.
 */
export function askWorker<A = UntypedActivities>(startToCloseTimeout: '2m' | '1h' = '2m'): ActivityInterfaceFor<A> {
  return proxyLocalActivities<A>({
    // Each attempt has it anew.
    startToCloseTimeout,
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' },
  });
}
