/** What `ratchet init` makes of a target that is missing in some rows: labels that are late, or rows that never get one. */

import type { Duration } from '#contracts/duration.ts';
import { UserError } from '#contracts/failures.ts';
import type { RowCondition } from '#expectations/condition.ts';
import type { Tables } from '#ports/tables.ts';

const DAY_MS = 86_400_000;

export interface Labels {
  /** In whole days: rows older than this, counted from the last row, all have their label. Null: it cannot be told. */
  labelsAfter: Duration | null;
  notes: readonly string[];
}

/**
 * @param file Parquet of the table
 * @throws UserError InvalidInput when no row has a label
 */
export async function labelsOf(
  tables: Pick<Tables, 'measure'>,
  file: string,
  { target, time, rows }: { target: string; time: string | null; rows: number },
): Promise<Labels> {
  const labelled = (not: boolean): RowCondition => ({ kind: 'null', column: target, not });
  const [known, ...times] = await tables.measure({
    files: [file],
    measures: [
      { of: 'nonNull', column: target },
      ...(time === null
        ? []
        : ([
            { of: 'max', column: time, where: labelled(true) },
            { of: 'min', column: time, where: labelled(false) },
            { of: 'max', column: time },
          ] as const)),
    ],
  });
  const count = Number(known && 'value' in known ? known.value : Number.NaN);
  if (count === 0)
    throw new UserError(
      'InvalidInput',
      `--target "${target}" is empty in all ${rows.toLocaleString('en')} rows, so nothing can be learned from them. Where labels come late, give older files, too: --data 'FOLDER/*.csv'.`,
    );
  const missing = rows - count;
  if (!(missing > 0)) return { labelsAfter: null, notes: [] };
  const [lastKnown, firstMissing, last] = times.map((answer) =>
    Date.parse(String('value' in answer ? answer.value : '')),
  );
  const part = `"${target}" is empty in ${missing.toLocaleString('en')} of ${rows.toLocaleString('en')} rows`;
  if (lastKnown !== undefined && firstMissing !== undefined && last !== undefined && lastKnown <= firstMissing) {
    // The oldest row without one is younger than this.
    const labelsAfter: Duration = `${Math.floor((last - firstMissing) / DAY_MS) + 1}d`;
    return {
      labelsAfter,
      notes: [
        `${part}, the newest: labels seem to come ${labelsAfter} after their rows. Mend labelsAfter where that is wrong.`,
      ],
    };
  }
  return {
    labelsAfter: null,
    notes: [
      `${part}: a run refuses them. Where labels come late, say how late: ${time === null ? '--time COLUMN, and ' : ''}labelsAfter: '14d' in pipeline.ts. Rows that never get one are left out by \`where\`.`,
    ],
  };
}
