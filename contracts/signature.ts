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

/** What came of a model's input example, predicted by the model as it was loaded anew; null: none was logged with it. */
export const InputExample = z
  .object({
    /** Of the example; null: it has none, such as one of text. */
    rows: z.number().int().nullable(),
    /** Why it was not predicted, in the library's words; null: it was. */
    error: z.string().nullable(),
  })
  .nullable();
export type InputExample = z.output<typeof InputExample>;
