import { z } from 'zod';

/** A workflow whose task fails each time that a worker does it: the workflow stands still, although Temporal calls it running. */
export const FailingTask = z.strictObject({
  /** The workflow's id: a run's own, or one of the children that do a wide map's items. */
  workflow: z.string(),
  /** In a row, up to now. */
  failures: z.number(),
  /** ISO: when the task was to be done first. */
  since: z.iso.datetime(),
  /** What Temporal recorded of the first of them. */
  reason: z.string(),
});
export type FailingTask = z.output<typeof FailingTask>;

export const failingInWords = ({ failures, since, reason }: FailingTask): string =>
  `its workflow task has failed ${failures} times since ${since}: ${reason}`;
