/** The report of a validation: failures first, with the rows that caused them. One HTML file. */
import type { ExpectationResult, ValidationResult } from '#contracts/validation.ts';
import { type Html, html } from '../html.ts';
import { amount, clipped, count, counted, name, percent } from '../numbers.ts';
import { note, page, section } from '../page.ts';
import { table } from '../table.ts';
import { tiles, verdict } from '../tiles.ts';

/** Failed expectations with a card of their own, rows of the table, examples of a card, characters of a value. */
const CARDS = 60;
const LISTED = 1_000;
const EXAMPLES = 10;
const LETTERS = 120;

/** Equal results give equal bytes. */
export function validationPage(result: ValidationResult): string {
  const { data, rows, columns, quarantine } = result.ratchet;
  const failed = result.results.filter(({ success }) => !success).sort(worstFirst);
  const suite = result.suite_name === '' ? '' : `, suite ${clipped(result.suite_name, 80)}`;
  return page({
    title: `Validation: ${clipped(data, 120)}`,
    lead: `${counted(rows, 'row')}, ${counted(columns.length, 'column')}${suite}`,
    sections: [
      banner(result, failed),
      summary(result, failed),
      failed.length > 0
        ? section(
            'What failed',
            html`<div class="cards failures">${failed.slice(0, CARDS).map((each) => card(each, result))}</div>`,
            failed.length > CARDS ? note(`${failed.length - CARDS} more failures stand in the table below.`) : null,
          )
        : null,
      all(result, failed),
      quarantine && quarantine.rows > 0
        ? section(
            'Rows set aside',
            html`<p>${count(quarantine.rows)} rows${quarantine.uri === null ? '' : html` are in <code>${clipped(quarantine.uri, 300)}</code>, each with its reason`}.</p>`,
            table(
              'Reasons',
              [
                { head: 'Reason', cell: ({ reason }) => clipped(reason, 300) },
                { head: 'Rows', number: true, sortBy: ({ rows: many }) => many, cell: ({ rows: many }) => count(many) },
              ],
              quarantine.reasons.slice(0, 200),
              { stacked: true },
            ),
          )
        : null,
      (result.ratchet.notes ?? []).length > 0
        ? section(
            'Notes',
            html`${(result.ratchet.notes ?? []).slice(0, LISTED).map((each) => note(clipped(each, 400)))}`,
          )
        : null,
      result.ratchet.redacted.length > 0
        ? section(
            'Redacted',
            note(
              `Values of these columns appear nowhere on this page: ${result.ratchet.redacted.map((each) => clipped(each)).join(', ')}.`,
            ),
          )
        : null,
    ].filter((each) => each !== null),
  });
}

const order = { fail: 0, quarantine: 1, warn: 2 } as const;
const worstFirst = (a: ExpectationResult, b: ExpectationResult): number =>
  order[a.ratchet.severity] - order[b.ratchet.severity] ||
  (b.result.unexpected_percent ?? 0) - (a.result.unexpected_percent ?? 0);

function banner(result: ValidationResult, failed: readonly ExpectationResult[]): Html {
  const { passed } = result.ratchet;
  const total = result.statistics.evaluated_expectations;
  return verdict({
    is: !passed ? 'refused' : failed.length > 0 ? 'inconclusive' : 'passed',
    word: !passed
      ? `✗ ${failed.length} of ${total} expectations are not met`
      : failed.length > 0
        ? `△ Passed with ${failed.length} ${failed.length === 1 ? 'remark' : 'remarks'}`
        : total === 0
          ? '✓ Nothing was expected'
          : `✓ All ${total} expectations are met`,
    reasons: [
      ...failed
        .slice(0, 5)
        .map(({ ratchet }) => html`${severityTag(ratchet.severity)} ${clipped(ratchet.message, 300)}`),
      ...(failed.length > 5 ? [`and ${failed.length - 5} more`] : []),
    ],
  });
}

function summary({ statistics, ratchet }: ValidationResult, failed: readonly ExpectationResult[]): Html {
  const of = (severity: ExpectationResult['ratchet']['severity']) =>
    failed.filter((each) => each.ratchet.severity === severity).length;
  const { successful_expectations: met, evaluated_expectations: all } = statistics;
  return tiles([
    { name: 'Met', value: `${count(met)} of ${count(all)}`, note: all > 0 ? percent(met / all) : undefined },
    { name: 'Failures', value: count(of('fail')), bad: of('fail') > 0 },
    { name: 'Warnings', value: count(of('warn')) },
    { name: 'Rows set aside', value: count(ratchet.quarantine?.rows ?? 0) },
    { name: 'Rows', value: count(ratchet.rows) },
  ]);
}

