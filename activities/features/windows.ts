import type { z } from 'zod';
import { milliseconds } from '#contracts/duration.ts';
import { UserError } from '#contracts/failures.ts';
import type { Split } from '#contracts/stages/featurize.ts';
import type { Featurized, RowSplit } from '#ports/tables.ts';
import { parseTime, timeText } from '../data/time.ts';

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
  const late =
    part === 'holdout' && range.last < windows.holdout.from
      ? `. If labels are late, so that the newest rows are not there yet, end training and holdout earlier: labelsAfter of continuousTraining, or an earlier split.asOf`
      : '';
  const earliest = range.first + milliseconds(split.holdout) + (split.gap === undefined ? 0 : milliseconds(split.gap));
  const latest = range.last + milliseconds(split.holdout);
  const advice =
    earliest < latest
      ? `an asOf after ${timeText(earliest)} and until ${timeText(range.last > earliest ? range.last : latest)} would give both parts rows`
      : 'they are too short for this holdout and gap: shorten them';
  return new UserError(
    'DataInvalid',
    `the ${name} is empty: no row${filtered} is from ${window}. The data are from ${timeText(range.first)} to ${timeText(range.last)}; ${advice}${late}`,
  );
}

/** Rows without labels teach nothing and judge nothing: told before anything is trained. */
export function unlabelledPart(
  part: 'train' | 'holdout',
  { target, split }: { readonly target?: string | undefined; readonly split: Given },
  windows: RowSplit,
  { [part]: { rows }, labelled }: Pick<Featurized, 'train' | 'holdout' | 'labelled'>,
): UserError {
  const name = part === 'train' ? 'training window' : 'holdout';
  const where =
    windows.by === 'share' ? '' : ` from ${timeText(windows[part].from)} up to ${timeText(windows[part].to)}`;
  const last = labelled?.last ?? null;
  const known = last === null ? 'no row of the data has a label' : `the last row with a label is of ${timeText(last)}`;
  const advice =
    last === null || split.by === 'share'
      ? `check the column ${target}, or leave out rows without it: \`where: '${target} IS NOT NULL'\``
      : `if labels are late, say how late and training and holdout end so much earlier (labelsAfter of continuousTraining, such as labelsAfter: '${lateness(Date.parse(split.asOf) - last)}'), or run as of an earlier time`;
  return new UserError(
    'DataInvalid',
    `the ${name}${where} has ${rows.toLocaleString('en-US')} rows and no label: ${target} is missing in all of them. As to labels, ${known}; ${advice}`,
  );
}

/** Whole days, so that no label is missed. */
const lateness = (ms: number) => `${Math.max(1, Math.ceil(ms / 86_400_000))}d`;
