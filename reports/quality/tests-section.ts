import type { QualityTest } from '#contracts/quality.ts';
import { type Html, html } from '../html.ts';
import { amount, count, name } from '../numbers.ts';
import { note, section } from '../page.ts';
import { table } from '../table.ts';

/** Rows of a table. */
const LISTED = 300;

export function testsSection(tests: readonly QualityTest[]): Html | null {
  if (tests.length === 0) return null;
  const [failed, held] = [tests.filter(({ passed }) => !passed), tests.filter(({ passed }) => passed)];
  return section(
    'Tests',
    failed.length > 0 ? list('Tests that fail', failed) : null,
    held.length > 0
      ? html`<details${failed.length === 0 && held.length <= 8 ? html` open` : null}><summary>${count(held.length)} ${held.length === 1 ? 'test holds' : 'tests hold'}</summary>${list('Tests that hold', held)}</details>`
      : null,
  );
}

function list(caption: string, tests: readonly QualityTest[]): Html {
  return html`${table(
    caption,
    [
      {
        head: 'Test',
        cell: ({ name: figure, column }) => html`${figure}${column === null ? null : html` of ${name(column)}`}`,
      },
      { head: 'Wanted', cell: ({ condition }) => condition },
      { head: 'Found', number: true, cell: ({ value }) => amount(value) },
      {
        head: 'Result',
        cell: ({ passed }) =>
          html`<span class="tag ${passed ? 'good' : 'bad'}">${passed ? '✓ holds' : '✗ fails'}</span>`,
      },
    ],
    tests.slice(0, LISTED),
    { sortable: true, stacked: true },
  )}${tests.length > LISTED ? note(`${count(tests.length - LISTED)} more stand in the JSON.`) : null}`;
}
