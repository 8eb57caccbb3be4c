/** A Temporal of the test's own whose connection is closed after the last repetition that waits, as ours are. */
import { type ConnectionOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import type { LocalTestWorkflowEnvironmentOptions, TestWorkflowEnvironment } from '@temporalio/testing';
import { endableRetries } from '#adapters/temporal/endable-retries.ts';

type Plugins = NonNullable<LocalTestWorkflowEnvironmentOptions['plugins']>;

/** @param start makes the environment with these plugins */
export async function endable(
  start: (plugins: Plugins) => Promise<TestWorkflowEnvironment>,
): Promise<TestWorkflowEnvironment> {
  const retries = endableRetries();
  const environment = await start([
    {
      name: 'endable retries',
      configureConnection: (options: ConnectionOptions) => ({
        ...options,
        interceptors: [...(options.interceptors ?? []), makeGrpcRetryInterceptor(retries.options)],
      }),
    },
  ]);
  const teardown = environment.teardown.bind(environment);
  environment.teardown = async () => {
    await retries.end();
    await teardown();
  };
  return environment;
}
