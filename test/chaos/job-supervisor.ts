/** A supervisor that a test kills: starts the job of argv in the folder of argv, says who it is, and looks after it until its own end. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobSpec } from '#ports/executor.ts';
import { localExecutor } from '../fixtures/local-executor.ts';

const [folder = '', text = ''] = process.argv.slice(2);
const spec = JSON.parse(text) as JobSpec;
const executor = localExecutor(folder);
console.log(JSON.stringify(await executor.start(spec)));
for (;;) {
  await executor.touch(spec.id);
  await sleep(100);
}
