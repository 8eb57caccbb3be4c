/**
 * Keeps web pages from using the gateway of the person who looks at them. A page of another site can make a browser send
 * requests to loopback, also under a name of its own that it lets point there (DNS rebinding): the Host header then names
 * that site, and Origin names it always.
 */
import { namesOwnHost } from '#contracts/own-host.ts';
import { Problem } from '../problem.ts';

/** @throws Problem misdirected when, on loopback, the Host is not one of this machine's own names with our port. */
export function guardHost(host: string | null, port: number): void {
  if (namesOwnHost(host, port)) return;
  throw new Problem('misdirected', 'The Host header does not name this machine and the port that is listened on.', {
    next: `Ask http://127.0.0.1:${port}. To be reached by other names, make tokens and listen beyond loopback.`,
  });
}

/** @throws Problem forbidden for a request that a page of another site made a browser send. */
export function guardOrigin(origin: string | null, host: string | null): void {
  if (origin === null) return;
  const own = URL.canParse(origin) ? new URL(origin).host : null;
  if (own !== null && own === host?.toLowerCase()) return;
  throw new Problem('forbidden', 'Requests of web pages of another origin are not accepted.', {
    next: 'Ask from a program, not from a page of another site.',
  });
}
