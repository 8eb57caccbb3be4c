/** A feature server on a store of its own, with the golden definitions and rows. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { openLmdb } from '#adapters/lmdb/online-store.ts';
import { listenAddress } from '#gateway/listen-address.ts';
import type { OnlineStore } from '#ports/online-store.ts';
import { type Columns, pushRows } from '#serving/pushes.ts';
import { type FeatureServerSettings, startFeatureServer } from '#serving/server.ts';
import { goldenCatalogue, goldenRows } from '../fixtures/golden-features.ts';

export interface TestFeatureServer {
  readonly url: string;
  readonly root: string;
  readonly store: OnlineStore;
  /** @param body as JSON, or text as it is */
  post(
    path: string,
    body: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; text: string; body: unknown }>;
  close(): Promise<void>;
}

export async function startTestFeatureServer(
  options: Partial<FeatureServerSettings> & { port?: number } = {},
): Promise<TestFeatureServer> {
  const root = mkdtempSync(join(tmpdir(), 'ratchet-features-'));
  const store = options.store ?? (await openLmdb({ path: join(root, 'online') }));
  const catalogue = options.catalogue ?? goldenCatalogue;
  if (catalogue === goldenCatalogue) await fill(store);
  const server = await startFeatureServer({
    ...{ root, catalogue, listen: listenAddress(`127.0.0.1:${options.port ?? 0}`), log: pino({ level: 'silent' }) },
    ...options,
    store,
  });
  return {
    url: server.url,
    ...{ root, store },
    post: async (path, body, headers = {}) => {
      const answer = await fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      const text = await answer.text();
      return { status: answer.status, text, body: JSON.parse(text) as unknown };
    },
    close: async () => {
      await server.close();
      await store.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** What Feast's materialize left. */
async function fill(store: OnlineStore): Promise<void> {
  for (const [name, columns] of Object.entries<Columns>(goldenRows)) {
    const view = goldenCatalogue.views.get(name);
    if (view) await pushRows([view], columns, { catalogue: goldenCatalogue, store, dialect: 'feast', now: Date.now });
  }
}
