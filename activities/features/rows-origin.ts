/** Which rows of its data each part of a split holds. Said by the rows alone, never by `asOf`: the same rows stay the same input of train. */

import type { z } from 'zod';
import { canonicalJson } from '#contracts/json.ts';
import type { featurize } from '#contracts/stages/featurize.ts';
import type { RowsOrigin, TimeWindow } from '#contracts/training-rows.ts';
import type { Featurized, TimeSpan } from '#ports/tables.ts';
import { sha256 } from '../sha256.ts';

type Input = z.output<typeof featurize.input>;
interface Origins {
  readonly train: RowsOrigin;
  readonly holdout: RowsOrigin;
}

/** Characters of a column's name that are kept: it is for the reader. */
const NAME = 100;
/** The last time that a Date can hold, in milliseconds. */
const LAST_TIME = 8.64e15;

/** @param times where the times of the holdout's rows lie; null without a time column */
export function originsOf(
  input: Input,
  { train, holdout, spans }: Pick<Featurized, 'train' | 'holdout' | 'spans'>,
  times: { uri: string; digest: string } | null,
): Origins {
  const apart = { apartFrom: `md5:${train.md5}` };
  if (input.time === undefined) {
    const table = tableOf(input);
    const end = train.rows + holdout.rows;
    return {
      train: { places: { table, from: 0, to: train.rows } },
      holdout: { places: { table, from: train.rows, to: end }, ...apart },
    };
  }
  const windows = spans ? [windowOf(input.time, spans.train), windowOf(input.time, spans.holdout)] : [];
  const [trained, held] = windows;
  return {
    train: trained ? { window: trained } : {},
    holdout: { ...(held ? { window: held } : {}), ...apart, ...(times ? { times } : {}) },
  };
}

/** Null for times that no calendar has, such as infinity. */
function windowOf(column: string, { first, last }: TimeSpan): TimeWindow | null {
  if (!(Math.abs(first) <= LAST_TIME && Math.abs(last) < LAST_TIME)) return null;
  return {
    column: column.slice(0, NAME),
    from: new Date(first).toISOString(),
    to: new Date(last + 1).toISOString(),
  };
}

/** A lookup adds no rows and changes no order: joins and expressions count only where the filter may read them. */
function tableOf({ data, where, derive, views }: Input): string {
  const joined = views.map(({ data: { digest }, ...view }) => ({ ...view, digest }));
  const filter = where === undefined ? null : { where, derive, views: joined };
  // What is left out is no JSON.
  const told = JSON.parse(JSON.stringify({ data: data.digest, filter }));
  return `sha256:${sha256(canonicalJson(told))}`;
}
