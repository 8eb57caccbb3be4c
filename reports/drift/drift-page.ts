/** The report of a drift check: one HTML file. */
import type { DriftResult } from '#contracts/drift.ts';
import type { DriftFinding } from '#contracts/estimate.ts';
import { findingSection, findingWord } from '../finding-section.ts';
import { type Html, html } from '../html.ts';
import { amount, clipped, count, counted, name, percent } from '../numbers.ts';
import { note, page, section } from '../page.ts';
import { table } from '../table.ts';
import { tiles, verdict } from '../tiles.ts';
import { driftColumns } from './columns-section.ts';
import { worstFirst } from './severity.ts';

export interface DriftPageOptions {
  /** What was compared, as its author calls it. */
  readonly current?: string;
  readonly reference?: string;
  /** Data or concept drift, where performance was looked at besides. */
  readonly finding?: DriftFinding;
}

/** The default tests repeat what the page says anyway; a drifted column alone is no failure. */
const askedTests = ({ tests }: DriftResult) =>
  tests.filter(
    ({ name: test, status }) => status === 'ERROR' || !/^(Value Drift for column|Share of Drifted)/.test(test),
  );

/** Columns worst first, whatever their order in the result. Equal results give equal bytes. */
export function driftPage(result: DriftResult, options: DriftPageOptions = {}): string {
  const { rows } = result;
  const columns = worstFirst(result.columns);
  const named = options.current === undefined ? '' : `: ${clipped(options.current, 100)}`;
  const beside = options.reference === undefined ? '' : ` of ${clipped(options.reference, 100)}`;
  return page({
    title: `Drift${named}`,
    lead: `${count(rows.current)} rows beside ${count(rows.reference)} rows${beside}`,
    sections: [
      banner(result, columns, options.finding),
      summary(result, columns),
      options.finding ? findingSection(options.finding) : null,
      testSection(askedTests(result)),
      ...driftColumns(columns),
      untested(result),
      result.notes.length > 0 ? section('How the figures came about', html`${result.notes.map(note)}`) : null,
    ].filter((each) => each !== null),
  });
}

function banner(
  result: DriftResult,
  columns: ReturnType<typeof worstFirst>,
  finding: DriftPageOptions['finding'],
): Html {
  const { drifted, tested, share, share_threshold: limit, dataset_drift: drift } = result;
  const tests = askedTests(result);
  const failed = tests.filter(({ status }) => status !== 'SUCCESS');
  const worst = columns.filter(([, column]) => column.drifted).slice(0, 5);
  const which =
    worst.length === 0
      ? []
      : [
          html`${drifted === 1 ? 'It is' : 'Most of all'} ${worst.map(([column], i) => html`${i > 0 ? ', ' : null}${name(column, 40)}`)}${drifted > worst.length ? html` and ${count(drifted - worst.length)} more` : null}`,
        ];
  const outcome =
    tests.length === 0 || (failed.length > 0 && !drift)
      ? []
      : [failed.length === 0 ? `All ${tests.length} tests hold` : `${failed.length} of ${tests.length} tests fail`];
  const told = `${count(drifted)} of ${count(tested)} columns drifted (${percent(share)}; the dataset counts as drifted from ${percent(limit)} on)`;
  return verdict({
    is: drift || failed.length > 0 ? 'refused' : drifted > 0 || tested === 0 ? 'inconclusive' : 'passed',
    word: drift
      ? '✗ The dataset drifted'
      : failed.length > 0
        ? `✗ ${failed.length} of ${counted(tests.length, 'test')} fail`
        : drifted > 0
          ? '△ Some columns drifted, the dataset did not'
          : tested === 0
            ? '? Nothing could be tested'
            : '✓ No drift',
    reasons: [...(finding ? [findingWord(finding)] : []), told, ...which, ...outcome],
  });
}

function summary(
  { drifted, tested, share, rows, untested: left }: DriftResult,
  columns: ReturnType<typeof worstFirst>,
): Html {
  const missing = (side: 'current' | 'reference') => {
    const cells = columns.reduce((sum, [, column]) => sum + column[side].rows, 0);
    return columns.reduce((sum, [, column]) => sum + column[side].nulls, 0) / Math.max(1, cells);
  };
  return tiles([
    { name: 'Drifted columns', value: `${count(drifted)} of ${count(tested)}`, note: percent(share), bad: drifted > 0 },
    { name: 'Rows', value: count(rows.current), note: `reference ${count(rows.reference)}` },
    { name: 'Missing values', value: percent(missing('current')), note: `reference ${percent(missing('reference'))}` },
    { name: 'Not tested', value: count(left.length), note: left.length === 1 ? 'column' : 'columns' },
  ]);
}

function testSection(tests: DriftResult['tests']): Html | null {
  if (tests.length === 0) return null;
  const ordered = [...tests].sort((a, b) => Number(a.status === 'SUCCESS') - Number(b.status === 'SUCCESS'));
  return section(
    'Tests',
    table(
      'Tests, failed ones first',
      [
        {
          head: 'Test',
          cell: (test) => html`${clipped(test.name, 160)}<span class="why">${clipped(test.description, 300)}</span>`,
        },
        { head: 'Found', number: true, cell: ({ observed }) => amount(observed) },
        {
          head: 'Result',
          sortBy: ({ status }) => Number(status === 'SUCCESS'),
          cell: ({ status }) =>
            html`<span class="tag ${status === 'SUCCESS' ? 'good' : 'bad'}">${status === 'SUCCESS' ? '✓ holds' : status === 'FAIL' ? '✗ fails' : '✗ could not be tested'}</span>`,
        },
      ],
      ordered.slice(0, 300),
      { sortable: true, stacked: true },
    ),
    ordered.length > 300 ? note(`${ordered.length - 300} more tests stand in the JSON.`) : null,
  );
}

function untested({ untested: left }: DriftResult): Html | null {
  if (left.length === 0) return null;
  return section(
    'Not tested',
    table(
      'Columns that were not tested',
      [
        { head: 'Column', cell: ({ column }) => name(column) },
        { head: 'Kind', cell: ({ kind }) => kind },
        { head: 'Why', cell: ({ reason }) => clipped(reason, 300) },
      ],
      left.slice(0, 300),
      { stacked: true },
    ),
    left.length > 300 ? note(`${count(left.length - 300)} more stand in the JSON.`) : null,
  );
}
