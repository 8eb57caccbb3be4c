/** A worker of loops, to be killed: the product's workflows and its loop's activities on a folder; runs are a wait of a second. */
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { createLoopActivities } from '#activities/watch/loop-activities.ts';
import { createLoops } from '#adapters/temporal/loop-port.ts';
import { createFolderStore } from '../conformance/folder-store.ts';
import { quiet, startHarness } from '../workflows/harness.ts';

const [address = '', folder = '', ...pipelines] = process.argv.slice(2);
quiet();
const environment = await TestWorkflowEnvironment.createFromExistingServer({ address });
const loops = createLoops(environment.client);
const activities = createLoopActivities({ store: createFolderStore(folder), loops });
const harness = await startHarness({ environment, activities });
for (const pipeline of pipelines)
  harness.pipeline({ nodes: [{ id: 'work', kind: 'wait', input: { duration: '1s' } }], steps: {} }, pipeline);
process.send?.('ready');
