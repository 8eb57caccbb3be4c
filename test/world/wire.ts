/** A wire between workers and Temporal that a test may cut: bytes wait in it, connections stay, and after it is mended they go on. */
import { connect, createServer, type Socket } from 'node:net';

export interface Wire {
  /** `host:port` */
  readonly address: string;
  /** Where it leads; until it is set connections are refused. */
  aim(target: string): void;
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function startWire(): Promise<Wire> {
  let target: { host: string; port: number } | null = null;
  let isCut = false;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    if (!target) return void near.destroy();
    const far = connect(target);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.setNoDelay(true);
      // The end of a connection does not pass a cut wire either.
      one.on('data', (bytes) => void other.write(bytes));
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      if (isCut) one.pause();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    address: `127.0.0.1:${address && typeof address === 'object' ? address.port : 0}`,
    aim: (to) => {
      const [host = '', port] = to.split(':');
      target = { host, port: Number(port) };
    },
    cut: () => {
      isCut = true;
      for (const socket of sockets) socket.pause();
    },
    mend: () => {
      isCut = false;
      for (const socket of sockets) socket.resume();
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
