import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from '#contracts/json.ts';

/**
 * The seed of a step's random numbers, 31 bits: a function of what the cache takes for the same work, so that a result
 * that is served was drawn with the very seed that the step would have been given. The same in every attempt, run and
 * place of a map; a trial that shall differ has another input.
 */
export function seedOf(step: string, input: Json): number {
  const digest = createHash('sha256')
    .update(`seed\0${step}\0${canonicalJson(input)}`)
    .digest('hex');
  return Number.parseInt(digest.slice(0, 8), 16) & 0x7fffffff;
}
