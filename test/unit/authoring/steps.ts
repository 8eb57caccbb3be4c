/** Small steps to wire in tests; none of them runs. */
import { definePipeline, defineStep, type GraphContext, type Pipeline } from 'ratchet-ml';
import { z } from 'zod';
import { userError } from './place.ts';

const run = () => {
  throw new Error('not run in these tests');
};
const Model = z.object({ uri: z.string(), score: z.number() });

export const load = defineStep({
  name: 'load',
  input: z.strictObject({ path: z.string(), limit: z.number().int().min(1).optional() }),
  output: z.object({ rows: z.number(), ok: z.boolean(), parts: z.array(z.string()), note: z.string().optional() }),
  run,
});
export const fit = defineStep({
  name: 'fit',
  input: z.strictObject({
    rows: z.number(),
    from: z.string().optional(),
    options: z.strictObject({ depth: z.number().max(10), tags: z.array(z.string()).default([]) }).optional(),
    init: Model.optional(),
  }),
  output: z.object({ model: Model, metrics: z.record(z.string(), z.number()) }),
  run,
});
export const pick = defineStep({
  name: 'pick',
  input: z.object({ models: z.array(Model), at: z.number().optional() }),
  output: z.object({ model: Model, done: z.boolean() }),
  run,
});
export const ship = defineStep({
  name: 'ship',
  effect: true,
  input: z.object({ model: Model, note: z.string().optional() }),
  output: z.object({ version: z.string() }),
  run,
});

export const values = { champion: null, asOf: '2013-06-17T00:00:00Z' };
type NoParams = z.ZodObject<Record<never, never>>;
export const pipelineOf = <R>(graph: (g: GraphContext<NoParams>) => R): Pipeline<NoParams, unknown> =>
  definePipeline({ name: 'example', params: z.object({}), graph });
/** The graph as it compiles without params. */
export const compiled = <R>(graph: (g: GraphContext<NoParams>) => R) => pipelineOf(graph).compile({}, values);
/** Message of the InvalidPipeline error that building `graph` gives. */
export function message(graph: Parameters<typeof pipelineOf>[0]): string {
  const error = userError(() => compiled(graph));
  if (error.type !== 'InvalidPipeline') throw error;
  return error.message;
}
/** What TypeScript refuses and JavaScript does not. */
export const anything = (value: unknown) => value as never;
