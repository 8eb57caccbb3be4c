/**
 * The AWS SDK, loaded at the first request and not before: it costs 0.2 s of start-up, which `ratchet --help` must not pay.
 */
import type { S3Client } from '@aws-sdk/client-s3';

/** Where the store is and who asks. */
export interface S3Settings {
  /** `http://127.0.0.1:9000`; absent: Amazon's own. */
  endpoint?: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** The SDK writes a line about the age of Node to the terminal; `ratchet doctor` says it better. A user's own setting wins. */
const silenceNodeVersionWarning = (env: NodeJS.ProcessEnv = process.env): void => {
  env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
};

/** Most wait for a connection, in ms. */
const CONNECT = 5_000;
/** Most wait for the head of an answer, and between two pieces of its body, in ms. Well below any stage's time-out. */
const ANSWER = 60_000;

async function loadSdk() {
  silenceNodeVersionWarning();
  return import('@aws-sdk/client-s3');
}
export type Sdk = Awaited<ReturnType<typeof loadSdk>>;

export async function connect(settings: S3Settings): Promise<{ sdk: Sdk; client: S3Client }> {
  const sdk = await loadSdk();
  const client = new sdk.S3Client({
    ...(settings.endpoint ? { endpoint: settings.endpoint } : {}),
    region: settings.region,
    credentials: {
      accessKeyId: settings.accessKeyId,
      secretAccessKey: settings.secretAccessKey,
      ...(settings.sessionToken ? { sessionToken: settings.sessionToken } : {}),
    },
    // Buckets as folders: servers other than Amazon's rarely have a host name for each bucket.
    forcePathStyle: settings.endpoint !== undefined,
    // Every request here may be sent twice: keys are immutable and deletes are of garbage. Mends a dropped idle connection.
    maxAttempts: 3,
    // The newer checksum trailers are unknown to many S3 servers; bodies are signed, and readers check digests.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT,
      requestTimeout: ANSWER,
      socketTimeout: ANSWER,
      throwOnRequestTimeout: true,
    },
  });
  return { sdk, client };
}
