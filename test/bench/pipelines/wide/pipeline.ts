/** One map over a step that does nothing. */
import { definePipeline, defineStep } from 'ratchet-ml';
import { z } from 'zod';

const noop = defineStep({
  name: 'noop',
  input: z.strictObject({ value: z.number() }),
  output: z.strictObject({ value: z.number() }),
  cache: false,
  run: ({ value }) => ({ value: value + 1 }),
});

export default definePipeline({
  name: 'wide',
  params: z.strictObject({ width: z.number().int().min(1).max(10_000) }),
  graph: ({ params, run, map }) => {
    const items = Array.from({ length: params.width }, (_, index) => index);
    return { values: map(items, (value) => run(noop, { value }).value) };
  },
});
