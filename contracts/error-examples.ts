/** Rows of the holdout that one model gets wrong and the other right: what a person looks at to see what changes. */
import { z } from 'zod';
import { Figure } from './trigger.ts';

const said = z.object({
  /** Its class, or of a regression its number. */
  says: z.string(),
  /** Its probability of that class; null where it gives none. */
  sure: Figure.nullable(),
});
const example = z.object({
  /** Place in the holdout, from 0. */
  row: z.number().int(),
  truth: z.string(),
  candidate: said,
  /** Null without a champion. */
  champion: said.nullable(),
  /** One for each column that is shown; null: no value. */
  values: z.array(z.string().nullable()),
});
export type ErrorExample = z.output<typeof example>;

const examples = z.object({
  /** How many such rows there are. */
  rows: z.number().int(),
  /** The surest mistakes first. */
  shown: z.array(example),
});

export const ErrorExamples = z.object({
  /** Columns whose values are beside each row. */
  columns: z.array(z.string()),
  /** Columns that would be, but hold free text that nobody asked for. */
  hidden: z.array(z.string()),
  /** The candidate is wrong and the champion right; without a champion: the candidate is wrong. Of a regression: it is further from the truth. */
  worse: examples,
  /** The other way round; null without a champion. */
  better: examples.nullable(),
});
export type ErrorExamples = z.output<typeof ErrorExamples>;

/** What evaluate keeps of them. */
export const ErrorExampleOptions = z.strictObject({
  /** Columns whose values stand beside each row, free text too; default: those of slices, time and groupBy, without free text. */
  columns: z.array(z.string()).max(20).optional(),
  /** Rows of each kind; default 10. */
  rows: z.number().int().min(1).max(20).default(10),
});
