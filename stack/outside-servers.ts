import { loadClientConfigProfile } from '@temporalio/envconfig';
import { UserError } from '#contracts/failures.ts';

export type TemporalSettings = { address: string; namespace: string };
export type MlflowSettings = { url: string };
/** `prefix` is empty or ends without a slash; `endpoint` is absent for Amazon's own. */
export type StoreSettings = {
  endpoint?: string;
  region: string;
  bucket: string;
  prefix: string;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
};

/** The servers that the user names: they win over the embedded ones, and are never started nor stopped by us. */
export type OutsideServers = { temporal?: TemporalSettings; mlflow?: MlflowSettings; store?: StoreSettings };

/**
 * Reads TEMPORAL_* (or a profile of temporal.toml when TEMPORAL_PROFILE or TEMPORAL_CONFIG_FILE asks for it),
 * MLFLOW_TRACKING_URI, RATCHET_STORE and AWS_*. Throws a UserError for a value that cannot be used.
 */
export function outsideServers(env: NodeJS.ProcessEnv = process.env): OutsideServers {
  const temporal = outsideTemporal(env);
  const mlflow = outsideMlflow(env);
  const store = outsideStore(env);
  return { ...(temporal && { temporal }), ...(mlflow && { mlflow }), ...(store && { store }) };
}

function outsideTemporal(env: NodeJS.ProcessEnv): TemporalSettings | undefined {
  // A temporal.toml in the home folder alone is not a wish: it is there for the temporal command.
  if (!env.TEMPORAL_ADDRESS && !env.TEMPORAL_PROFILE && !env.TEMPORAL_CONFIG_FILE) return undefined;
  try {
    const overrideEnvVars = Object.fromEntries(
      Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    const { address, namespace } = loadClientConfigProfile({ overrideEnvVars });
    if (!address) throw new Error('it has no address');
    return { address, namespace: namespace ?? 'default' };
  } catch (error) {
    throw new UserError(
      'InvalidInput',
      `Temporal's settings cannot be used: ${(error as Error).message}. Correct TEMPORAL_ADDRESS, TEMPORAL_PROFILE or TEMPORAL_CONFIG_FILE, or unset all three to use the embedded server.`,
    );
  }
}

function outsideMlflow(env: NodeJS.ProcessEnv): MlflowSettings | undefined {
  const uri = env.MLFLOW_TRACKING_URI;
  if (!uri) return undefined;
  if (!isHttp(uri))
    throw new UserError(
      'InvalidInput',
      `MLFLOW_TRACKING_URI is "${withoutLogin(uri)}": Ratchet needs an MLflow server (http:// or https://). Start one, or unset the variable to use the embedded server.`,
    );
  return { url: uri.replace(/\/+$/, '') };
}

function outsideStore(env: NodeJS.ProcessEnv): StoreSettings | undefined {
  const endpoint = env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || undefined;
  const named = env.RATCHET_STORE;
  // AWS_ENDPOINT_URL speaks of every service of Amazon's: alone it does not ask for a store of one's own.
  if (!named && !env.AWS_ENDPOINT_URL_S3) return undefined;
  if (endpoint && !isHttp(endpoint))
    throw new UserError(
      'InvalidInput',
      `The S3 endpoint is "${endpoint}": give it as http://… or https://… in AWS_ENDPOINT_URL_S3.`,
    );
  const place = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(named ?? 's3://ratchet');
  if (!place?.[1])
    throw new UserError('InvalidInput', `RATCHET_STORE is "${named}": give it as s3://bucket or s3://bucket/prefix.`);
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = env;
  if (!accessKeyId || !secretAccessKey)
    throw new UserError(
      'InvalidInput',
      `${named ? 'RATCHET_STORE' : 'AWS_ENDPOINT_URL_S3'} names an object store of your own, but AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set. Set them, or unset it to use the embedded store.`,
    );
  return {
    ...(endpoint && { endpoint: endpoint.replace(/\/+$/, '') }),
    region: env.AWS_REGION || env.AWS_DEFAULT_REGION || 'us-east-1',
    bucket: place[1],
    prefix: (place[2] ?? '').replace(/^\/+|\/+$/g, ''),
    accessKeyId,
    secretAccessKey,
    ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
  };
}

/** An address as it may be shown: without the user name and password that it may carry. */
export const withoutLogin = (url: string): string => url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1');

function isHttp(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
