/** The gateway as a server: who may ask, what it keeps for that, and a port that is known. */
import { join } from 'node:path';
import type { Logger } from 'pino';
import { Audit } from './access/audit.ts';
import { webhookSecrets } from './access/secrets.ts';
import { TokenStore } from './access/token-store.ts';
import { createApp } from './app.ts';
import { BodyBudget } from './guard/body.ts';
import { startHttpServer } from './guard/http-server.ts';
import { Nonces } from './guard/nonces.ts';
import { Rate } from './guard/rate.ts';
import { type ListenAddress, mayListen } from './listen-address.ts';
import type { Loops } from './loops.ts';
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
  const server = await startHttpServer(app.fetch, {
    ...{ listen, log, connections: 1_024, keepAliveMs: 30_000 },
    // Streams say something every 15 s.
    idleMs: 60_000,
  });
  port = server.port;
  return {
    url: server.url,
    close: () => {
      closing.abort();
      return server.close();
    },
  };
}
