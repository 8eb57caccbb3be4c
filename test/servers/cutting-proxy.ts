/** A proxy that can do something at a chosen request: kills are fired by what happens, not by sleeping. */
import { createServer, type IncomingMessage, request } from 'node:http';

export interface CuttingProxy {
  readonly url: string;
  /**
   * Once, at the next request (or the `nth`, from 1) whose method and path match: `before` it is passed on, or `after` the server has answered
   * and before the caller learns of it. The caller's connection is cut in both cases.
   */
  cut(what: { match: RegExp; nth?: number; when: 'before' | 'after'; action: () => Promise<void> }): void;
  /** Takes back what was asked for and has not come yet. */
  spare(): void;
  /**
   * Once, at the next request that matches: the caller's connection is cut and the request kept. What it gives when that
   * has happened delivers the request at last.
   */
  delay(match: RegExp): Promise<() => Promise<number>>;
  /** Every request that matches is answered so, and the server never learns of it, until what it gives is called. */
  answer(match: RegExp, status: number, body: string): () => void;
  close(): Promise<void>;
}

export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  let plan: Parameters<CuttingProxy['cut']>[0] | undefined;
  let left = 0;
  let delayed: { match: RegExp; caught: (deliver: () => Promise<number>) => void } | undefined;
  let stubbed: { match: RegExp; status: number; body: string } | undefined;
  const server = createServer(async (incoming, outgoing) => {
    if (stubbed?.match.test(`${incoming.method} ${incoming.url}`)) {
      await bodyOf(incoming);
      outgoing.writeHead(stubbed.status, { 'content-type': 'application/json' }).end(stubbed.body);
      return;
    }
    const met = plan?.match.test(`${incoming.method} ${incoming.url}`) ? plan : undefined;
    if (met) left -= 1;
    const matched = met && left === 0 ? met : undefined;
    if (matched) plan = undefined;
    const late = delayed?.match.test(`${incoming.method} ${incoming.url}`) ? delayed : undefined;
    if (late) delayed = undefined;
    const body = await bodyOf(incoming);
    if (late) {
      const { host: _, ...headers } = incoming.headers;
      outgoing.destroy();
      late.caught(async () => {
        const sent = { method: incoming.method ?? 'GET', headers: headers as Record<string, string>, body };
        return (await fetch(new URL(incoming.url ?? '/', target), sent)).status;
      });
      return;
    }
    if (matched?.when === 'before') {
      await matched.action();
      outgoing.destroy();
      return;
    }
    const { host: _, ...headers } = incoming.headers;
    const options = { method: incoming.method ?? 'GET', headers, agent: false };
    const onward = request(new URL(incoming.url ?? '/', target), options, async (answer) => {
      if (matched) {
        await bodyOf(answer);
        await matched.action();
        outgoing.destroy();
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
      answer.on('error', () => outgoing.destroy());
    });
    onward.on('error', () => outgoing.destroy());
    onward.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${address && typeof address === 'object' ? address.port : 0}`,
    cut: (what) => {
      plan = what;
      left = what.nth ?? 1;
    },
    spare: () => {
      plan = undefined;
    },
    delay: (match) =>
      new Promise((caught) => {
        delayed = { match, caught };
      }),
    answer: (match, status, body) => {
      stubbed = { match, status, body };
      return () => {
        stubbed = undefined;
      };
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function bodyOf(stream: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
