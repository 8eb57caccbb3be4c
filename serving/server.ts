/** The feature server on a port of its own: limits on connections and their times, an orderly end. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Logger } from 'pino';
import { UserError } from '#contracts/failures.ts';
import { TokenStore } from '#gateway/access/token-store.ts';
import { BodyBudget } from '#gateway/guard/body.ts';
import { Rate } from '#gateway/guard/rate.ts';
import { type ListenAddress, mayListen } from '#gateway/listen-address.ts';
import { Problem, problemResponse } from '#gateway/problem.ts';
import type { OnlineStore } from '#ports/online-store.ts';
import { createApp } from './app.ts';
import type { Catalogue } from './catalogue.ts';
import { createFigures } from './figures.ts';

export interface FeatureServerSettings {
  /** Project folder, where the tokens are. */
  root: string;
  listen: ListenAddress;
  catalogue: Catalogue;
  /** Stays its owner's: it is not closed here. */
  store: OnlineStore;
  log: Logger;
  /** Requests a second of one caller; default 20,000. Strangers have 50, by address. */
  rate?: number;
  /** See {@link feastJson}; default false. */
  hideExpired?: boolean;
  now?: () => number;
}

export interface RunningFeatureServer {
  url: string;
  /** Takes no more requests, lets those that are under way end; after 10 s ends them too. */
  close(): Promise<void>;
}

const DRAIN_MS = 10_000;
const BODIES = 128 * 1024 * 1024;

/** @throws UserError InvalidInput when it may not listen there, or cannot */
export async function startFeatureServer(settings: FeatureServerSettings): Promise<RunningFeatureServer> {
  const { root, listen, catalogue, store, log, rate = 20_000, hideExpired = false, now = Date.now } = settings;
  const tokens = new TokenStore(root, now);
  mayListen(listen, tokens.live().length);
  let port = listen.port;
  const app = createApp({
    ...{ catalogue, store, tokens, log, hideExpired, now },
    rates: { callers: new Rate(rate), strangers: new Rate(50) },
    budget: new BodyBudget(BODIES, BODIES / 2),
    figures: createFigures(),
    listening: () => ({ port, loopback: listen.loopback }),
  });
  const listener = getRequestListener(app.fetch, {
    overrideGlobalObjects: false,
    errorHandler: (error) => {
      log.info({ err: error }, 'a request that could not be read');
      return problemResponse(new Problem('invalid-request', 'The request cannot be read.'), '-');
    },
  });
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      connectionsCheckingInterval: 2_000,
      keepAliveTimeout: 60_000,
      maxHeaderSize: 16 * 1024,
      requireHostHeader: true,
    },
    (incoming, outgoing) => void listener(incoming, outgoing),
  );
  server.maxConnections = 4_096;
  server.maxHeadersCount = 100;
  server.timeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new UserError(
          'InvalidInput',
          `${listen.host}:${listen.port} cannot be listened on (${error.code}): give another address, or port 0 for a free one.`,
        ),
      ),
    );
    server.listen(listen.port, listen.host, resolve);
  });
  port = (server.address() as AddressInfo).port;
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return {
    url: `http://${host}:${port}`,
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
