/** Where the gateway listens, and whether it may. */
import { UserError } from '#contracts/failures.ts';

export interface ListenAddress {
  host: string;
  port: number;
  loopback: boolean;
}

/** @param text `8787`, `127.0.0.1:8787`, `[::1]:8787`, `0.0.0.0:80`; port 0: a free one. @throws UserError InvalidInput */
export function listenAddress(text: string): ListenAddress {
  const [, bracketed, plain, port] = /^(?:(?:\[([0-9a-f:]+)\]|([A-Za-z0-9.-]+)):)?(\d{1,5})$/i.exec(text) ?? [];
  const host = (bracketed ?? plain ?? '127.0.0.1').toLowerCase();
  if (port === undefined || Number(port) > 65_535)
    throw new UserError(
      'InvalidInput',
      `--listen ${text}: write HOST:PORT, for example 127.0.0.1:8787 or [::1]:8787; a port alone means 127.0.0.1.`,
    );
  return { host, port: Number(port), loopback: isLoopback(host) };
}

const isLoopback = (host: string) => host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

/** @throws UserError InvalidInput beyond loopback while no token would let anybody in. */
export function mayListen({ host, loopback }: ListenAddress, liveTokens: number): void {
  if (loopback || liveTokens > 0) return;
  throw new UserError(
    'InvalidInput',
    `${host} can be reached from other machines, and there is no token: whoever came could start trainings. Make one first (ratchet tokens create --owner NAME --scope PIPELINE:VERB), or listen on 127.0.0.1.`,
  );
}
