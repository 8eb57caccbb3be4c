/**
 * A test double of a place elsewhere: an agent, a process of its own, that runs jobs for others in its own folder and is spoken
 * to in JSON over HTTP alone. Nobody shares a path with it but the object store's, which stands for S3. The client that
 * speaks to it is that of CONTRIBUTING's recipe. What both sides say is written down, so that a test can look for paths.
 *
 * As a program: `executor-double.ts <own folder> <objects> <port> <heard>`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, createReadStream, mkdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { ArtifactDamaged, UserError } from '#contracts/failures.ts';
import { localExecutor } from '../fixtures/local-executor.ts';
import { freePort } from '../servers/free-port.ts';
import { stagingFrom } from './job-store.ts';

const file = fileURLToPath(import.meta.url);
/** `reap` asks back, and `fetch` answers bytes: the one is the client's, the other is below. */
const calls = [
  'stage',
  'start',
  'attach',
  'touch',
  'stop',
  'holder',
  'take',
  'log',
  'progress',
  'output',
  'checkpoints',
];
const more = ['list', 'release', 'remove'];
/** For looking at jobs alone any Python does, or none. */
const python = process.env.RATCHET_TEST_PYTHON ?? 'python3';

export interface ExecutorDouble {
  url: string;
  /** Its own, at its place. */
  folder: string;
  /** Of the store that both sides reach. */
  objects: string;
  /** All that was said between the two sides, but the bytes of outputs. */
  heard(): Promise<string>;
  /** SIGKILL, and another one in its place. */
  killAndRestart(): Promise<void>;
  close(): Promise<void>;
}

export async function startExecutorDouble(): Promise<ExecutorDouble> {
  const [folder, shared] = await Promise.all(
    ['elsewhere', 'shared'].map((name) => mkdtemp(join(tmpdir(), `ratchet-${name}-`))),
  );
  if (!folder || !shared) throw new Error('no folder');
  const [objects, heard, port] = [join(shared, 'objects'), join(shared, 'heard'), await freePort()];
  const start = async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', file, folder, objects, String(port), heard], {
      env: { ...process.env, RATCHET_TEST_LEAK: 'leaked' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    return child;
  };
  const end = async (child: ChildProcess) => {
    const over = once(child, 'exit');
    child.kill('SIGKILL');
    await over;
  };
  let agent = await start();
  return {
    url: `http://127.0.0.1:${port}`,
    folder,
    objects,
    heard: () => readFile(heard, 'utf8'),
    async killAndRestart() {
      await end(agent);
      agent = await start();
    },
    async close() {
      await end(agent);
      await localExecutor(folder, { python }).reap(async () => 'closed', 0);
      await Promise.all([folder, shared].map((each) => rm(each, { recursive: true, force: true })));
    },
  };
}

async function serve(folder: string, objects: string, port: number, heard: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const executor = localExecutor(folder, { python, staging: stagingFrom(objects, join(folder, 'brought')) });
  const answer = (response: ServerResponse, status: number, value: unknown) => {
    const body = JSON.stringify(value ?? null);
    appendFileSync(heard, `${body}\n`);
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  };
  let fetched = 0;
  const fetchOutput = async (response: ServerResponse, [id = '', name = '']: string[]) => {
    const copy = join(folder, 'sent', String(fetched++));
    const missing = await executor.fetch(id, name, copy);
    if (missing) return answer(response, 404, missing);
    createReadStream(copy).pipe(response);
    await once(response, 'close');
    await rm(copy);
  };
  const server = createServer((request, response) => {
    const method = request.url?.slice(1) ?? '';
    const work = async () => {
      const body = await text(request);
      appendFileSync(heard, `${method} ${body}\n`);
      const args: unknown[] = JSON.parse(body);
      if (method === 'fetch') return fetchOutput(response, args.map(String));
      if (![...calls, ...more].includes(method)) return answer(response, 404, 'no such call');
      const call: (...given: unknown[]) => Promise<unknown> = Reflect.get(executor, method);
      answer(response, 200, await call.apply(executor, args));
    };
    work().catch((error: unknown) => {
      if (!(error instanceof UserError)) return answer(response, 500, String(error));
      const { type, message } = error;
      answer(response, 422, { type, message, ...(error instanceof ArtifactDamaged ? { uri: error.uri } : {}) });
    });
  });
  server.listen(port, '127.0.0.1', () => console.log('ready'));
}

if (process.argv[1] === file) {
  const [folder = '', objects = '', port = '', heard = ''] = process.argv.slice(2);
  await serve(folder, objects, Number(port), heard);
}
