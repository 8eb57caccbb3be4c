import { z } from 'zod';
import { VersionRef } from '../data.ts';
import { defineStage } from './stage.ts';

/**
 * Asks `model/<name>` to make the version champion; refused with ChampionMoved when the champion is no longer the one it was judged against. `taken-back`: it was champion on this very verdict, and a rollback took it back. `later-champion`: the champion was made for a later time than the run's, and stays.
 * @example
 * ```ts
 * const promotion = (graph: Graph, candidate: Ref<ModelRef>, verdict: Ref<Verdict>) => {
 *   const { ref } = graph.run(register, { candidate, verdict });
 *   return graph.run(promote, { version: ref });
 * };
 * ```
 */
export const promote = defineStage({
  name: 'promote',
  version: '1',
  input: z.strictObject({ version: VersionRef }),
  output: z.object({
    outcome: z.enum(['promoted', 'already-champion', 'taken-back', 'later-champion']),
    champion: z.string(),
    previous: z.string().nullable(),
    epoch: z.number().int(),
    reason: z.string().optional(),
  }),
  settings: { effect: true, timeout: '30m' },
});
