/** A terminal that follows a run, left by Ctrl-C or by its server: it says that the run goes on, and how to go on with it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTemporal, type TestTemporal } from '../servers/temporal.ts';

let temporal: TestTemporal;
const folder = mkdtempSync(join(tmpdir(), 'ratchet-follow-'));
beforeAll(async () => {
  temporal = await startTemporal();
}, 120_000);
afterAll(async () => {
  await temporal?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function follower() {
  const script = fileURLToPath(new URL('./follow-child.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, temporal.address, folder]);
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const ended = once(child, 'close');
  const runId = `run/nobody/${child.pid}`;
  await expect.poll(() => said, { timeout: 60_000 }).toContain(`started  ${runId}\n`);
  said = '';
  return { child, runId, end: async () => ({ status: await ended, said }) };
}

test('Ctrl-C says that the run goes on, and how to see and to stop it', async () => {
  const { child, runId, end } = await follower();
  child.kill('SIGINT');
  const { status, said } = await end();
  expect(said.trim()).toBe(
    `${runId} goes on without this terminal. See it: ratchet show ${runId}   Stop it: ratchet cancel ${runId}`,
  );
  // As a shell wants it: a script that runs this one ends, too.
  expect(status).toEqual([null, 'SIGINT']);
  const connection = await Connection.connect({ address: temporal.address });
  const { status: now } = await new Client({ connection }).workflow.getHandle(runId).describe();
  await connection.close();
  expect(now.name).toBe('RUNNING');
}, 120_000);

test('a server that goes away is told in one line', async () => {
  const { runId, end } = await follower();
  await temporal.server.stop();
  const { status, said } = await end();
  expect(said.trim().split('\n')).toEqual([
    `✗ Temporal does not answer any more. ${runId} goes on when it is back: ratchet show ${runId}`,
  ]);
  expect(status).toEqual([1, null]);
}, 180_000);
