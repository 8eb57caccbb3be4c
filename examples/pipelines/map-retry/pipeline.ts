import { definePipeline, defineStep } from 'ratchet-ml';
import { z } from 'zod';

/** Each item is tried on its own: three times in all, and the others go on. */
const root = defineStep({
  name: 'root',
  input: z.object({ of: z.number() }),
  output: z.object({ root: z.number() }),
  retry: { attempts: 3 },
  run: ({ of }) => {
    if (of < 0) throw new Error(`${of} has no real root`);
    return { root: Math.sqrt(of) };
  },
});

const total = defineStep({
  name: 'total',
  input: z.object({
    roots: z.array(
      z.union([
        z.object({ ok: z.literal(true), value: z.number() }),
        z.object({ ok: z.literal(false), failure: z.string() }),
      ]),
    ),
  }),
  output: z.object({ sum: z.number(), failed: z.number() }),
  run: ({ roots }) => ({
    sum: roots.reduce((sum, each) => sum + (each.ok ? each.value : 0), 0),
    failed: roots.filter((each) => !each.ok).length,
  }),
});

export default definePipeline({
  name: 'map-retry',
  params: z.object({ numbers: z.array(z.number()).default([4, 9, -1, 16]) }),
  // `map` would fail as a whole; `mapSettled` gives what came of each.
  graph: ({ params, run, mapSettled }) =>
    run(total, { roots: mapSettled(params.numbers, (of) => run(root, { of }).root) }),
});
