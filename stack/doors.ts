/**
 * Doors before servers that answer to any Host header: what names this machine is handed on as it came, all else is refused.
 * So no page of another site gets in under a name that it lets point here.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { namesOwnHost } from '#contracts/own-host.ts';
import { loopback, type Part, portOf } from './parts/part.ts';

export type Doors = { close(): void };

/** Opens all doors of a part. @throws Error of the system when somebody else listens where a door should be. */
export async function openDoors(part: Pick<Part, 'ports'>, ports: Readonly<Record<string, number>>): Promise<Doors> {
  const open: Server[] = [];
  const close = () => {
    for (const server of open) {
      server.close();
      server.closeAllConnections();
    }
  };
  try {
    for (const { name, door } of part.ports) {
      if (door === undefined) continue;
      const [own, behind] = [portOf({ ports }, name), portOf({ ports }, door)];
      const server = createServer((asked, answer) => {
        if (namesOwnHost(asked.headers.host, own)) handOn(asked, answer, behind);
        else refuse(answer, 421, `Ask http://${loopback}:${own}: this server does not answer to that name.`);
      });
      await once(server.listen({ port: own, host: loopback, exclusive: true }), 'listening');
      open.push(server);
    }
  } catch (error) {
    close();
    throw error;
  }
  return { close };
}

function handOn(asked: IncomingMessage, answer: ServerResponse, port: number): void {
  const { method, url, headers } = asked;
  const outgoing = request({ host: loopback, port, method, path: url, headers });
  outgoing.on('response', (found) => {
    answer.writeHead(found.statusCode ?? 502, found.headers);
    pipeline(found, answer, () => {});
  });
  outgoing.on('error', () => {
    if (answer.headersSent) answer.destroy();
    else refuse(answer, 502, 'The server behind this address is not there now; it is being started again.');
  });
  answer.on('close', () => outgoing.destroy());
  pipeline(asked, outgoing, () => {});
}

function refuse(answer: ServerResponse, status: number, why: string): void {
  answer.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${why}\n`);
}
