/**
 * Before the layers that need servers: one managed Python environment with all of them, made from its lock the first
 * time (a minute) and found again later. Tests learn of it by RATCHET_TEST_PYTHON; set it yourself to use another.
 */

import { join } from 'node:path';
import { ensurePythonEnvironment } from '#stack/python-environment.ts';

export default async function setup(): Promise<void> {
  const root = new URL('../../', import.meta.url).pathname;
  if (!process.env.RATCHET_TEST_PYTHON) {
    const environment = await ensurePythonEnvironment({
      root,
      name: 'test',
      lock: 'test/requirements.lock',
      progress: (line) => console.log(line),
    });
    process.env.RATCHET_TEST_PYTHON = environment.python;
  }
  process.env.RATCHET_TEST_SERVER ??= join(process.env.RATCHET_TEST_PYTHON, '..', 'temporal-test-server');
}
