/** How often one may ask: a caller that is known by its token, anybody else by address. Counted in this process. */
import { isIPv6 } from 'node:net';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Problem } from '../problem.ts';

export class Rate {
  readonly #limiter: RateLimiterMemory;
  readonly #perSecond: number;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#limiter = new RateLimiterMemory({ points: perSecond, duration: 1 });
  }

  /** @throws Problem too-many-requests. */
  async count(key: string): Promise<void> {
    try {
      await this.#limiter.consume(key);
    } catch (left) {
      if (!(left instanceof RateLimiterRes)) throw left;
      throw new Problem('too-many-requests', `More than ${this.#perSecond} requests in one second.`, {
        next: 'Wait as Retry-After says, then go on more slowly.',
        headers: { 'retry-after': String(Math.max(1, Math.ceil(left.msBeforeNext / 1_000))) },
      });
    }
  }
}

/** One key an address; of IPv6 the network of 64 bits that one customer is given. */
export function addressKey(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address.replace(/^::ffff:/, '');
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array<string>(8 - left.length - right.length).fill('0');
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`;
}
