import { definePipeline, defineStep } from 'ratchet-ml';
import { z } from 'zod';

const greet = defineStep({
  name: 'greet',
  input: z.object({ name: z.string() }),
  output: z.object({ text: z.string() }),
  run: ({ name }) => ({ text: `Hello, ${name}!` }),
});

const shout = defineStep({
  name: 'shout',
  input: z.object({ text: z.string() }),
  output: z.object({ text: z.string() }),
  run: ({ text }) => ({ text: text.toUpperCase() }),
});

export default definePipeline({
  name: 'hello',
  params: z.object({ name: z.string().default('world') }),
  // Called once, before anything runs. What `run` gives is a reference; passing it on makes an edge.
  graph: ({ params, run }) => run(shout, { text: run(greet, { name: params.name }).text }).text,
});
