import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answers, loopback, type Part, portOf, withoutSettings } from './part.ts';

const launcher = fileURLToPath(new URL('./mlflow_server.py', import.meta.url));

/** MLflow's tracking server and registry on SQLite; artifacts pass through it into a local folder. */
export const mlflow: Part = {
  name: 'mlflow',
  version: '3.17.2',
  ports: [{ name: 'http', setting: 'RATCHET_MLFLOW_PORT', usual: 5000 }],
  // The first start makes the database and compiles what it imports: 12 s here, far more on a loaded laptop.
  startSeconds: 240,
  prepare: async ({ data }) => {
    await mkdir(join(data, 'artifacts'), { recursive: true });
  },
  command: (context) => ({
    file: join(context.bin, 'python'),
    env: {
      ...withoutSettings(context.variables, /^_?MLFLOW_/),
      // Its job runners are 14 processes that nothing of ours uses; its usage reports leave the machine.
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
      MLFLOW_DISABLE_TELEMETRY: 'true',
      RATCHET_EMPTY_DATABASE: join(context.bin, '..', 'mlflow-empty.db'),
    },
    cwd: context.data,
    args: [
      ...[launcher, 'server', '--workers', '1', '--host', loopback, '--port', String(portOf(context, 'http'))],
      ...['--backend-store-uri', 'sqlite:///mlflow.db'],
      ...['--serve-artifacts', '--artifacts-destination', join(context.data, 'artifacts')],
      // It closes idle connections after 5 s otherwise, and a client on a busy machine sends its next request on one just then.
      ...['--uvicorn-opts', '--no-access-log --timeout-keep-alive 75'],
    ],
  }),
  isHealthy: (context, signal) => answers(`http://${loopback}:${portOf(context, 'http')}/health`, signal),
  settle: async () => {},
  addresses: ({ ports }) => ({ mlflowUrl: `http://${loopback}:${ports.http}` }),
};
