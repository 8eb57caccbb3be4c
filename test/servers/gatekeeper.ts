/** A proxy that asks for credentials, as one in front of a team's server does. */
import { createServer, request } from 'node:http';

export interface Gatekeeper {
  readonly url: string;
  /** What callers sent as `authorization`. */
  readonly seen: (string | undefined)[];
  close(): Promise<void>;
}

/** Lets through what carries exactly `authorization`; the rest gets 401. */
export async function startGatekeeper(target: string, authorization: string): Promise<Gatekeeper> {
  const seen: (string | undefined)[] = [];
  const server = createServer((incoming, outgoing) => {
    seen.push(incoming.headers.authorization);
    if (incoming.headers.authorization !== authorization) {
      outgoing.writeHead(401, { 'content-type': 'text/html' }).end('<h1>Unauthorized</h1>');
      return;
    }
    const { authorization: _, host: __, ...headers } = incoming.headers;
    const onward = request(
      new URL(incoming.url ?? '/', target),
      { method: incoming.method ?? 'GET', headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = address && typeof address === 'object' ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
