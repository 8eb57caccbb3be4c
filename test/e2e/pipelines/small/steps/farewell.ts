import { appendFileSync } from 'node:fs';
import { defineStep } from 'ratchet-ml';
import { z } from 'zod';

/** Leaves a trace outside, so that a test sees that it ran. */
export const farewell = defineStep({
  name: 'farewell',
  effect: true,
  input: z.object({ file: z.string() }),
  output: z.string(),
  run: ({ file }) => {
    appendFileSync(file, 'over\n');
    return 'over';
  },
});
