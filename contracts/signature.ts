/** What a model reads and gives, as MLflow logged it with the model. */
import { z } from 'zod';

const Field = z.object({
  /** Null: by position, as of tensors. */
  name: z.string().nullable(),
  /** MLflow's word (`long`, `double`, `string`, …); of what has a structure its JSON. */
  type: z.string(),
  /** Of inputs: a request without it is refused. */
  required: z.boolean(),
});
export const Signature = z.object({ inputs: z.array(Field), outputs: z.array(Field) });
export type Signature = z.output<typeof Signature>;
