/** An embedded Temporal whose database is older than the search attributes it should know. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { expect, it } from 'vitest';
import { connectTemporal } from '#adapters/temporal/connection.ts';
import { serverAnswer } from '#adapters/temporal/server-answer.ts';
import { startRun } from '#adapters/temporal/start-run.ts';
import { searchAttributes } from '#contracts/names.ts';
import { chooseStackPorts } from '#stack/part-ports.ts';
import type { PartContext } from '#stack/parts/part.ts';
import { temporal } from '#stack/parts/temporal.ts';
import { testProgram } from '../servers/programs.ts';

it('search attributes that came later are missed in words, then added to an old database, whatever the user set for other servers', async () => {
  const data = mkdtempSync(join(tmpdir(), 'ratchet-temporal-'));
  const { temporal: ports = {} } = await chooseStackPorts([temporal], {});
  const context: PartContext = {
    data,
    ports,
    bin: dirname(testProgram('temporal')),
    variables: { ...process.env, TEMPORAL_TLS: 'true', TEMPORAL_NAMESPACE: 'another' },
    credentials: { accessKeyId: 'unused', secretAccessKey: 'unused-here' },
  };
  const { file, args, env } = temporal.command(context);
  const old = args.filter((arg, index) => arg !== '--search-attribute' && args[index - 1] !== '--search-attribute');
  const server = spawn(file, old, { cwd: data, env, stdio: 'ignore' });
  try {
    const healthy = () => temporal.isHealthy(context, AbortSignal.timeout(1000)).catch(() => false);
    await expect.poll(healthy, { timeout: 120_000 }).toBe(true);
    const connection = await Connection.connect({ address: `127.0.0.1:${ports.grpc}` });
    const answer = async (client: Client) =>
      serverAnswer(await startRun(client, { pipeline: 'churn' }).catch((error: unknown) => error));
    // A server that has only just begun may not know its own namespace yet.
    await expect
      .poll(() => answer(new Client({ connection })), { timeout: 60_000 })
      .toEqual({
        type: 'OutsideRefused',
        message: expect.stringMatching(/search attribute RatchetPipeline .*start a worker.*search-attribute create/),
      });
    const elsewhere = new Client({ connection, namespace: 'nowhere' });
    expect(await answer(elsewhere)).toEqual({
      type: 'OutsideRefused',
      message: expect.stringMatching(/nowhere/),
    });
    await temporal.settle(context);
    await temporal.settle(context);
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
    await connection.close();
    expect(Object.keys(customAttributes).sort()).toEqual(Object.keys(searchAttributes).sort());

    // A connection that is closed while requests wait for the server to be back: they fail, and nothing is thrown out of a timer.
    const outlived = await connectTemporal({ address: `127.0.0.1:${ports.grpc}`, env: {} });
    server.kill('SIGKILL');
    await once(server, 'exit');
    const waiting = Array.from({ length: 5 }, (_, i) => outlived.client.workflow.getHandle(`w${i}`).describe());
    const ended = Promise.allSettled(waiting);
    await pause(400);
    await outlived.close();
    expect((await ended).map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
    // Longer than the longest wait between two tries.
    await pause(1_500);
  } finally {
    if (server.exitCode === null && server.signalCode === null) {
      server.kill('SIGKILL');
      await once(server, 'exit');
    }
    rmSync(data, { recursive: true, force: true });
  }
});
