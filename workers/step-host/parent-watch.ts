/**
 * Ends this process when its parent is gone, also while a step blocks the event loop: then the closing of the channel
 * is never heard, and a step without end would burn a core for ever.
 */
import { Worker } from 'node:worker_threads';

const watch = `
const { workerData: parent } = require('node:worker_threads');
setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL'); }, 1000);
`;

export function watchParent(): void {
  const limits = { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 };
  const worker = new Worker(watch, {
    eval: true,
    workerData: process.ppid,
    resourceLimits: limits,
    stdin: false,
    env: {},
  });
  worker.unref();
  worker.on('error', () => {});
}
