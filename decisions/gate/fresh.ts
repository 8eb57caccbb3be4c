/** What a gate says of holdout rows that earlier verdicts of the model used. */
import type { Figures } from './directions.ts';
import type { Finding } from './finding.ts';
import { LEAST_ROWS } from './overlap.ts';
import { LEAST_UNITS, unitOf, unitsInWords } from './units.ts';

/**
 * Why too little is left that no earlier verdict used, and how much is missing; null where enough is left, and where nothing was
 * left out. Inconclusive: the next rows decide.
 */
export function judgeFresh(evidence: Figures): Finding | null {
  const { reuse, rows, overlap } = evidence;
  if (!reuse?.fresh || reuse.rows === 0) return null;
  const left = rows - (overlap?.rows ?? 0) - reuse.rows;
  const unit = unitOf(evidence.comparisons[0] ?? null, evidence);
  const few = left >= LEAST_ROWS && unit.count < LEAST_UNITS;
  if (left >= LEAST_ROWS && !few) return null;
  const missing = few ? LEAST_UNITS - unit.count : LEAST_ROWS - left;
  const what = few ? unitsInWords(unit) : rowsInWords(left);
  const needs = few ? `${LEAST_UNITS} of them` : `${LEAST_ROWS} rows`;
  return {
    outcome: 'inconclusive',
    reason: `${left === 0 ? 'no row is' : `only ${what} ${left === 1 ? 'is' : 'are'}`} left that no earlier verdict of this model used (${usedInWords(evidence)}), and the gate needs ${needs}: ${missing.toLocaleString('en-US')} more ${missing === 1 ? 'is' : 'are'} missing. Run again with newer rows; \`holdout: 'reused'\` in the rules judges on the same ones once more`,
    distance: [few ? unit.by : 'rows', missing],
  };
}

/** Told, whatever the verdict is, where used rows decide with the others. */
export function reuseNotes(evidence: Figures): string[] {
  const { reuse } = evidence;
  if (!reuse || reuse.fresh || reuse.rows === 0) return [];
  return [`note: ${usedInWords(evidence)}: what looked good there by chance looks good again`];
}

/** `3 earlier verdicts used 1,200 of 4,800 rows`. */
export function usedInWords({ reuse, rows }: Pick<Figures, 'reuse' | 'rows'>): string {
  const { verdicts, rows: used } = reuse ?? { verdicts: 0, rows: 0 };
  return `${verdicts === 1 ? '1 earlier verdict' : `${verdicts.toLocaleString('en-US')} earlier verdicts`} used ${used === rows ? `all ${rowsInWords(rows)}` : `${used.toLocaleString('en-US')} of ${rowsInWords(rows)}`}`;
}

const rowsInWords = (count: number): string => `${count.toLocaleString('en-US')} ${count === 1 ? 'row' : 'rows'}`;
