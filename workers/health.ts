/** `/livez` and `/readyz` of a worker over HTTP: loopback and a free port unless RATCHET_HEALTH=host:port says otherwise. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface Health {
  url: string;
  close(): Promise<void>;
}

/** Its address is noted in `<root>/.ratchet/workers/<pid>.json` while it is there. */
export async function serveHealth(
  root: string,
  isReady: () => boolean,
  address = process.env.RATCHET_HEALTH,
): Promise<Health> {
  const [, host = '127.0.0.1', port = '0'] = /^(.*):(\d+)$/.exec(address ?? '') ?? [];
  const server = createServer((request, response) => {
    const ok = request.url === '/livez' || (request.url === '/readyz' && isReady());
    const known = request.url === '/livez' || request.url === '/readyz';
    response.writeHead(ok ? 200 : known ? 503 : 404, { 'content-type': 'text/plain' });
    response.end(ok ? 'ok\n' : known ? 'not ready\n' : 'not found\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(port), host, resolve);
  });
  server.unref();
  const url = `http://${host}:${(server.address() as AddressInfo).port}`;
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
