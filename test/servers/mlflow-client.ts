/** MLflow's own Python client, for what it sees of what we did, and for what people do with it. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { testPython } from './programs.ts';

export interface MlflowClient {
  /** One call at a time. Throws what Python threw. */
  call<T>(method: string, options: Record<string, unknown>): Promise<T>;
  close(): Promise<void>;
}

const script = fileURLToPath(new URL('./mlflow_client.py', import.meta.url));

export async function startMlflowClient(url: string): Promise<MlflowClient> {
  const child = spawn(testPython(), [script, url], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: 'true', GIT_PYTHON_REFRESH: 'quiet', MLFLOW_TRACKING_URI: url },
  });
  let said = '';
  child.stderr.on('data', (piece: Buffer) => {
    said = (said + piece.toString()).slice(-4_000);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`the client ended: ${said}`);
    return value;
  };
  while ((await next()) !== 'ready');
  return {
    async call<T>(method: string, options: Record<string, unknown>): Promise<T> {
      child.stdin.write(`${JSON.stringify({ call: method, with: options })}\n`);
      // What libraries print is no answer.
      let line = await next();
      while (!line.startsWith('{"')) line = await next();
      const { answer, error } = JSON.parse(line) as { answer: T; error?: string };
      if (error !== undefined) throw new Error(error);
      return answer;
    },
    close: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.stdin.end();
      }),
  };
}
