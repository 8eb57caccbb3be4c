/** Rows of the holdout that a side was trained on, or that an earlier verdict used: which they are. */
import { UserError } from '#contracts/failures.ts';
import type { RowsInCommon } from '#decisions/rows-in-common.ts';
import type { ReadColumns } from '#ports/tables.ts';

/** Rows by the span of their time, in milliseconds; `to` is exclusive. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** Rows that earlier verdicts used. */
export interface UsedRows {
  readonly spans: readonly Span[];
  /** All of the holdout's. */
  readonly all: boolean;
  /** They are left out; else they are counted. */
  readonly leaveOut: boolean;
}

export interface SeenRequest {
  /** Parquet with the times of the holdout's rows, in their order, as `time`; null where no window reaches into it. */
  readonly times: string | null;
  readonly candidate: RowsInCommon;
  /** Null: there is none. */
  readonly champion: RowsInCommon | null;
  /** Absent: nobody knows of any. */
  readonly used?: UsedRows;
}
/** By row of the holdout: 1 where the side has seen it, or an earlier verdict used it. */
export interface SeenRows {
  readonly candidate: Uint8Array;
  readonly champion: Uint8Array;
  readonly used: Uint8Array;
}

export const needsTimes = ({ candidate, champion, used }: Omit<SeenRequest, 'times'>): boolean =>
  [candidate, champion].some((side) => side !== null && !side.all && side.windows.length > 0) ||
  (used !== undefined && !used.all && used.spans.length > 0);

/** @throws UserError InvalidInput when the times are those of other rows */
export async function seenRows(request: SeenRequest, rows: number, read: ReadColumns): Promise<SeenRows> {
  let times: Float64Array | null = null;
  if (request.times !== null) {
    const { columns } = await read(request.times, { time: 'number' });
    times = columns.time;
    if (times.length !== rows)
      throw new UserError(
        'InvalidInput',
        `the holdout has ${rows} rows and the times of ${times.length}: give evaluate the holdout of featurize as it is`,
      );
  }
  const { candidate, champion, used } = request;
  return {
    candidate: marked(candidate, rows, times),
    champion: marked(champion, rows, times),
    used: marked(used ? { ...used, windows: used.spans, places: [] } : null, rows, times),
  };
}

interface Marks {
  readonly all: boolean;
  readonly places: readonly Span[];
  /** ISO, or milliseconds. */
  readonly windows: readonly { readonly from: string | number; readonly to: string | number }[];
}

function marked(side: Marks | null, rows: number, times: Float64Array | null): Uint8Array {
  const seen = new Uint8Array(rows);
  if (!side) return seen;
  if (side.all) return seen.fill(1);
  for (const { from, to } of side.places) seen.fill(1, from, to);
  if (!times) return seen;
  for (const window of side.windows) {
    const [from, to] = [window.from, window.to].map((end) => new Date(end).getTime()) as [number, number];
    for (let row = 0; row < rows; row++)
      if ((times[row] as number) >= from && (times[row] as number) < to) seen[row] = 1;
  }
  return seen;
}
