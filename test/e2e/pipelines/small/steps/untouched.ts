import { defineStep } from 'ratchet-ml';
import { z } from 'zod';

export const untouched = defineStep({
  name: 'untouched',
  input: z.object({}),
  output: z.string(),
  run: () => 'as it was',
});
