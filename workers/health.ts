/** `/livez` and `/readyz` of a worker over HTTP: loopback and a free port unless RATCHET_HEALTH=host:port says otherwise. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { UserError } from '#contracts/failures.ts';

export interface Health {
  url: string;
  close(): Promise<void>;
}

/**
 * `host:port`, `:port` for every address of the machine; nothing: loopback and a free port. @throws UserError InvalidInput
 * @internal
 */
export function readAddress(text: string | undefined): { host: string; port: number } {
  if (!text) return { host: '127.0.0.1', port: 0 };
  const [, host = '', port = ''] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
  if (port === '' || Number(port) > 65_535)
    throw new UserError('InvalidInput', `RATCHET_HEALTH is "${text}": write host:port, for example 0.0.0.0:8080.`);
  return { host: host.replace(/^\[(.*)\]$/, '$1') || '0.0.0.0', port: Number(port) };
}

/** Its address is noted in `<root>/.ratchet/workers/<pid>.json` while it is there. */
export async function serveHealth(
  root: string,
  isReady: () => boolean,
  address = process.env.RATCHET_HEALTH,
): Promise<Health> {
  const { host, port } = readAddress(address);
  const server = createServer((request, response) => {
    const ok = request.url === '/livez' || (request.url === '/readyz' && isReady());
    const known = request.url === '/livez' || request.url === '/readyz';
    response.writeHead(ok ? 200 : known ? 503 : 404, { 'content-type': 'text/plain' });
    response.end(ok ? 'ok\n' : known ? 'not ready\n' : 'not found\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new UserError(
          'InvalidInput',
          `RATCHET_HEALTH is ${address}, where this worker cannot listen (${error.code ?? error.message}): name a free port of this machine, or unset it.`,
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
  server.unref();
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`;
  const folder = join(root, '.ratchet', 'workers');
  const note = join(folder, `${process.pid}.json`);
  await mkdir(folder, { recursive: true });
  await writeFile(note, JSON.stringify({ pid: process.pid, url, startedAt: new Date().toISOString() }));
  return {
    url,
    close: async () => {
      server.close();
      await rm(note, { force: true });
    },
  };
}
