/** The windows of the year that the demo trains on, by the day on which each ends. */
import { UserError } from '#contracts/failures.ts';

const DAY = 86_400_000;
/** 90 days of training and 21 of holdout, from the first flights on. */
const EARLIEST = '2013-04-22';
const LATEST = '2014-01-01';
const MOST_WINDOWS = 60;

/** ISO days. @throws UserError InvalidInput when the range is empty, outside the data, or too long. */
export function windows(options: { from: string; to: string; every: number }): string[] {
  const { from, to, every } = options;
  if (from < EARLIEST || to > LATEST)
    throw new UserError(
      'InvalidInput',
      `The flights are those of 2013, and a window needs 111 days before it: --from ${from} --to ${to} must lie between ${EARLIEST} and ${LATEST}.`,
    );
  if (from > to) throw new UserError('InvalidInput', `--from ${from} is after --to ${to}.`);
  const count = Math.floor((Date.parse(to) - Date.parse(from)) / (every * DAY)) + 1;
  if (count > MOST_WINDOWS)
    throw new UserError(
      'InvalidInput',
      `That makes ${count} windows; ${MOST_WINDOWS} is the most. Give a larger --every.`,
    );
  return Array.from({ length: count }, (_, index) =>
    new Date(Date.parse(from) + index * every * DAY).toISOString().slice(0, 10),
  );
}
