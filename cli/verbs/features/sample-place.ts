/** Where served vectors are kept for `skew`: a folder, or the project's object store. */
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import { UserError } from '#contracts/failures.ts';
import { type SampleName, sampleNameOf, samplesOf } from '#features/samples.ts';
import type { SampleSink } from '#serving/samples.ts';
import { connectionSettings } from '#stack/connection-settings.ts';
import { outsideServers, type StoreSettings } from '#stack/outside-servers.ts';

export interface SamplePlace extends SampleSink {
  /** Files of the service, in the order of their keys. */
  list(service: string): AsyncIterable<SampleName & { readonly key: string }>;
  get(key: string): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * @param given `--samples`: a folder; default the project's object store
 * @returns null for `off`, and where nothing was given and the project has no store
 */
export function samplePlace(given: string | undefined, root: string): SamplePlace | null {
  if (given === 'off') return null;
  if (given !== undefined) return inFolder(resolve(given));
  const settings = storeOf(root);
  return settings && inStore(settings);
}

/** The one that runs of this project use; null where none was ever named or started. */
function storeOf(root: string): StoreSettings | null {
  const { store } = outsideServers();
  if (store) return store;
  try {
    return connectionSettings(root).store;
  } catch (error) {
    if (error instanceof UserError && error.type === 'OutsideUnreachable') return null;
    throw error;
  }
}

function inStore(settings: StoreSettings): SamplePlace {
  const store = createObjectStore(settings);
  return {
    at: store.uri('features/served'),
    put: (key, body) => store.put(key, body, 'application/x-ndjson'),
    async *list(service) {
      for await (const { key } of store.list(samplesOf(service))) {
        const name = sampleNameOf(key);
        if (name) yield { ...name, key };
      }
    },
    async get(key) {
      const body = await store.get(key);
      if (!body) throw new UserError('OutsideRefused', `${store.uri(key)} was listed, and is there no more`);
      return body;
    },
    close: () => store.close(),
  };
}

function inFolder(folder: string): SamplePlace {
  const path = (key: string) => join(folder, ...key.split('/'));
  return {
    at: folder,
    async put(key, body) {
      await mkdir(dirname(path(key)), { recursive: true });
      // Whole or not at all, for whoever reads meanwhile.
      const between = `${path(key)}.part`;
      await writeFile(between, body);
      await rename(between, path(key));
    },
    async *list(service) {
      const found = await readdir(path(samplesOf(service)), { recursive: true }).catch(() => []);
      for (const file of found.sort()) {
        const key = `${samplesOf(service)}${file.split(sep).join('/')}`;
        const name = sampleNameOf(key);
        if (name) yield { ...name, key };
      }
    },
    get: (key) => readFile(path(key)),
    close: async () => {},
  };
}
