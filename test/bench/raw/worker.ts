/** The hand-written workflows' worker: a process of its own with a bundle of its own. Reads RATCHET_ROOT. */
import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import { connectWorker } from '#adapters/temporal/connection.ts';
import { connectionSettings } from '#stack/connection-settings.ts';
import { logTemporal, workerLog } from '#workers/log.ts';
import { rawActivities } from './activities.ts';
import { RAW_QUEUE } from './queue.ts';

logTemporal(workerLog());
const settings = connectionSettings(process.env.RATCHET_ROOT ?? process.cwd());
const store = createObjectStore(settings.store);
await store.put('bench/code', 'hand-written');
const { connection, namespace } = await connectWorker(settings.temporal);
const worker = await Worker.create({
  connection,
  namespace,
  taskQueue: RAW_QUEUE,
  workflowsPath: fileURLToPath(new URL('./workflows.ts', import.meta.url)),
  activities: rawActivities(store),
});
process.on('SIGTERM', () => worker.shutdown());
const running = worker.run();
process.send?.('ready');
await running;
await store.close();
process.exit(0);
