/**
 * Did rows that look alike turn out otherwise? Decided over all columns together: Holm's step-down keeps the chance of any
 * false alarm, with however many columns, at or below {@link ALPHA} (Holm 1979). Certain is not yet much: with many rows
 * the smallest difference is certain, so a difference must be beyond {@link LEAST} with its error taken off.
 */
import type { ConceptCell, ConceptTest, ConceptTests } from '#contracts/concept.ts';
import { counted, short, signed } from './words.ts';

/** Chance of any false alarm in one comparison, rows being independent. */
const ALPHA = 0.01;
/** In deviations of one row's residual: half of what Cohen (1988) calls a small effect. */
export const LEAST = 0.1;
/** One-sided, 95 %. */
const ERRORS = 1.645;
/** Columns whose strongest cell is told. */
const TOLD = 5;

interface CellsFinding {
  readonly seen: boolean;
  readonly why: string[];
}

export function conceptInCells({ tests, rows, notTested }: ConceptTests): CellsFinding {
  const certain = tests.filter((_, at) => holm(tests, at) <= ALPHA);
  const great = certain.flatMap((test) => {
    const cell = test.worst.find((each) => least(each) >= LEAST);
    return cell ? [{ test, cell }] : [];
  });
  const of = `${counted(tests.length, 'column')} over ${counted(rows.analysis, 'labelled row')}`;
  const silent =
    notTested.length === 0
      ? []
      : [`not tested: ${notTested.map(({ column, why }) => `${column} (${why})`).join(', ')}`];
  if (great.length > 0)
    return {
      seen: true,
      why: [
        `rows that look alike turn out otherwise, in ${great.length} of ${of}`,
        ...great.slice(0, TOLD).map(({ test, cell }) => told(test, cell)),
        ...silent,
      ],
    };
  const [first] = tests;
  const strongest = first?.worst[0];
  const nearly = `rows that look alike turn out nearly alike: differences are certain in ${certain.length} of ${of}, but none is beyond ${LEAST} deviations of a row for certain`;
  return {
    seen: false,
    why: [
      certain.length === 0 ? `rows that look alike turn out alike, in ${of}` : nearly,
      ...(certain.length > 0 && first && strongest ? [`the strongest is ${told(first, strongest)}`] : []),
      ...silent,
    ],
  };
}

/** Tests come sorted by p. */
function holm(tests: readonly ConceptTest[], at: number): number {
  return Math.max(...tests.slice(0, at + 1).map(({ p }, place) => Math.min(1, p * (tests.length - place))));
}

/** What the effect is at least, with its error taken off. */
const least = ({ effect, z }: ConceptCell): number => Math.abs(effect) * (1 - ERRORS / Math.max(Math.abs(z), ERRORS));

function told({ column }: ConceptTest, { cell, of, reference, analysis, z, effect, rows }: ConceptCell): string {
  const where = `${column ?? 'score'} ${cell}`;
  const size = `${short(Math.abs(effect))} deviations of a row, ${short(Math.abs(z))} standard errors, ${counted(rows.analysis, 'row')}`;
  if (of === 'level')
    return `${where}: labels differ by ${signed(analysis)} from what is expected, before by ${signed(reference)} (${size})`;
  return `${where}: the effect of the score is ${changed(analysis, reference)}: labels rise by ${short(analysis)} where it rises by 1, before by ${short(reference)} (${size})`;
}

function changed(now: number, before: number): string {
  if (now < -0.25) return 'reversed';
  if (now < 0.25) return 'gone';
  return now < before ? 'weaker' : 'stronger';
}
