/** A real MLflow tracking server with data of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';
import { testPython } from './programs.ts';
import { TestServer } from './server.ts';

export interface TestMlflow {
  readonly url: string;
  /** Its data and its log. */
  readonly folder: string;
  readonly server: TestServer;
  /** Ends it and removes its data. */
  close(): Promise<void>;
}

const launcher = fileURLToPath(new URL('../../stack/parts/mlflow_server.py', import.meta.url));

/** Starts one as the embedded stack does, in one process and on a copy of an empty database: a third of the time. */
export async function startMlflow(): Promise<TestMlflow> {
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-mlflow-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = new TestServer({
    command: testPython(),
    args: [
      ...[launcher, 'server', '--workers', '1', '--host', '127.0.0.1', '--port', String(port)],
      ...['--backend-store-uri', 'sqlite:///mlflow.db'],
      ...['--artifacts-destination', join(folder, 'artifacts')],
      ...['--uvicorn-opts', '--timeout-keep-alive 75'],
    ],
    env: {
      ...process.env,
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
      MLFLOW_DISABLE_TELEMETRY: 'true',
      GIT_PYTHON_REFRESH: 'quiet',
      RATCHET_EMPTY_DATABASE: join(dirname(testPython()), '..', 'mlflow-empty.db'),
    },
    cwd: folder,
    log: join(folder, 'log'),
    ready: async () => (await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) })).ok,
  });
  await server.start();
  return {
    url,
    folder,
    server,
    close: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
