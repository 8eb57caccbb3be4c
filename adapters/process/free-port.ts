import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

const loopback = '127.0.0.1';

/** Whether a server could listen on this port of the loopback address now. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = await listen(port);
  if (server) await close(server);
  return server !== undefined;
}

/**
 * One free loopback port a wish: the first of the wished ports that is free, else any.
 * All are held open until the last is chosen, so that no two answers are equal. Nothing keeps another program from
 * taking a port between this answer and its use: who listens must be ready to ask again.
 */
export async function choosePorts(wishes: readonly (readonly number[])[]): Promise<number[]> {
  const held: Server[] = [];
  try {
    for (const wish of wishes) held.push(await firstFree(wish));
    return held.map(portOf);
  } finally {
    await Promise.all(held.map(close));
  }
}

async function firstFree(wish: readonly number[]): Promise<Server> {
  for (const port of wish) {
    const server = await listen(port);
    if (server) return server;
  }
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const server = await listen(randomInt(...neverPicked));
    if (server) return server;
  }
  const server = await listen(0);
  if (!server) throw new Error('the system has no free port on the loopback address');
  return server;
}

/** Below those that systems pick for connections and for servers without a wish, one of which would soon be taken again. */
const neverPicked = [20_000, 32_768] as const;

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: loopback, exclusive: true }, () => resolve(server));
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  return address.port;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
