import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '#contracts/failures.ts';
import { type OutsideServers, withoutLogin } from './outside-servers.ts';

export type OutsideProbe = { name: string; address: string; setting: string; isReachable(): Promise<boolean> };

const probeMilliseconds = 5_000;

/** One probe for each server of the user's own: can it be reached at all? Credentials are its clients' business. */
export function outsideProbes(outside: OutsideServers): OutsideProbe[] {
  const probes: OutsideProbe[] = [];
  const { temporal, mlflow, store } = outside;
  if (temporal) {
    const { address } = temporal;
    probes.push({ name: 'temporal', address, setting: 'TEMPORAL_ADDRESS', isReachable: () => accepts(address) });
  }
  if (mlflow)
    probes.push({
      name: 'mlflow',
      address: withoutLogin(mlflow.url),
      setting: 'MLFLOW_TRACKING_URI',
      // fetch takes no address with a login in it.
      isReachable: () => speaksHttp(withoutLogin(mlflow.url)),
    });
  if (store) {
    const address = store.endpoint ?? `https://s3.${store.region}.amazonaws.com`;
    probes.push({
      name: 'object-store',
      address,
      setting: 'AWS_ENDPOINT_URL_S3',
      isReachable: () => speaksHttp(address),
    });
  }
  return probes;
}

/**
 * Waits until the server answers. `onWait` is told once when it does not at first; a UserError after `seconds`.
 * We never start a server of the user's own: all we can do is wait.
 */
export async function waitForOutside(
  probe: OutsideProbe,
  seconds: number,
  onWait: (message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  let told = false;
  while (!(await probe.isReachable())) {
    if (signal.aborted) return;
    if (performance.now() > deadline)
      throw new UserError(
        'OutsideUnreachable',
        `${probe.name} at ${probe.address} (${probe.setting}) did not answer for ${seconds} s. Start it, correct ${probe.setting}, or unset it to use the embedded server.`,
      );
    if (!told) onWait(`${probe.address} (${probe.setting}) does not answer yet: waiting`);
    told = true;
    await delay(500, undefined, { signal }).catch(() => {});
  }
}

/** host:port, as Temporal's clients take it. */
function accepts(address: string): Promise<boolean> {
  const [, host = '', port = '7233'] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(address) ?? [];
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: probeMilliseconds });
    const end = (reached: boolean) => {
      socket.destroy();
      resolve(reached);
    };
    socket
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false));
  });
}

/** Any answer below 500 will do: a refusal is an answer. */
async function speaksHttp(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(probeMilliseconds), redirect: 'manual' });
    await response.body?.cancel();
    return response.status < 500;
  } catch {
    return false;
  }
}
