import { UserError } from '#contracts/failures.ts';
import { type Credentials, readCredentials } from './credentials.ts';
import { readStackFile } from './file.ts';
import { type MlflowSettings, outsideServers, type StoreSettings, type TemporalSettings } from './outside-servers.ts';
import { embeddedBucket } from './parts/object-store.ts';
import { type StackPaths, stackPaths } from './paths.ts';

/** How to reach each server, embedded or the user's own. */
export type ConnectionSettings = { temporal: TemporalSettings; mlflow: MlflowSettings; store: StoreSettings };

/**
 * Settings for every client of this project. A server that the user names in the environment wins; the others are the
 * embedded ones, from the stack file (TEMPORAL_NAMESPACE counts with a server of one's own only). Throws a UserError when an embedded one has never been started here.
 */
export function connectionSettings(root: string, env: NodeJS.ProcessEnv = process.env): ConnectionSettings {
  const outside = outsideServers(env);
  const paths = stackPaths(root);
  const addresses = readStackFile(paths)?.addresses;
  const temporalAddress = outside.temporal?.address ?? addresses?.temporalAddress;
  const url = outside.mlflow?.url ?? addresses?.mlflowUrl;
  const store = outside.store ?? embeddedStore(addresses?.s3Endpoint, readCredentials(paths));
  if (!temporalAddress || !url || !store)
    throw notStarted(paths, { Temporal: temporalAddress, MLflow: url, 'the object store': store });
  return {
    temporal: outside.temporal ?? { address: temporalAddress, namespace: 'default' },
    mlflow: { url },
    store,
  };
}

function embeddedStore(
  endpoint: string | null | undefined,
  credentials: Credentials | undefined,
): StoreSettings | undefined {
  if (!endpoint || !credentials) return undefined;
  return { endpoint, region: 'us-east-1', bucket: embeddedBucket, prefix: '', ...credentials };
}

function notStarted(paths: StackPaths, servers: Record<string, unknown>): UserError {
  const missing = Object.entries(servers).filter(([, found]) => !found);
  return new UserError(
    'OutsideUnreachable',
    `${missing.map(([name]) => name).join(', ')}: no address is known in ${paths.root}. Run ratchet dev there, or name your own servers (TEMPORAL_ADDRESS, MLFLOW_TRACKING_URI, RATCHET_STORE).`,
  );
}
