/** `run --wait` without the planning before it: starts a run that no worker takes, and follows it. */
import { connectTemporal } from '#adapters/temporal/connection.ts';
import { reportFailure } from '#cli/kit/failure.ts';
import { createOutput } from '#cli/kit/output.ts';
import { followToEnd } from '#cli/kit/runs/follow.ts';
import { createFolderStore } from '../conformance/folder-store.ts';

const [address = '', folder = ''] = process.argv.slice(2);
const { client, close } = await connectTemporal({ address, namespace: 'default', env: {} });
try {
  const runId = `run/nobody/${process.pid}`;
  const workflow = await client.workflow.start('nobody', {
    workflowId: runId,
    taskQueue: 'nobody',
  });
  const started = { runId, already: false, workflow };
  await followToEnd({ store: createFolderStore(folder) }, started, createOutput(false), true);
} catch (error) {
  process.exitCode = await reportFailure(error, false);
} finally {
  await close();
}
