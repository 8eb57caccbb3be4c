import { definePipeline, defineStep } from 'ratchet-ml';
import { z } from 'zod';

const measure = defineStep({
  name: 'measure',
  input: z.object({ rows: z.number() }),
  output: z.object({ large: z.boolean() }),
  run: ({ rows }) => ({ large: rows > 1_000 }),
});

const plan = defineStep({
  name: 'plan',
  input: z.object({ how: z.string() }),
  output: z.object({ how: z.string() }),
  run: ({ how }) => ({ how }),
});

export default definePipeline({
  name: 'branches',
  params: z.object({ rows: z.number().default(50), explain: z.boolean().default(false) }),
  graph: ({ params, run, when }) => {
    const { large } = run(measure, { rows: params.rows });
    // What a step says is known only when it ran: `when`. A param is a value: an ordinary `if`.
    const chosen = when(large, () => run(plan, { how: 'by a sample' })).otherwise(() =>
      run(plan, { how: 'by all rows' }),
    );
    return params.explain ? { how: chosen.how, large } : chosen.how;
  },
});
