/** A worker of ledgers that a test kills: of Temporal at argv[2], with MLflow at argv[3]. */
import { NativeConnection } from '@temporalio/worker';
import { modelWorker } from '../integration/model-world.ts';

const [, , address = '', url = ''] = process.argv;
await modelWorker(await NativeConnection.connect({ address }), url);
console.log('ready');
