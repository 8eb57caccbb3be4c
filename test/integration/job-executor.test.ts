/** The local executor against the conformance suite. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { executorConformance } from '../conformance/executor.ts';
import { createJobStore, stagingFrom } from '../conformance/job-store.ts';
import { localExecutor } from '../fixtures/local-executor.ts';

executorConformance('local processes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ratchet-jobs-'));
  const objects = join(folder, 'objects');
  const environment = { ...process.env, RATCHET_TEST_LEAK: 'leaked' };
  const make = () => localExecutor(folder, { environment, staging: stagingFrom(objects, join(folder, 'brought')) });
  const executor = make();
  return {
    executor,
    another: make(),
    store: createJobStore(objects),
    kept: folder,
    async dispose() {
      await executor.reap(async () => 'closed', 0);
      await rm(folder, { recursive: true, force: true });
    },
  };
});
