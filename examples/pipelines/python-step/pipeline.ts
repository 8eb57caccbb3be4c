import { definePipeline, scriptStep } from 'ratchet-ml';
import { z } from 'zod';

/** A detached process: it outlives the worker that started it, and the next one takes it over. */
const median = scriptStep({
  name: 'median',
  command: 'python median.py',
  input: z.object({ numbers: z.array(z.number()).min(1) }),
  output: z.object({ median: z.number() }),
});

export default definePipeline({
  name: 'python-step',
  params: z.object({ numbers: z.array(z.number()).default([3, 1, 4, 1, 5]) }),
  graph: ({ params, run }) => run(median, { numbers: params.numbers }).median,
});
