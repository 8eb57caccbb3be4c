import { defineStep } from 'ratchet-ml';
import { z } from 'zod';
import { rows } from './rows.ts';

export const measure = defineStep({
  name: 'measure',
  input: z.object({}),
  output: z.object({ rows: z.number() }),
  run: () => ({ rows: rows() }),
});
