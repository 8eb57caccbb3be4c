/**
 * An executor elsewhere: the client of CONTRIBUTING's recipe and an agent in another process, which share no path, against
 * the conformance suite. What passes between the two shows that the port carries no local path.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Executor } from '#ports/executor.ts';
import { ended, eventually, executorConformance, pythonJob } from '../conformance/executor.ts';
import { type ExecutorDouble, startExecutorDouble } from '../conformance/executor-double.ts';
import { createJobStore } from '../conformance/job-store.ts';
import { follow, stepsOf } from '../fixtures/recipes.ts';

/** Below the clone, where the client's imports lead to the product. */
let copy: string;
let AgentExecutor: new (url: string) => Executor;
beforeAll(async () => {
  const below = fileURLToPath(new URL('../../.ratchet/', import.meta.url));
  await mkdir(below, { recursive: true });
  copy = await mkdtemp(join(below, 'executor-'));
  const [client] = stepsOf('Add an executor');
  if (!client) throw new Error('the recipe has no client');
  follow(client, copy);
  ({ AgentExecutor } = await import(pathToFileURL(join(copy, client.file)).href));
});
afterAll(() => rm(copy, { recursive: true, force: true }));

let agent: ExecutorDouble;
executorConformance('an agent elsewhere', async () => {
  agent = await startExecutorDouble();
  return {
    executor: new AgentExecutor(agent.url),
    another: new AgentExecutor(agent.url),
    store: createJobStore(agent.objects),
    kept: agent.folder,
    async dispose() {
      const heard = await agent.heard();
      expect(heard.split('\n').length).toBeGreaterThan(200);
      // Neither the folders of this side, nor its own: a path of one machine is no use on the other.
      for (const folder of ['ratchet-caller-', agent.folder, copy]) expect(heard).not.toContain(folder);
      await agent.close();
    },
  };
});

it('its jobs go on when the agent is killed, and are found by the next one', async () => {
  const other = await startExecutorDouble();
  try {
    const executor = new AgentExecutor(other.url);
    const code = "import time\nprint('up',flush=True)\nwhile True: time.sleep(0.1)";
    const begun = await executor.start(pythonJob('survives', code));
    await eventually(async () => (await executor.log('survives')).text.includes('up'));
    await other.killAndRestart();
    expect(await executor.attach('survives')).toEqual(begun);
    expect(await executor.start(pythonJob('survives', code))).toEqual(begun);
    await executor.stop('survives', 'test over');
    expect(await ended(executor, 'survives')).toMatchObject({ reason: 'stopped', detail: 'test over' });
  } finally {
    await other.close();
  }
});
