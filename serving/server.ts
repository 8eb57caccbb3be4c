/** The feature server on a port of its own. */
import type { Logger } from 'pino';
import { TokenStore } from '#gateway/access/token-store.ts';
import { BodyBudget } from '#gateway/guard/body.ts';
import { type HttpServer, startHttpServer } from '#gateway/guard/http-server.ts';
import { Rate } from '#gateway/guard/rate.ts';
import { type ListenAddress, mayListen } from '#gateway/listen-address.ts';
import type { OnlineStore } from '#ports/online-store.ts';
import { createApp } from './app.ts';
import type { Catalogue } from './catalogue.ts';
import { createFigures } from './figures.ts';
import { materializedViews } from './materialized.ts';
import type { ServiceOfModel } from './model-services.ts';
import { createSamples, type SampleSettings } from './samples.ts';

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
  /** Where some of what is served is kept, to be held against history; default: nowhere. */
  samples?: Omit<SampleSettings, 'told'>;
  /** Which service a version of a model was trained with: `NAME@champion` is read so; default: no model is known. */
  serviceOf?: ServiceOfModel;
  now?: () => number;
}

const BODIES = 128 * 1024 * 1024;

/** @throws UserError InvalidInput when it may not listen there, or cannot */
export async function startFeatureServer(settings: FeatureServerSettings): Promise<HttpServer> {
  const { root, listen, catalogue, store, log, rate = 20_000, hideExpired = false, now = Date.now } = settings;
  const tokens = new TokenStore(root, now);
  mayListen(listen, tokens.live().length);
  let port = listen.port;
  const figures = createFigures(() => materializedViews([...catalogue.views.keys()], store).catch(() => new Map()));
  const samples =
    settings.samples === undefined
      ? null
      : createSamples({
          ...settings.samples,
          told: (outcome, vectors, cause) => {
            figures.sampled(outcome, vectors);
            if (outcome === 'failed') log.warn({ vectors, cause: String(cause) }, 'sampled vectors were not written');
          },
        });
  const app = createApp({
    ...{ catalogue, store, tokens, log, hideExpired, now, samples, figures, serviceOf: settings.serviceOf ?? null },
    rates: { callers: new Rate(rate), strangers: new Rate(50) },
    budget: new BodyBudget(BODIES, BODIES / 2),
    listening: () => ({ port, loopback: listen.loopback }),
  });
  const server = await startHttpServer(app.fetch, {
    ...{ listen, log, connections: 4_096, keepAliveMs: 60_000, idleMs: 120_000 },
  });
  port = server.port;
  return {
    ...server,
    close: async () => {
      await server.close();
      await samples?.close();
    },
  };
}
