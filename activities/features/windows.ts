import type { z } from 'zod';
import { milliseconds } from '#contracts/duration.ts';
import { UserError } from '#contracts/failures.ts';
import type { Split } from '#contracts/stages/featurize.ts';
import { parseTime, timeText } from '../data/time.ts';
import type { RowSplit } from '../ports/tables.ts';

type Given = z.output<typeof Split>;

/** `asOf` ends the holdout (exclusive); the gap lies between it and the end of the training window. */
export function windowsOf(split: Given): RowSplit {
  if (split.by === 'share') return split;
  const asOf = parseTime(split.asOf, 'split.asOf');
  const from = asOf - milliseconds(split.holdout);
  const to = from - (split.gap === undefined ? 0 : milliseconds(split.gap));
  const train = milliseconds(split.train);
  if (train === 0 || from === asOf)
    throw new UserError(
      'InvalidInput',
      `split: train is ${split.train} and holdout ${split.holdout}; both must be longer than nothing`,
    );
  return { by: 'time', train: { from: to - train, to }, holdout: { from, to: asOf } };
}

/**
 * Why a part is empty, and which `asOf` would fill both.
 * @param range of the data's times, before `where`
 */
export function emptyPart(
  part: 'train' | 'holdout',
  split: Given,
  windows: RowSplit,
  range: { first: number; last: number } | null,
  where: string | null,
): UserError {
  const name = part === 'train' ? 'training window' : 'holdout';
  const filtered = where === null ? '' : ` that \`where\` keeps`;
  if (split.by === 'share' || windows.by === 'share')
    return new UserError('DataInvalid', `the ${name} is empty: there are fewer than two rows${filtered}`);
  const window = `${timeText(windows[part].from)} up to ${timeText(windows[part].to)}`;
  if (range === null) return new UserError('DataInvalid', `the ${name} is empty: the data have no rows with a time`);
  const earliest = range.first + milliseconds(split.holdout) + (split.gap === undefined ? 0 : milliseconds(split.gap));
  const latest = range.last + milliseconds(split.holdout);
  const advice =
    earliest < latest
      ? `an asOf after ${timeText(earliest)} and until ${timeText(range.last > earliest ? range.last : latest)} would give both parts rows`
      : 'they are too short for this holdout and gap: shorten them';
  return new UserError(
    'DataInvalid',
    `the ${name} is empty: no row${filtered} is from ${window}. The data are from ${timeText(range.first)} to ${timeText(range.last)}; ${advice}`,
  );
}
