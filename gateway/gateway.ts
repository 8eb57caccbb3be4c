/** The gateway as a server: limits on connections and their times, a port that is known, an orderly end. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { Logger } from 'pino';
import { UserError } from '#contracts/failures.ts';
import { Audit } from './access/audit.ts';
import { webhookSecrets } from './access/secrets.ts';
import { TokenStore } from './access/token-store.ts';
import { createApp } from './app.ts';
import { BodyBudget } from './guard/body.ts';
import { Nonces } from './guard/nonces.ts';
import { Rate } from './guard/rate.ts';
import { type ListenAddress, mayListen } from './listen-address.ts';
import type { Loops } from './loops.ts';
import { Problem, problemResponse } from './problem.ts';
import type { Runs } from './runs.ts';

export interface GatewaySettings {
  /** Project folder. */
  root: string;
  listen: ListenAddress;
  loops: Loops;
  runs: Runs;
  log: Logger;
  version: string;
  /** Requests a second of one caller; default 100. Strangers have half of it, by address. */
  rate?: number;
  /** Read for RATCHET_GITHUB_SECRET and RATCHET_WEBHOOK_SECRET; default process.env. */
  env?: NodeJS.ProcessEnv;
  now?: () => number;
}

export interface RunningGateway {
  url: string;
  /** Takes no more requests, ends streams, lets the others end; after 10 s ends them too. */
  close(): Promise<void>;
}

const DRAIN_MS = 10_000;
/** Bytes of all bodies at once, of those who have a token and again of those who sign; a quarter of it for each of them. */
const BODIES = 64 * 1024 * 1024;

/** @throws UserError InvalidInput when it may not listen there or cannot; when a secret cannot be read. */
export async function startGateway(settings: GatewaySettings): Promise<RunningGateway> {
  const { root, listen, loops, runs, log, version, rate = 100, env = process.env, now = Date.now } = settings;
  const tokens = new TokenStore(root, now);
  mayListen(listen, tokens.live().length);
  const closing = new AbortController();
  let port = listen.port;
  const warn = (words: string) => log.warn(words);
  const app = createApp({
    guards: {
      tokens,
      loopback: listen.loopback,
      rates: { callers: new Rate(rate), strangers: new Rate(Math.max(1, Math.ceil(rate / 2))) },
      budgets: { callers: new BodyBudget(BODIES, BODIES / 4), strangers: new BodyBudget(BODIES, BODIES / 4) },
      nonces: new Nonces(join(root, '.ratchet', 'gateway', 'nonces'), now),
      secrets: {
        github: webhookSecrets('RATCHET_GITHUB_SECRET', 'raw', env, warn),
        webhook: webhookSecrets('RATCHET_WEBHOOK_SECRET', 'standard', env, warn),
      },
    },
    services: { loops, runs, now, closing: closing.signal },
    audit: new Audit(root, now),
    log,
    version,
    listening: () => ({ port, loopback: listen.loopback }),
  });
  const listener = getRequestListener(app.fetch, {
    overrideGlobalObjects: false,
    errorHandler: (error) => unreadable(error, log),
  });
  const server = createServer(
    {
      // A slow sender is cut off; so is whoever opens connections and says nothing.
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      connectionsCheckingInterval: 2_000,
      // Clients keep connections for longer than a few seconds, and one that sends while this end closes is told of a reset.
      keepAliveTimeout: 30_000,
      maxHeaderSize: 16 * 1024,
      requireHostHeader: true,
    },
    (incoming, outgoing) => void listener(incoming, outgoing),
  );
  server.maxConnections = 1_024;
  server.maxHeadersCount = 100;
  // Nothing moved either way for so long: a reader that does not read. Streams say something every 15 s.
  server.timeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(error, listen)));
    server.listen(listen.port, listen.host, resolve);
  });
  port = (server.address() as AddressInfo).port;
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return {
    url: `http://${host}:${port}`,
    close: async () => {
      closing.abort();
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
    ? new Problem('defect', 'The request could not be answered. The log of the gateway has the reason.')
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
