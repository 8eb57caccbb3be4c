/** An app behind a port: limits on connections and their times, requests that cannot be read, an orderly end. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { Logger } from 'pino';
import { UserError } from '#contracts/failures.ts';
import type { ListenAddress } from '../listen-address.ts';
import { Problem, problemResponse } from '../problem.ts';

export interface HttpServerSettings {
  readonly listen: ListenAddress;
  readonly log: Logger;
  readonly connections: number;
  /** Clients keep connections for longer than a few seconds, and one that sends while this end closes is told of a reset. */
  readonly keepAliveMs: number;
  /** Nothing moved either way for so long: a reader that does not read. */
  readonly idleMs: number;
}

export interface HttpServer {
  readonly url: string;
  readonly port: number;
  /** Takes no more requests, lets those that are under way end; after 10 s ends them too. */
  close(): Promise<void>;
}

const DRAIN_MS = 10_000;

/** @throws UserError InvalidInput when it cannot listen there */
export async function startHttpServer(
  fetch: Parameters<typeof getRequestListener>[0],
  { listen, log, connections, keepAliveMs, idleMs }: HttpServerSettings,
): Promise<HttpServer> {
  const listener = getRequestListener(fetch, {
    overrideGlobalObjects: false,
    errorHandler: (error) => unreadable(error, log),
  });
  const server = createServer(
    {
      // A slow sender is cut off; so is whoever opens connections and says nothing.
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      connectionsCheckingInterval: 2_000,
      keepAliveTimeout: keepAliveMs,
      maxHeaderSize: 16 * 1024,
      requireHostHeader: true,
    },
    (incoming, outgoing) => void listener(incoming, outgoing),
  );
  server.maxConnections = connections;
  server.maxHeadersCount = 100;
  server.timeout = idleMs;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(error, listen)));
    server.listen(listen.port, listen.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return {
    url: `http://${host}:${port}`,
    port,
    close: async () => {
      const patience = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      });
      clearTimeout(patience);
    },
  };
}

/** A request whose address is none never reaches the app: a backslash in its path, a host that is no name. */
function unreadable(error: unknown, log: Logger): Response {
  const request = randomUUID();
  const ours = !(error instanceof RequestError);
  log[ours ? 'error' : 'info']({ err: error, request }, 'a request that could not be read');
  const problem = ours
    ? new Problem('defect', 'The request could not be answered. The log of the server has the reason.')
    : new Problem('invalid-request', `The address of the request cannot be read: ${error.message}.`, {
        next: 'Percent-encode what stands in the path, and name the host that you ask.',
      });
  const response = problemResponse(problem, request);
  response.headers.set('x-request-id', request);
  return response;
}

function cannotListen(error: NodeJS.ErrnoException, { host, port }: ListenAddress): Error {
  if (error.code === 'EADDRINUSE')
    return new UserError(
      'InvalidInput',
      `Port ${port} on ${host} is taken: give another one with --listen, or 0 for a free one.`,
    );
  if (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new UserError(
      'InvalidInput',
      `${host}:${port} cannot be listened on (${error.code}): give another address with --listen.`,
    );
  return error;
}
