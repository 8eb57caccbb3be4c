/** A real Temporal development server with data of its own, run as the embedded stack runs it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { freePort } from './free-port.ts';
import { testProgram } from './programs.ts';
import { TestServer } from './server.ts';

export interface TestTemporal {
  readonly address: string;
  readonly server: TestServer;
  /** Ends it and removes its data. */
  close(): Promise<void>;
}

export async function startTemporal(): Promise<TestTemporal> {
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-temporal-'));
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const server = new TestServer({
    command: testProgram('temporal'),
    args: [
      ...['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port)],
      ...['--db-filename', join(folder, 'temporal.db'), '--log-level', 'error'],
      ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal'],
      ...['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=2000'],
    ],
    env: { ...process.env, HOME: folder },
    cwd: folder,
    log: join(folder, 'log'),
    ready: async () => {
      const connection = await Connection.connect({ address, connectTimeout: 1_000 });
      try {
        await connection.workflowService.describeNamespace({ namespace: 'default' });
        return true;
      } finally {
        await connection.close();
      }
    },
  });
  await server.start();
  return {
    address,
    server,
    close: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
