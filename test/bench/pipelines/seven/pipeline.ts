/** Seven steps that do nothing, one after another: what is measured is what lies between them. */
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
  name: 'seven',
  params: z.strictObject({}),
  graph: ({ run }) => {
    let last = run(noop, { value: 0 });
    for (let step = 1; step < 7; step++) last = run(noop, { value: last.value });
    return { value: last.value };
  },
});
