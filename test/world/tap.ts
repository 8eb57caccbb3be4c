/**
 * A proxy in front of a server that a test may kill something by: at a chosen request, not after a chosen time. It passes
 * requests on unchanged (the host header too, which S3's signatures cover), can play dead as a cut network does, and can
 * hold a request up, deliver it after its caller has gone, or deliver it twice.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

interface Which {
  /** Against `METHOD /path?query`. */
  match: RegExp;
  /** Asked at each request that matches, which waits for the answer; only those with `true` count. */
  counts?(): Promise<boolean>;
  /** Which of the counting requests fires; default the first. */
  nth?: number;
}

interface Watch extends Which {
  /** `before` the request is passed on, or `after` the server has answered and before the caller learns of it. */
  when: 'before' | 'after';
  /** Awaited; then the request goes on its way, if anybody is left on either side. */
  action(line: string): Promise<void>;
}

/**
 * What the network does to one request: `held` for so long and then delivered and answered; `late`: its caller's connection
 * breaks at once, and the server has it so much later; `twice`: answered once, and delivered again so much later.
 */
interface Fate extends Which {
  fate: 'held' | 'late' | 'twice';
  seconds: number;
  fired(line: string): void;
}

export interface Tap {
  readonly url: string;
  /** Where requests go; until it is set they are refused. */
  aim(target: string): void;
  /** Fires once. Returns a way to take it back. */
  watch(watch: Watch): () => void;
  /** Likewise. */
  doom(fate: Fate): () => void;
  /** Once nothing is under way any more that was held or delivered late. */
  delivered(): Promise<void>;
  /** From now on nothing is answered and nothing arrives; connections neither open nor close. */
  cut(): void;
  /** Requests that were lost in the cut so far. */
  lost(): number;
  mend(): void;
  close(): Promise<void>;
}

export async function startTap(): Promise<Tap> {
  let target = '';
  const armed = new Set<{ which: Watch | Fate; seen: number }>();
  const underWay = new Set<Promise<unknown>>();
  let isCut = false;
  let lost = 0;
  const sockets = new Set<Socket>();

  const matching = async (line: string): Promise<Watch | Fate | undefined> => {
    for (const each of [...armed]) {
      const { which } = each;
      if (!which.match.test(line)) continue;
      if (which.counts && !(await which.counts().catch(() => false))) continue;
      if (!armed.has(each) || ++each.seen < (which.nth ?? 1)) continue;
      armed.delete(each);
      return which;
    }
    return undefined;
  };
  const arm = (which: Watch | Fate) => {
    const each = { which, seen: 0 };
    armed.add(each);
    return () => void armed.delete(each);
  };

  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const line = `${incoming.method} ${incoming.url}`;
    const fired = await matching(line);
    if (fired && 'fate' in fired) return doomed(fired, incoming, outgoing);
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

  const doomed = async ({ fate, seconds, fired }: Fate, incoming: IncomingMessage, outgoing: ServerResponse) => {
    const body: Buffer[] = [];
    for await (const piece of incoming) body.push(piece as Buffer);
    fired(`${incoming.method} ${incoming.url}`);
    // Whole, and whether or not its caller still listens.
    const deliver = (answering: boolean) =>
      new Promise<void>((resolve) => {
        const { url: path, method, rawHeaders } = incoming;
        const onward = request(new URL(target), { path, method, headers: rawHeaders, agent: false });
        const gone = () => {
          if (answering) outgoing.destroy();
          resolve();
        };
        onward.on('error', gone);
        onward.on('response', (answer) => {
          answer.on('close', resolve);
          // Nobody reads for a caller who has gone.
          if (!answering || outgoing.destroyed) return void answer.resume();
          outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
          answer.pipe(outgoing);
          outgoing.on('close', () => answer.resume());
        });
        onward.end(Buffer.concat(body));
      });
    const course = async () => {
      if (fate === 'late') outgoing.destroy();
      if (fate === 'twice') await deliver(true);
      await pause(seconds * 1_000);
      await deliver(fate === 'held');
    };
    const going = course();
    underWay.add(going);
    await going.finally(() => underWay.delete(going));
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
    watch: arm,
    doom: arm,
    delivered: async () => {
      while (underWay.size > 0) await Promise.allSettled(underWay);
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
