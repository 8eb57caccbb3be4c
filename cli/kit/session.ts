/** What a verb that talks to the servers works with. Connections are opened when first asked for, and closed at the end. */
import { restoring } from '#activities/collect/restoring-store.ts';
import { createTracking, mlflowLogin } from '#adapters/mlflow/tracking.ts';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import type { Temporal } from '#adapters/temporal/connection.ts';
import { UserError } from '#contracts/failures.ts';
import { storeKey } from '#contracts/names.ts';
import { RunRecord } from '#contracts/run.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tracking } from '#ports/tracking.ts';
import { type ConnectionSettings, connectionSettings } from '#stack/connection-settings.ts';
import { projectRoot } from './project.ts';

export interface Session {
  readonly root: string;
  readonly environment: string;
  readonly settings: ConnectionSettings;
  readonly store: ObjectStore;
  /** Loads these clients now, while something else is waited for; nothing is asked of any server. */
  load(...clients: ('store' | 'temporal')[]): void;
  readonly tracking: Tracking;
  temporal(): Promise<Temporal>;
  /** Null when the run never ended, or never was. */
  record(runId: string): Promise<RunRecord | null>;
}

const temporalAdapter = () => import('#adapters/temporal/connection.ts');

/** Opens, works, closes, whatever the end. */
export async function withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
  const root = projectRoot();
  const settings = connectionSettings(root);
  const bucket = createObjectStore(settings.store);
  const store = restoring(bucket);
  let temporal: Promise<Temporal> | undefined;
  const session: Session = {
    root,
    environment: process.env.RATCHET_ENVIRONMENT || 'dev',
    settings,
    store,
    load: (...clients) => {
      if (clients.includes('store')) bucket.open();
      if (clients.includes('temporal')) void temporalAdapter().catch(() => {});
    },
    tracking: createTracking({ url: settings.mlflow.url, ...mlflowLogin(process.env) }),
    temporal: () => {
      // `ratchet plan` and others that only read the store and MLflow do without it.
      temporal ??= temporalAdapter().then(({ connectTemporal }) => connectTemporal(settings.temporal));
      return temporal;
    },
    record: async (runId) => {
      const body = await store.get(storeKey.record(runId)).catch((error: unknown) => {
        // An id that is no key of the store has no record.
        if (error instanceof UserError && error.type === 'InvalidInput') return null;
        throw error;
      });
      if (!body) return null;
      const record = RunRecord.safeParse(JSON.parse(Buffer.from(body).toString('utf8')));
      if (!record.success)
        throw new UserError(
          'OutsideRefused',
          `The record of ${runId} is not one that this version of Ratchet can read.`,
        );
      return record.data;
    },
  };
  try {
    return await work(session);
  } finally {
    await temporal?.then((connected) => connected.close()).catch(() => {});
    await store.close();
  }
}
