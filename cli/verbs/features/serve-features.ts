/** `ratchet features serve`: the feature server in the foreground, until it is told to stop. */
import { once } from 'node:events';
import { TokenStore } from '#gateway/access/token-store.ts';
import { listenAddress, mayListen } from '#gateway/listen-address.ts';
import { catalogueOf } from '#serving/definitions.ts';
import { startFeatureServer } from '#serving/server.ts';
import { workerLog } from '#workers/log.ts';
import { openOnlineStore } from '#workers/online/place.ts';
import { createOutput } from '../../kit/output.ts';
import { projectRoot } from '../../kit/project.ts';
import { serviceOfModel } from './model-service.ts';
import { readDefinitions } from './read-definitions.ts';
import { samplePlace } from './sample-place.ts';

export interface ServeOptions {
  definitions: string;
  store?: string;
  listen: string;
  port?: string;
  hideExpired?: boolean;
  samples?: string;
  sampleRate: number;
  json?: boolean;
}

export async function serveFeatures(options: ServeOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  const root = projectRoot();
  const listen = listenAddress(options.port ?? options.listen);
  mayListen(listen, new TokenStore(root).live().length);
  const defined = await readDefinitions(options.definitions);
  const catalogue = catalogueOf(defined);
  const versions = new Map(defined.document.services.map(({ name, version }) => [name, version]));
  const place = versions.size > 0 ? samplePlace(options.samples, root) : null;
  const store = await openOnlineStore(options.store, root);
  try {
    const server = await startFeatureServer({
      ...{ root, listen, catalogue, store, log: workerLog(), hideExpired: options.hideExpired ?? false },
      serviceOf: (model) => serviceOfModel(model, defined.document, options.definitions),
      ...(place ? { samples: { sink: place, versions, perMinute: options.sampleRate } } : {}),
    });
    out.object({
      url: server.url,
      store: store.at,
      views: [...catalogue.views.keys()],
      samples: place?.at ?? null,
      pid: process.pid,
    });
    out.print(
      [
        `Listening on ${server.url}, store ${store.at}`,
        `  read    POST ${server.url}/get-online-features   GET ${server.url}/v1/features/SERVICE?KEY=VALUE, or MODEL@champion`,
        `  write   POST ${server.url}/push, /write-to-online-store`,
        `  figures ${server.url}/metrics`,
        `  views   ${[...catalogue.views.keys()].join(', ')}`,
        ...(place ? [`  samples ${place.at}, ${options.sampleRate} vectors a minute at most`] : []),
        `A push outlives ${store.promise}.`,
      ].join('\n'),
    );
    process.send?.('ready');
    await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
    out.note('Stopping: requests that are being answered still are.');
    await server.close();
  } finally {
    await place?.close();
    await store.close();
  }
}
