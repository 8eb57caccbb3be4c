/** The worker as a process: what it does when servers are missing, and one of its deaths; the others are in effects/worker-deaths. */
import { describe, expect, it } from 'vitest';
import type { RunResult } from '#contracts/run.ts';
import { pipelineOf } from '../fixtures/project.ts';
import { lastWords } from '../fixtures/worker-process.ts';
import { freePort } from '../servers/free-port.ts';
import { gated, noCache, workerScenes } from './worker-scenes.ts';

const { project, stored } = workerScenes();

describe('a worker that cannot start', () => {
  it.concurrent.for([
    [
      'Temporal does not answer',
      async () => ({ TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` }),
      /Temporal does not answer at 127\.0\.0\.1:\d+/,
    ],
  ] as const)('because %s says so in one line and ends', async ([_, more, message], context) => {
    const { worker } = await project(context, pipelineOf('demo', { one: '() => 1' }));
    const refused = worker({ ...(await more()), RATCHET_START_PATIENCE: '2' });
    expect((await refused.ended).code).toBe(1);
    expect(lastWords(refused)).toMatch(message);
    expect(refused.log()).not.toMatch(/ {4}at .*\.ts/);
  });
});

describe('a worker', () => {
  it.concurrent('answers its probes, runs a pipeline, and writes the record', async (context) => {
    const { worker, start } = await project(context, pipelineOf('demo', { one: '() => 1', two: "() => 'b'" }));
    const running = worker();
    const health = await running.ready();
    expect((await fetch(`${health}/livez`)).status).toBe(200);
    expect((await fetch(`${health}/readyz`)).status).toBe(200);
    const handle = await start();
    const result = (await handle.result()) as RunResult;
    expect(result).toMatchObject({ status: 'finished', pipeline: 'demo' });

    const record = await stored(handle.workflowId);
    // Neither waits for the other: they stand in the order in which they ended.
    expect(Object.fromEntries(record.outcomes.map(({ id, output }) => [id, output]))).toEqual({ one: 1, two: 'b' });
    expect(record.outcomes).toHaveLength(2);
    expect(record.run.trigger).toMatchObject({ kind: 'manual', reason: 'started by hand' });
  });

  it.concurrent('killed, is followed by one that finishes the run on the code it started with', async (context) => {
    const text = pipelineOf('demo', { slow: gated('slow'), last: "() => 'old'" }, noCache('slow', 'last'))
      .replace('run(last, {});', 'run(last, {}, { after: [slowRef] });')
      .replace('run(slow, {});', 'const slowRef = run(slow, {});');
    const { demo, worker, start, begun } = await project(context, text);
    const first = worker();
    await first.ready();
    const handle = await start();
    await begun('slow');
    first.signal('SIGKILL');
    await first.ended;
    await demo.write({ 'pipelines/demo/pipeline.ts': text.replace("'old'", "'new'") });
    worker();
    await begun('slow', 2);
    await demo.write({ 'go-slow': '' });
    expect(((await handle.result()) as RunResult).status).toBe('finished');
    const record = await stored(handle.workflowId);
    expect(record.outcomes.find(({ id }) => id === 'last')?.output).toBe('old');
  });

  it.concurrent('tells what is wrong with params, a pipeline or its definition, and does not retry', async (context) => {
    const { worker, start } = await project(context, "throw new Error('not today');");
    await worker().ready();
    const cause = async (name: string) => {
      const handle = await start({}, {}, name);
      return handle.result().then(
        () => null,
        (error: Error & { cause?: Error }) => error.cause?.message,
      );
    };
    expect(await cause('demo')).toMatch(/not today \(pipelines\/demo\/pipeline\.ts:1\)/);
    expect(await cause('nobody')).toMatch(/There is no pipeline "nobody".*there are: demo/);
  });
});
