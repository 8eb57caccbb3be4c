/** A supervisor that a test kills: starts the job of argv, says who it is, and looks after it until its own end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalExecutor, type LocalExecutorOptions } from '#adapters/process/local-executor.ts';
import type { JobSpec } from '#ports/executor.ts';

const [options, spec] = process.argv.slice(2).map((text) => JSON.parse(text)) as [LocalExecutorOptions, JobSpec];
const executor = new LocalExecutor(options);
console.log(JSON.stringify(await executor.start(spec)));
for (;;) {
  await executor.touch(spec.id);
  await sleep(100);
}
