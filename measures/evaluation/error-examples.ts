/** Rows that one model gets wrong and the other right, the surest mistakes first. */
import { figure } from '#contracts/data.ts';
import type { ErrorExample, ErrorExamples } from '#contracts/error-examples.ts';
import type { ReadColumns, TextColumn } from '#ports/tables.ts';
import { rowCount } from '../statistics/metric.ts';
import type { Rows } from '../statistics/rows.ts';
import type { PairedRows } from './rows.ts';

export interface ExamplesRequest {
  /** Columns whose values are shown. */
  readonly columns: readonly string[];
  /** Somebody named them; else one that holds free text is left out. */
  readonly asked: boolean;
  /** Rows of each kind. */
  readonly rows: number;
}

/** Longer values are cut. */
const VALUE_LENGTH = 120;
/** A value with more letters or words than these is a sentence, and no name of a group. */
const NAME = { letters: 40, words: 4 };

export async function errorExamples(
  { columns, asked, rows: most }: ExamplesRequest,
  holdout: string,
  paired: PairedRows,
  read: ReadColumns,
): Promise<ErrorExamples> {
  const { candidate, champion } = paired;
  const worse = surest(candidate, champion, most);
  const better = champion && surest(champion, candidate, most);
  const wanted = [...worse.places, ...(better?.places ?? [])];
  const values = new Map<string, TextColumn>();
  for (const column of wanted.length === 0 ? [] : columns) {
    const found = (await read(holdout, { [column]: 'text' })).columns[column] as TextColumn;
    if (asked || !found.values.some(isFreeText)) values.set(column, found);
  }
  const shown = ({ count, places }: Surest) => ({
    rows: count,
    shown: places.map((place) => exampleOf(paired, place, [...values.values()])),
  });
  return {
    columns: [...values.keys()],
    hidden: wanted.length === 0 ? [] : columns.filter((column) => !values.has(column)),
    worse: shown(worse),
    better: better && shown(better),
  };
}

/** A sentence, not a name. */
export const isFreeText = (value: string): boolean =>
  value.length > NAME.letters || value.trim().split(/\s+/).length > NAME.words;

function exampleOf({ candidate, champion, classes, kept }: PairedRows, at: number, columns: readonly TextColumn[]) {
  const row = kept[at] as number;
  const name = (value: number) => (classes ? (classes[value] ?? String(value)) : shortNumber(value));
  const said = (rows: Rows): ErrorExample['candidate'] => {
    const sure = surenessOf(rows)(at);
    return { says: name(saidOf(rows)(at)), sure: Number.isNaN(sure) ? null : figure(sure) };
  };
  return {
    row,
    truth: name(candidate.y[at] as number),
    candidate: said(candidate),
    champion: champion && said(champion),
    values: columns.map(({ codes, values }) => {
      const value = values[codes[row] as number];
      return value === undefined ? null : value.slice(0, VALUE_LENGTH);
    }),
  };
}

const shortNumber = (value: number): string => String(Number(value.toPrecision(6)));

interface Surest {
  /** All such rows. */
  readonly count: number;
  /** The first of them, as places among the kept rows. */
  readonly places: readonly number[];
}

/** Rows that `one` gets wrong and `other` (where there is one) right; of a regression those where it is further off. */
function surest(one: Rows, other: Rows | null, most: number): Surest {
  const mistake = other ? mistakeBeside(one, other) : mistakeOf(one);
  const best: { at: number; size: number }[] = [];
  let count = 0;
  for (let at = 0; at < rowCount(one); at++) {
    const size = mistake(at);
    if (size < 0) continue;
    count++;
    if (best.length === most && size <= (best.at(-1) as { size: number }).size) continue;
    // Of equal ones the earlier row: it stands before the first that is smaller.
    const place = best.findIndex((each) => each.size < size);
    best.splice(place < 0 ? best.length : place, 0, { at, size });
    if (best.length > most) best.pop();
  }
  return { count, places: best.map(({ at }) => at) };
}

type Mistake = (at: number) => number;

/** How sure, or how great, a mistake is; below zero: it is none. */
function mistakeOf(rows: Rows): Mistake {
  if (rows.task === 'regression') {
    const { y, predicted } = rows;
    return (at) => Math.abs((predicted[at] as number) - (y[at] as number)) || -1;
  }
  const [said, sure] = [saidOf(rows), surenessOf(rows)];
  return (at) => (said(at) === rows.y[at] ? -1 : sure(at) || 0);
}

function mistakeBeside(one: Rows, other: Rows): Mistake {
  const [own, theirs] = [mistakeOf(one), mistakeOf(other)];
  if (one.task === 'regression')
    return (at) => {
      const further = Math.max(0, own(at)) - Math.max(0, theirs(at));
      return further > 0 ? further : -1;
    };
  return (at) => (theirs(at) < 0 ? own(at) : -1);
}

/** By row the number of the class that it says, or the number itself. */
function saidOf(rows: Rows): (at: number) => number {
  if (rows.task === 'binary') return (at) => ((rows.score[at] as number) >= rows.threshold ? 1 : 0);
  return (at) => rows.predicted[at] as number;
}

/** Its probability of that; NaN where it gives none. A score beyond 0 … 1 is no probability: how far it is from the threshold orders it. */
function surenessOf(rows: Rows): (at: number) => number {
  if (rows.task === 'regression') return () => Number.NaN;
  if (rows.task === 'multiclass') {
    const { probabilities, predicted, classes } = rows;
    return probabilities ? (at) => probabilities[at * classes + (predicted[at] as number)] as number : () => Number.NaN;
  }
  const { score, threshold } = rows;
  if (score.some((each) => each < 0 || each > 1)) return (at) => Math.abs((score[at] as number) - threshold);
  return (at) => ((score[at] as number) >= threshold ? (score[at] as number) : 1 - (score[at] as number));
}
