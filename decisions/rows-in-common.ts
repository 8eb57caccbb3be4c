/**
 * Which rows of a holdout a model was trained on: by the windows of their time, by their places in one table, by the
 * dataset itself; else nobody knows. A model looks better on rows that it has seen, so no comparison may rest on them.
 */
import type { DatasetRef } from '#contracts/data.ts';
import {
  type Places,
  type TimeWindow,
  type Training,
  type TrainingRows,
  trainingOf,
} from '#contracts/training-rows.ts';

export interface RowsInCommon {
  /** Windows of the training that reach into the holdout: its rows of their time count as seen. */
  readonly windows: readonly TimeWindow[];
  /** Rows of the holdout that were trained on, by their place in it, from 0; `to` is exclusive. */
  readonly places: readonly { readonly from: number; readonly to: number }[];
  /** All of its rows. */
  readonly all: boolean;
  /** Rows that it was trained on and that cannot be held against the holdout. */
  readonly unknown: readonly TrainingRows[];
}

type Holdout = Pick<DatasetRef, 'digest' | 'rows' | 'origin'>;

/** @param training absent: nobody recorded it */
export function rowsInCommon(holdout: Holdout, training: Training | undefined): RowsInCommon {
  const found = { windows: [] as TimeWindow[], places: [] as Places[], all: false, unknown: [] as TrainingRows[] };
  const own = holdout.origin;
  for (const trained of trainingOf(training)) {
    if (trained.digest !== null && trained.digest === holdout.digest) found.all = true;
    else if (trained.digest !== null && trained.digest === own?.apartFrom) continue;
    else if (trained.window && own?.window) {
      if (!overlap(instants(trained.window), instants(own.window))) continue;
      if (own.times) found.windows.push(trained.window);
      else if (covers(instants(trained.window), instants(own.window))) found.all = true;
      else found.unknown.push(trained);
    } else if (trained.places && own?.places && trained.places.table === own.places.table) {
      const first = own.places.from;
      const from = Math.max(trained.places.from, first) - first;
      const to = Math.min(trained.places.to, own.places.to) - first;
      if (from < to) found.places.push({ ...own.places, from, to });
    } else found.unknown.push(trained);
  }
  return { ...found, places: found.places.map(({ from, to }) => ({ from, to })) };
}

interface Span {
  readonly from: number;
  readonly to: number;
}
const instants = ({ from, to }: TimeWindow): Span => ({ from: Date.parse(from), to: Date.parse(to) });
const overlap = (a: Span, b: Span) => a.from < b.to && b.from < a.to;
const covers = (a: Span, b: Span) => a.from <= b.from && b.to <= a.to;
