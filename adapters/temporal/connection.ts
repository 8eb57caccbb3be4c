/** Connections to Temporal, found as every Temporal tool finds its server: TEMPORAL_* and temporal.toml. */
import { Client, Connection, makeGrpcRetryInterceptor } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnection } from '@temporalio/worker';
import { UserError } from '#contracts/failures.ts';
import { endableRetries } from './endable-retries.ts';

/**
 * Where Temporal is found, where the environment and `temporal.toml` do not say.
 * @example
 * ```ts
 * const settings: TemporalSettings = { address: 'localhost:7233', namespace: 'training', patienceMs: 30_000 };
 * ```
 */
export interface TemporalSettings {
  /** `host:port`; default: TEMPORAL_ADDRESS, the profile's address, else localhost:7233. */
  address?: string;
  /** Default: TEMPORAL_NAMESPACE, the profile's, else `default`. */
  namespace?: string;
  /** Profile of temporal.toml; default: TEMPORAL_PROFILE, else `default`. */
  profile?: string;
  /** How long to try before the server counts as out of reach, in milliseconds; default 10,000. */
  patienceMs?: number;
  /** Read instead of process.env. */
  env?: Readonly<Record<string, string | undefined>>;
}
export interface Temporal {
  client: Client;
  connection: Connection;
  address: string;
  namespace: string;
  close(): Promise<void>;
}

const channel = {
  // gRPC's own waits grow to two minutes: a server that is back would be found long after.
  'grpc.initial_reconnect_backoff_ms': 250,
  'grpc.max_reconnect_backoff_ms': 2_000,
  // What the SDK means to set: a history is up to 50 MB, a page of it more than gRPC's 4.
  'grpc.max_receive_message_length': 128 * 1024 * 1024,
};

/**
 * A client, connected. Throws UserError OutsideUnreachable when nothing answers, OutsideRefused when the server refuses.
 * @example
 * ```ts
 * const temporal = await connectTemporal({ address: 'localhost:7233' });
 * try {
 *   console.log(await pipelineLoop(temporal.client, 'churn').status());
 * } finally {
 *   await temporal.close();
 * }
 * ```
 */
export async function connectTemporal(settings: TemporalSettings = {}): Promise<Temporal> {
  const { options, address, namespace } = resolved(settings);
  const retries = endableRetries();
  const connection = await Connection.connect({
    ...options,
    channelArgs: channel,
    interceptors: [makeGrpcRetryInterceptor(retries.options)],
    connectTimeout: settings.patienceMs ?? 10_000,
  }).catch(told(address));
  const client = new Client({ connection, namespace });
  const close = async () => {
    await retries.end();
    await connection.close();
  };
  return { client, connection, address, namespace, close };
}

/** What a worker polls with: the same settings, the SDK's native connection. Throws as {@link connectTemporal}. */
export async function connectWorker(
  settings: TemporalSettings = {},
): Promise<{ connection: NativeConnection; address: string; namespace: string }> {
  const { options, address, namespace } = resolved(settings);
  const { address: to, tls, metadata, apiKey } = options;
  // Only workers pay for it: loading it takes longer than what most commands do with a client.
  const { NativeConnection } = await import('@temporalio/worker');
  const connection = await NativeConnection.connect({
    ...(to === undefined ? {} : { address: to }),
    ...(tls === undefined ? {} : { tls }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(apiKey === undefined ? {} : { apiKey: apiKey as string }),
  }).catch(told(address));
  return { connection, address, namespace };
}

function resolved({ address, namespace, profile, env = process.env }: TemporalSettings) {
  const overrideEnvVars = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const found = loadClientConnectConfig({ overrideEnvVars, ...(profile === undefined ? {} : { profile }) });
  const options = { ...found.connectionOptions, ...(address === undefined ? {} : { address }) };
  return {
    options,
    address: options.address ?? 'localhost:7233',
    namespace: namespace ?? found.namespace ?? 'default',
  };
}

function told(address: string): (error: unknown) => never {
  return (error) => {
    const message = error instanceof Error ? error.message : String(error);
    if (/unauthenticated|permission|certificate|tls|unauthorized/i.test(message))
      throw new UserError(
        'OutsideRefused',
        `Temporal at ${address} refuses the connection (${message}): check TEMPORAL_API_KEY and the TLS settings`,
        { cause: error },
      );
    throw new UserError(
      'OutsideUnreachable',
      `Temporal does not answer at ${address}: start the embedded stack with "ratchet dev", or set TEMPORAL_ADDRESS to your own server`,
      { cause: error },
    );
  };
}