const severityTag = (severity: ExpectationResult['ratchet']['severity']): Html =>
  html`<span class="tag ${severity === 'fail' ? 'bad' : 'open'}">${severity}</span>`;

const title = (type: string): string => type.replace(/^expect_/, '').replaceAll('_', ' ');

function card({ expectation_config: config, result, ratchet }: ExpectationResult, whole: ValidationResult): Html {
  const unexpected = result.unexpected_count;
  const share = result.unexpected_percent;
  const examples = ratchet.examples.slice(0, EXAMPLES);
  const counted = result.partial_unexpected_counts?.slice(0, 5) ?? [];
  const hidden = ratchet.columns.some((column) => whole.ratchet.redacted.includes(column));
  return html`<article><h3>${ratchet.columns.length === 0 ? 'The table' : ratchet.columns.slice(0, 4).map((column, i) => html`${i > 0 ? ', ' : null}${name(column, 60)}`)}</h3><p class="kind">${title(config.type)} ${severityTag(ratchet.severity)}</p><p>${clipped(ratchet.message, 400)}</p>${
    unexpected === undefined || unexpected === 0
      ? null
      : html`<p class="meter left"><span aria-hidden="true"><i class="over" style="width:${Math.min(100, Math.max(1, share ?? 0)).toFixed(1)}%"></i></span><span>${count(unexpected)} unexpected${share === null || share === undefined ? '' : html` (${percent(share / 100)})`}</span></p>`
  }${
    counted.length > 0 && !hidden
      ? html`<p class="note">Most often: ${counted.map(({ value, count: many }, i) => html`${i > 0 ? ', ' : null}${written(value)} × ${count(many)}`)}</p>`
      : null
  }${
    examples.length > 0
      ? html`<details${examples.length <= 5 ? html` open` : null}><summary>${examples.length} of the rows</summary><div class="small">${table(
          `Rows that fail ${config.type}`,
          [
            { head: 'Row', number: true, cell: ({ row }) => count(row) },
            ...ratchet.columns.slice(0, 6).map((column) => ({
              head: clipped(column, 40),
              cell: ({ values }: (typeof examples)[number]) => written(values[column]),
            })),
          ],
          examples,
        )}</div></details>`
      : null
  }</article>`;
}

/** A value of the data as text; what is not one, as JSON. */
function written(value: unknown): Html {
  if (value === null || value === undefined) return html`<em class="faint">missing</em>`;
  if (value === '') return html`<em class="faint">empty</em>`;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return html`<bdi class="name">${clipped(text, LETTERS)}</bdi>`;
}

function all(result: ValidationResult, failed: readonly ExpectationResult[]): Html | null {
  if (result.results.length === 0) return null;
  const rows = [...failed, ...result.results.filter(({ success }) => success)];
  return section(
    'Every expectation',
    table(
      'Every expectation, failed ones first',
      [
        {
          head: 'About',
          cell: ({ ratchet, expectation_config: config }) =>
            html`${ratchet.columns.length === 0 ? 'the table' : name(ratchet.columns.join(', '), 80)}<span class="why">${title(config.type)}</span>`,
        },
        {
          head: 'Result',
          sortBy: ({ success }) => Number(success),
          cell: ({ success, ratchet }) =>
            html`<span class="tag ${success ? 'good' : ratchet.severity === 'fail' ? 'bad' : 'open'}">${success ? '✓ met' : `✗ ${ratchet.severity}`}</span>`,
        },
        { head: 'What was wanted and found', cell: ({ ratchet }) => clipped(ratchet.message, 300) },
        {
          head: 'Unexpected, or what is',
          number: true,
          sortBy: ({ result: found }) => found.unexpected_count ?? null,
          cell: ({ result: found }) =>
            found.unexpected_count === undefined ? observed(found.observed_value) : count(found.unexpected_count),
        },
      ],
      rows.slice(0, LISTED),
      { sortable: true, stacked: true, ...(rows.length > 12 ? { search: 'Find an expectation' } : {}) },
    ),
    rows.length > LISTED ? note(`${count(rows.length - LISTED)} more stand in the JSON.`) : null,
  );
}

const observed = (value: unknown): string =>
  typeof value === 'number' ? amount(value) : typeof value === 'string' ? clipped(value, 40) : '';
