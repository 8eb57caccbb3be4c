/**
 * A proxy in front of a server that a test may kill something by: at a chosen request, not after a chosen time. It passes
 * requests on unchanged (the host header too, which S3's signatures cover) and can play dead as a cut network does.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

interface Watch {
  /** Against `METHOD /path?query`. */
  match: RegExp;
  /** Asked at each request that matches, which waits for the answer; only those with `true` count. */
  counts?(): Promise<boolean>;
  /** Which of the counting requests fires; default the first. */
  nth?: number;
  /** `before` the request is passed on, or `after` the server has answered and before the caller learns of it. */
  when: 'before' | 'after';
  /** Awaited; then the request goes on its way, if anybody is left on either side. */
  action(line: string): Promise<void>;
}

export interface Tap {
  readonly url: string;
  /** Where requests go; until it is set they are refused. */
  aim(target: string): void;
  /** One at a time: fires once. Returns a way to take it back. */
  watch(watch: Watch): () => void;
  /** From now on nothing is answered and nothing arrives; connections neither open nor close. */
  cut(): void;
  /** Requests that were lost in the cut so far. */
  lost(): number;
  mend(): void;
  close(): Promise<void>;
}

export async function startTap(): Promise<Tap> {
  let target = '';
  let watching: Watch | undefined;
  let seen = 0;
  let isCut = false;
  let lost = 0;
  const sockets = new Set<Socket>();

  const matching = async (line: string): Promise<Watch | undefined> => {
    const watch = watching;
    if (!watch?.match.test(line)) return undefined;
    if (watch.counts && !(await watch.counts().catch(() => false))) return undefined;
    if (watching !== watch || ++seen < (watch.nth ?? 1)) return undefined;
    watching = undefined;
    return watch;
  };

  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const line = `${incoming.method} ${incoming.url}`;
    const fired = await matching(line);
    if (fired?.when === 'before') await fired.action(line);
    // Packets of a cut network are lost: the caller waits until it has enough or the network is back.
    if (isCut) return void lost++;
    if (!target) return void outgoing.destroy();
    const onward = request(new URL(target), {
      path: incoming.url,
      method: incoming.method,
      headers: incoming.rawHeaders,
      agent: false,
    });
    onward.on('response', async (answer) => {
      if (fired?.when === 'after') await fired.action(line);
      if (isCut) return void answer.destroy();
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(outgoing);
      answer.on('error', () => outgoing.destroy());
    });
    onward.on('error', () => {
      if (!isCut) outgoing.destroy();
    });
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  };

  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.requestTimeout = 0;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const breakAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${address && typeof address === 'object' ? address.port : 0}`,
    aim: (url) => {
      target = url;
    },
    watch: (watch) => {
      watching = watch;
      seen = 0;
      return () => {
        if (watching === watch) watching = undefined;
      };
    },
    lost: () => lost,
    cut: () => {
      isCut = true;
      lost = 0;
    },
    mend: () => {
      isCut = false;
      breakAll();
    },
    close: () =>
      new Promise((resolve) => {
        breakAll();
        server.close(() => resolve());
      }),
  };
}
