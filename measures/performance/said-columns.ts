/** What a model said of a table's rows, in a file of its own, read as columns beside those of the rows. */
import type { Scores } from '#ports/predictor.ts';
import type { ReadColumns, TextColumn } from '#ports/tables.ts';

/** Names that no table has. */
export const said = {
  /** A regression's value, or the predicted class. */
  prediction: "the champion's prediction",
  score: (label: string) => `the champion's score of ${label}`,
} as const;

/** Answers for the names above, and leaves the others to the rows' own file. */
export function withSaid(read: ReadColumns, scores: Scores): ReadColumns {
  const place = new Map<string, string>([
    ...(scores.value ? [[said.prediction, scores.value] as const] : []),
    ...(scores.label ? [[said.prediction, scores.label] as const] : []),
    ...(scores.probabilities ?? []).map(({ label, column }) => [said.score(label), column] as const),
  ]);
  const classes = scores.probabilities ?? [];
  return (async (file: string, wanted: Readonly<Record<string, 'number' | 'text'>>) => {
    const found: Record<string, Float64Array | TextColumn> = {};
    const own: Record<string, 'number' | 'text'> = {};
    for (const [name, kind] of Object.entries(wanted)) {
      const column = place.get(name);
      if (column !== undefined) found[name] = (await read(scores.file, { [column]: kind })).columns[column] as never;
      else if (name === said.prediction && classes.length > 0)
        found[name] = await mostLikely(read, scores.file, classes);
      else own[name] = kind;
    }
    const rest = Object.keys(own).length > 0 ? await read(file, own) : { columns: {} };
    return { rows: scores.rows, columns: { ...rest.columns, ...found } };
    // The names' kinds are kept one by one, which the generic signature cannot follow.
  }) as ReadColumns;
}

/** The class of the greatest probability, the first of equal ones; none where one is not a number. */
async function mostLikely(
  read: ReadColumns,
  file: string,
  classes: NonNullable<Scores['probabilities']>,
): Promise<TextColumn> {
  const wanted = Object.fromEntries(classes.map(({ column }) => [column, 'number' as const]));
  const { rows, columns } = await read(file, wanted);
  const values = classes.map(({ column }) => columns[column] as Float64Array);
  const codes = new Int32Array(rows).fill(-1);
  for (let row = 0; row < rows; row++) {
    let best = 0;
    let whole = true;
    for (const [c, value] of values.entries()) {
      whole &&= Number.isFinite(value[row]);
      if ((value[row] as number) > ((values[best] as Float64Array)[row] as number)) best = c;
    }
    if (whole) codes[row] = best;
  }
  return { codes, values: classes.map(({ label }) => label) };
}
