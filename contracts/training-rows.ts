/** Which rows of its data a part of a split holds, and which rows a model was trained on: what holds a holdout against a training. */
import { z } from 'zod';

/** From the first row's time until just after the last one's. */
export const TimeWindow = z.object({
  /** The time column, for the reader; a long name is cut. */
  column: z.string(),
  /** ISO, inclusive. */
  from: z.string(),
  /** ISO, exclusive: a millisecond after the last row's time. */
  to: z.string(),
});
export type TimeWindow = z.output<typeof TimeWindow>;

/** Rows of a table without a time column, by their place in it, from 0. */
export const Places = z.object({
  /** SHA-256 of what decides which rows the table has and in what order: its data, and the filter with all that it reads. */
  table: z.string(),
  from: z.number().int(),
  /** Exclusive. */
  to: z.number().int(),
});
export type Places = z.output<typeof Places>;

/** Where the rows of a dataset that featurize made come from. A function of the rows alone, so that caches hold. */
export const RowsOrigin = z.object({
  window: TimeWindow.optional(),
  places: Places.optional(),
  /** Of a holdout: digest of the training part of the same split. No row is in both. */
  apartFrom: z.string().optional(),
  /** Of a holdout: Parquet with the times of its rows, in their order, in the column `time`. */
  times: z.object({ uri: z.string(), digest: z.string() }).optional(),
});
export type RowsOrigin = z.output<typeof RowsOrigin>;

/** Rows that a trainer was given. Neither window nor places: nobody knows which rows of their source they are. */
export const TrainingRows = z.object({
  /** Digest of the dataset; null for rows that nothing is known of. */
  digest: z.string().nullable(),
  rows: z.number().int().nullable(),
  window: TimeWindow.optional(),
  places: Places.optional(),
});
export type TrainingRows = z.output<typeof TrainingRows>;

/** All that a model has seen: the training part, further parts of a split that its trainer was given, what the model that it began from had seen. */
export const Training = z.array(TrainingRows).max(20);
export type Training = z.output<typeof Training>;

const UNKNOWN: TrainingRows = { digest: null, rows: null };

/** At most as many as {@link Training} holds; what is beyond counts as unknown. */
export function boundedTraining(all: readonly TrainingRows[]): Training {
  return all.length <= 20 ? [...all] : [...all.slice(0, 19), UNKNOWN];
}

/** @param rows null: a model of which nobody recorded what it was trained on */
export const trainingOf = (rows: Training | null | undefined): Training => (rows && rows.length > 0 ? rows : [UNKNOWN]);

/** Longest value of a version's tag. */
const TAG = 5_000;

/** As a version's tag; null when it would not fit. */
export function trainingTag(training: Training | undefined): string | null {
  if (training === undefined) return null;
  const text = JSON.stringify(training);
  return text.length <= TAG ? text : null;
}

/** From a version's tag; undefined when there is none, or somebody wrote another thing there. */
export function readTrainingTag(tag: string | undefined): Training | undefined {
  if (tag === undefined) return undefined;
  try {
    return Training.safeParse(JSON.parse(tag)).data;
  } catch {
    return undefined;
  }
}
