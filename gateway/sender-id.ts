/** Ids of events, each within what its sender may name: nobody takes the id of another's event, of a firing or of a run. */
import { createHash } from 'node:crypto';
import type { Caller } from './access/caller.ts';

/** As evidence has it. */
const LONGEST = 200;

/** The same id of the same sender is the same event. A sender is a token, the secret of webhooks, or this machine's user. */
export function senderId({ key }: Pick<Caller, 'key'>, id: string): string {
  const whole = `${key}:${id}`;
  if (whole.length <= LONGEST) return whole;
  return `${key}:sha256-${createHash('sha256').update(id).digest('hex')}`;
}
