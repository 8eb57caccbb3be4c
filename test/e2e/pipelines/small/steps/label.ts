import { defineStep } from 'ratchet-ml';
import { z } from 'zod';

export const label = defineStep({
  name: 'label',
  input: z.object({ rows: z.number() }),
  output: z.string(),
  run: ({ rows }) => `${rows} rows`,
});
