/** Clients that ask a feature server, each one request after another on a connection of its own. */
import { Agent, request } from 'node:http';

export interface Load {
  readonly clients: number;
  /** Entities of a request. */
  readonly rows: number;
  /** Requests of all clients together that are timed; a tenth as many before warm up. */
  readonly requests: number;
}

export interface Loaded {
  /** Milliseconds, sorted. */
  readonly ms: readonly number[];
  readonly perSecond: number;
}

/** @throws Error for an answer that is not 200, or has no value where there is one */
export async function load(url: string, { clients, rows, requests }: Load): Promise<Loaded> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  let call = 0;
  const ask = () =>
    new Promise<void>((resolve, reject) => {
      const turn = call++;
      const key = Array.from({ length: rows }, (_, n) => (turn * 7919 + n * 104_729) % 100_000);
      const body = JSON.stringify({ feature_service: 'all', entities: { key } });
      const sent = request(
        `${url}/get-online-features`,
        {
          method: 'POST',
          agent,
          headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        },
        (answer) => {
          const parts: Buffer[] = [];
          answer.on('data', (part: Buffer) => parts.push(part));
          answer.on('end', () => {
            const text = Buffer.concat(parts).toString();
            if (answer.statusCode === 200 && text.includes('PRESENT')) resolve();
            else reject(new Error(`${answer.statusCode}: ${text.slice(0, 300)}`));
          });
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  const run = async (count: number, times: number[] | null) => {
    let left = count;
    const client = async () => {
      while (left-- > 0) {
        const begun = performance.now();
        await ask();
        times?.push(performance.now() - begun);
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
  };
  try {
    await run(Math.ceil(requests / 10), null);
    const ms: number[] = [];
    const begun = performance.now();
    await run(requests, ms);
    return { ms: ms.sort((a, b) => a - b), perSecond: (requests / (performance.now() - begun)) * 1_000 };
  } finally {
    agent.destroy();
  }
}

export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
