import type { ErrorExample, ErrorExamples } from '#contracts/error-examples.ts';
import type { Evidence } from '#contracts/evidence.ts';
import { numberOf, percent, versionName } from '#decisions/gate/words.ts';
import { type Html, html } from '../html.ts';
import { name } from '../numbers.ts';
import { note, section } from '../page.ts';
import { type Column, table } from '../table.ts';

type Kind = ErrorExamples['worse'];

/** Rows that one model gets wrong and the other right. Null where none are kept, or there are none. */
export function examplesSection(evidence: Evidence): Html | null {
  const { examples, champion, task } = evidence;
  if (!examples || examples.worse.rows + (examples.better?.rows ?? 0) === 0) return null;
  const regression = task === 'regression';
  const version = champion && versionName(champion.version);
  const titles = version
    ? [
        regression ? 'Where the candidate is further off' : 'The candidate is wrong, the champion is right',
        regression ? 'Where the champion is further off' : 'The champion is wrong, the candidate is right',
      ]
    : [regression ? 'Where the candidate is furthest off' : 'The candidate is wrong'];
  const kinds = [examples.worse, ...(examples.better ? [examples.better] : [])];
  return section(
    'Error examples',
    ...kinds.map((kind, at) => part(titles[at] as string, kind, examples.columns, { version, regression })),
    note(
      `${regression ? 'The greatest differences first.' : 'The surest mistakes first; the share is how sure a model was of what it said.'} Rows are counted from 1 in the order of the holdout. ${redacted(examples)}`,
    ),
  );
}

function redacted({ columns, hidden }: ErrorExamples): string {
  const shown =
    columns.length === 0 ? 'No column of the data is shown' : `Of the data only ${columns.join(', ')} is shown`;
  const left = hidden.length === 0 ? '' : `; ${hidden.join(', ')} holds free text and is left out`;
  return `${shown}${left}: evaluate’s \`examples: { columns }\` names others.`;
}

function part(
  title: string,
  { rows, shown }: Kind,
  names: readonly string[],
  { version, regression }: { version: string | null; regression: boolean },
): Html {
  const columns: Column<ErrorExample>[] = [
    { head: 'Row', cell: ({ row }) => (row + 1).toLocaleString('en-US') },
    { head: 'Truth', cell: ({ truth }) => name(truth, 40) },
    { head: 'Candidate', cell: ({ candidate }) => said(candidate) },
    ...(version
      ? [{ head: `Champion ${version}`, cell: ({ champion }: ErrorExample) => (champion ? said(champion) : '–') }]
      : []),
    ...names.map(
      (column, at): Column<ErrorExample> => ({
        head: column.length > 40 ? `${column.slice(0, 39)}…` : column,
        cell: ({ values }) => (values[at] === null || values[at] === undefined ? '–' : name(values[at], 120)),
      }),
    ),
  ];
  const counted = `${rows.toLocaleString('en-US')} ${rows === 1 ? 'row' : 'rows'}${rows > shown.length ? `, ${shown.length} shown` : ''}`;
  return html`<h3>${title} <span class="why">${counted}</span></h3>${shown.length === 0 ? null : table(`${title}${regression ? ', the greatest differences first' : ', the surest first'}`, columns, shown, { stacked: true })}`;
}

function said({ says, sure }: ErrorExample['candidate']): Html {
  const share = numberOf(sure ?? undefined);
  const shown = Number.isNaN(share)
    ? null
    : share >= 0 && share <= 1
      ? percent(Math.floor(share * 1000) / 1000)
      : String(Number(share.toPrecision(3)));
  return html`<span>${name(says, 40)}${shown === null ? null : html` <span class="why">${shown}</span>`}</span>`;
}
