/** An outside system that has too much to do just now and says when to ask again: waited for as for one that is away. */
import { UserError } from '#contracts/failures.ts';

export class Throttled extends UserError {
  readonly retryAfterMs: number;
  constructor(retryAfterMs: number, message: string) {
    super('OutsideUnreachable', message);
    this.retryAfterMs = retryAfterMs;
  }
}
