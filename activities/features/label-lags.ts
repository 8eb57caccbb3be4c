/**
 * Features of earlier rows' labels, which a window cannot make: it sees the label of a row as soon as the row is there. A view
 * can, as it says how long after its time a row is known.
 */

import { type Duration, milliseconds } from '#contracts/duration.ts';
import { UserError } from '#contracts/failures.ts';
import type { ExpressionFacts } from '#ports/tables.ts';
import type { PlannedView } from './plan-views.ts';

/** What is known beside the input, for the message. */
export interface LabelsKnown {
  /** A row's label is known this long after its time; null: not said. */
  readonly after: Duration | null;
  /** Where the data are read from; null: not known. */
  readonly source: string | null;
}

interface Told {
  readonly time?: string | undefined;
  readonly target?: string | undefined;
  readonly leakage: readonly string[];
  readonly derive: Readonly<Record<string, string>>;
  readonly where?: string | undefined;
  readonly select?: readonly string[] | undefined;
}

/**
 * @param facts of the derived columns, then of `where`, in their order
 * @throws UserError InvalidInput for a window over the target, or over what is known only after the fact, that would be a
 * feature: with the view that is one
 */
export function refuseLabelLags(input: Told, facts: readonly ExpressionFacts[], known: LabelsKnown): void {
  const goal = input.target?.toLowerCase();
  const derived = Object.keys(input.derive).map((column, index) => ({ column, facts: facts[index] }));
  const readsOf = (name: string): readonly string[] =>
    derived.find(({ column }) => column.toLowerCase() === name.toLowerCase())?.facts?.columns ?? [];
  /** What the data have of a column that may be derived. */
  const rawColumns = (name: string): string[] => {
    const reads = readsOf(name);
    return reads.length === 0 ? [name] : [...new Set(reads.flatMap(rawColumns))];
  };
  // What makes the target, or leaves out rows, is no feature.
  const noFeature = new Set([...(input.where === undefined ? [] : (facts.at(-1)?.columns ?? [])), goal ?? '']);
  for (const name of noFeature) for (const read of readsOf(name)) noFeature.add(read);
  const noFeatures = new Set([...noFeature, ...input.leakage].map((name) => name.toLowerCase()));
  const selected = input.select && new Set(input.select.map((name) => name.toLowerCase()));

  const late = new Map(input.leakage.map((name) => [name.toLowerCase(), name]));
  if (input.target !== undefined) late.set(input.target.toLowerCase(), input.target);
  for (const { column, facts: said } of derived) {
    const name = column.toLowerCase();
    const label = said?.columns.map((read) => late.get(read.toLowerCase())).find((read) => read !== undefined);
    if (!said || label === undefined || name === goal) continue;
    late.set(name, label);
    if (!said.windows || noFeatures.has(name) || (selected && !selected.has(name))) continue;
    const rows = rawColumns(label);
    throw new UserError(
      'InvalidInput',
      `derive.${column} ${whyNot(label, input, known)}${asView(rows, said, input, known)}`,
    );
  }
}

function whyNot(label: string, { target, leakage }: Told, { after }: LabelsKnown): string {
  const what =
    label === target && !leakage.includes(label) ? `the target ${label}` : `${label}, known only after the fact,`;
  const when = after === null || milliseconds(after) === 0 ? 'some time' : after;
  return `looks at ${what} of other rows: of the rows right before it is not known yet, as labels come ${when} after their rows. `;
}

function asView(
  columns: readonly string[],
  { partitions }: ExpressionFacts,
  { time }: Told,
  { after, source }: LabelsKnown,
): string {
  const on =
    partitions.length === 0 ? '{}' : `{ ${partitions.map((name) => `${key(name)}: ${quoted(name)}`).join(', ')} }`;
  const said = after !== null && milliseconds(after) > 0;
  const fields = [
    "name: 'past'",
    `source: ${source === null ? '…' : quoted(source)}`,
    `time: ${quoted(time ?? '')}`,
    `on: ${on}`,
    `columns: [${columns.map(quoted).join(', ')}]`,
    "prefix: 'past_'",
    `availableAfter: ${quoted(said ? after : '28d')}`,
  ];
  const length = said ? '' : ', with 28d being how late your labels are';
  return `Join the last one that was known as a view, and leave this out of derive: views: [{ ${fields.join(', ')} }]${length}`;
}

const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
const key = (name: string) => (/^[A-Za-z_]\w*$/.test(name) ? name : quoted(name));

/**
 * A view of the data's own rows brings their labels to them, unless it says how late they are.
 * @param views of the data's own source
 * @throws UserError InvalidInput
 */
export function refuseEarlyLabels(
  { target, leakage }: Pick<Told, 'target' | 'leakage'>,
  views: readonly Pick<PlannedView, 'name' | 'time' | 'bring' | 'availableAfter'>[],
  { after, source }: LabelsKnown,
): void {
  const late = new Set([...leakage, ...(target === undefined ? [] : [target])].map((name) => name.toLowerCase()));
  const least = after === null ? 0 : milliseconds(after);
  for (const { name, time, bring, availableAfter } of views) {
    const label = bring.find(([column]) => late.has(column.toLowerCase()))?.[0];
    if (label === undefined || (time !== null && availableAfter > 0 && availableAfter >= least)) continue;
    const said = least > 0 ? `labels come ${after} after their rows` : 'a label comes some time after its row';
    throw new UserError(
      'InvalidInput',
      `view ${name} brings ${label} of ${source} to the rows of ${source} themselves, before it is known: ${said}. Write ${time === null ? 'its time, and ' : ''}availableAfter: '${least > 0 ? after : '28d'}'${least > 0 ? '' : ', with 28d being how late your labels are'}, or leave ${label} out of its columns`,
    );
  }
}
