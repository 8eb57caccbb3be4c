import type { QualityReport } from '#contracts/quality.ts';
import { type Html, html } from '../html.ts';
import { amount, count, moment, name, percent, span } from '../numbers.ts';
import { verdict } from '../tiles.ts';

/** Names in one finding. */
const NAMED = 5;
/** From this share on missing values are worth a line. */
const MANY = 0.05;

/** The verdict on the tests that were asked; without any, what there is to see. */
export function findings(report: QualityReport): Html {
  const { tests } = report;
  const failed = tests.filter(({ passed }) => !passed);
  const seen = observations(report);
  if (tests.length === 0)
    return verdict({
      is: 'plain',
      word:
        seen.length === 0
          ? 'Nothing stands out'
          : `${seen.length === 1 ? 'One thing stands' : `${seen.length} things stand`} out`,
      reasons: seen.length === 0 ? ['No duplicate rows, no empty or constant columns, hardly anything missing.'] : seen,
    });
  const shown = failed
    .slice(0, 4)
    .map(
      ({ name: figure, column, condition, value }) =>
        html`${figure}${column === null ? null : html` of ${name(column, 60)}`} is ${amount(value)}, wanted ${condition}`,
    );
  if (failed.length > shown.length) shown.push(html`and ${failed.length - shown.length} more`);
  return verdict({
    is: failed.length > 0 ? 'refused' : 'passed',
    word: failed.length > 0 ? `✗ ${failed.length} of ${tests.length} tests fail` : `✓ All ${tests.length} tests hold`,
    reasons: [...shown, ...seen.slice(0, 3)],
  });
}

function observations({ current, reference, columns, time }: QualityReport): Html[] {
  const found: Html[] = [];
  const list = (names: readonly string[]) =>
    html`${names.slice(0, NAMED).map((each, i) => html`${i > 0 ? ', ' : null}${name(each, 40)}`)}${names.length > NAMED ? html` and ${count(names.length - NAMED)} more` : null}`;
  const say = (names: readonly string[], one: string, many: string) => {
    if (names.length > 0)
      found.push(html`${names.length === 1 ? one : `${count(names.length)} ${many}`}: ${list(names)}`);
  };
  if (current.rows === 0) found.push(html`There are no rows.`);
  if (time && time.current.gapCount > 0) {
    const { gaps, gapCount, column } = time.current;
    const longest = gaps[0];
    if (longest)
      found.push(
        html`${gapCount === 1 ? 'A gap' : `${count(gapCount)} gaps`} in ${name(column, 40)}, the longest of ${span(longest.seconds)} from ${moment(longest.from)}`,
      );
  }
  if (time && time.current.duplicates > 0)
    found.push(
      html`${count(time.current.duplicates)} rows share their ${name(time.current.column, 40)} with an earlier one`,
    );
  if (current.duplicateRows > 0)
    found.push(
      html`${count(current.duplicateRows)} rows (${percent(current.duplicateRows / current.rows)}) repeat an earlier row`,
    );
  if (current.emptyRows > 0) found.push(html`${count(current.emptyRows)} rows hold no value at all`);
  const kept = columns.filter((column) => column.current && (!reference || column.reference));
  if (reference) {
    const named = (side: 'current' | 'reference') => columns.filter((each) => !each[side]).map((each) => each.name);
    say(named('current'), 'A column of the reference is gone', 'columns of the reference are gone');
    say(named('reference'), 'A column is new', 'columns are new');
    const more = kept.filter((each) => (each.current?.missingShare ?? 0) > (each.reference?.missingShare ?? 0) + MANY);
    say(
      more.map((each) => each.name),
      'More is missing than in the reference',
      'columns miss more than in the reference',
    );
  }
  say(current.emptyColumns, 'An empty column', 'empty columns');
  const constant = current.constantColumns.filter((each) => !current.emptyColumns.includes(each));
  say(constant, 'A constant column', 'constant columns');
  for (const group of current.duplicateColumns.slice(0, 2)) found.push(html`Equal in every row: ${list(group)}`);
  if (!reference) {
    const missing = kept
      .filter(({ current: side }) => side && side.missingShare > MANY && side.missingShare < 1)
      .sort((a, b) => (b.current?.missingShare ?? 0) - (a.current?.missingShare ?? 0));
    say(
      missing.map((each) => each.name),
      `More than ${MANY * 100} % is missing`,
      `columns miss more than ${MANY * 100} %`,
    );
  }
  const infinite = kept.filter((each) => (each.current?.numbers?.infinite ?? 0) > 0);
  say(
    infinite.map((each) => each.name),
    'Infinite values',
    'columns hold infinite values',
  );
  return found;
}
