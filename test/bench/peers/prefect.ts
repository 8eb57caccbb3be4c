/** Prefect with its server: `prefect server start` on SQLite. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePythonEnvironment, environmentVariables } from '#stack/python-environment.ts';
import { freePort } from '../../servers/free-port.ts';
import { TestServer } from '../../servers/server.ts';
import type { Contender } from '../contender.ts';
import { startPeer } from './peer.ts';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export async function startPrefect(root: string): Promise<Contender> {
  const environment = await ensurePythonEnvironment({
    root,
    name: 'bench-prefect',
    lock: here('../requirements-prefect.lock'),
  });
  const home = join(root, 'prefect');
  mkdirSync(home, { recursive: true });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/api`;
  const env = {
    ...environmentVariables(environment),
    PREFECT_HOME: home,
    PREFECT_API_URL: url,
    PREFECT_SERVER_ANALYTICS_ENABLED: 'false',
    DO_NOT_TRACK: '1',
    // The fewer lines it has to send, the faster it is.
    PREFECT_LOGGING_LEVEL: 'ERROR',
    NO_PROXY: '127.0.0.1',
  };
  const server = new TestServer({
    command: join(environment.bin, 'prefect'),
    args: ['server', 'start', '--host', '127.0.0.1', '--port', String(port)],
    env,
    cwd: home,
    log: join(home, 'server.log'),
    ready: async () => (await fetch(`${url}/health`)).ok,
  });
  await server.start();
  try {
    const peer = await startPeer({
      name: 'Prefect',
      executor: 'server on SQLite, ThreadPoolTaskRunner with 16 threads',
      python: environment.python,
      script: here('./prefect_bench.py'),
      cwd: home,
      env,
      log: join(home, 'log'),
    });
    return {
      ...peer,
      close: async () => {
        await peer.close();
        await server.stop();
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
