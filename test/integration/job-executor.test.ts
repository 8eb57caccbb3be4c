/** The local executor against the conformance suite. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalExecutor } from '#adapters/process/local-executor.ts';
import { executorConformance } from '../conformance/executor.ts';

const python = process.env.RATCHET_TEST_PYTHON ?? 'python3';

executorConformance('local processes', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'ratchet-jobs-'));
  const kept = join(cwd, 'jobs');
  const environment = { ...process.env, RATCHET_TEST_LEAK: 'leaked' };
  const executor = new LocalExecutor({
    root: kept,
    python,
    trainers: join(import.meta.dirname, '../../trainers'),
    environment,
  });
  return {
    executor,
    python,
    cwd,
    kept,
    async dispose() {
      await executor.reap(async () => 'closed', 0);
      await rm(cwd, { recursive: true, force: true });
    },
  };
});
