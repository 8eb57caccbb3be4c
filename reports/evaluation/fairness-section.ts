import type { Evidence } from '#contracts/evidence.ts';
import { type AttributeFairness, attributeName, criteriaOf, type RateName } from '#contracts/fairness.ts';
import { disparityOf } from '#decisions/fairness/disparities.ts';
import { groupName } from '#decisions/gate/rules/fairness-words.ts';
import { numberOf, percent, plain, versionName } from '#decisions/gate/words.ts';
import { type Html, html } from '../html.ts';
import { note, section } from '../page.ts';
import { key } from '../plots.ts';
import { type Column, table } from '../table.ts';
import { dotsByName } from './dots-by-name.ts';

type Group = AttributeFairness['groups'][number];
/** Groups that a plot shows; the table has all that are judged. */
const PLOTTED = 20;

const titles: Readonly<Record<RateName, string>> = {
  selection_rate: 'Selected',
  true_positive_rate: 'True positive rate',
  false_positive_rate: 'False positive rate',
  precision: 'Precision',
  accuracy: 'Accuracy',
};

/** How groups of people, or of rows, are treated: rates by group, and how far apart they lie. Null where it was not measured. */
export async function fairnessSection(evidence: Evidence): Promise<Html | null> {
  const { fairness, champion, task } = evidence;
  if (!fairness || fairness.attributes.length === 0) return null;
  const version = champion && versionName(champion.version);
  const parts: (Html | null)[] = [version === null ? null : key(version)];
  for (const attribute of fairness.attributes) parts.push(await attributePart(attribute, task, version));
  return section(
    'Fairness',
    ...parts,
    note(
      `Groups below ${fairness.minimumGroupRows.toLocaleString('en-US')} rows are counted and not judged. “Apart” is the greatest rate of any group less the least, “ratio” the least ÷ the greatest; of two rates the one that is less alike counts. Small print below a rate is the champion's.`,
    ),
  );
}

async function attributePart(
  attribute: AttributeFairness,
  task: Evidence['task'],
  version: string | null,
): Promise<Html> {
  const name = attributeName(attribute.columns);
  const names = (Object.keys(titles) as RateName[]).filter((rate) => rate in (attribute.groups[0]?.candidate ?? {}));
  const columns: Column<Group>[] = [
    { head: 'Group', cell: ({ values }) => groupName(attribute, values) },
    { head: 'Rows', number: true, sortBy: ({ rows }) => rows, cell: ({ rows }) => rows.toLocaleString('en-US') },
    ...names.map(
      (rate): Column<Group> => ({
        head: titles[rate],
        number: true,
        sortBy: ({ candidate }) => numberOf(candidate[rate]),
        cell: (group) => rateCell(rate, group),
      }),
    ),
  ];
  return html`<h3>By ${name}</h3>${criteria(attribute, task, version)}<div class="beside">${attribute.groups.length > 0 ? table(`Rates by ${name}`, columns, attribute.groups, true) : null}${await pictured(attribute, task)}</div>${leftOut(attribute)}`;
}

function criteria(attribute: AttributeFairness, task: Evidence['task'], version: string | null): Html {
  type Criterion = ReturnType<typeof criteriaOf>[number];
  const shown = (side: 'candidate' | 'champion', of: 'difference' | 'ratio') => (criterion: Criterion) =>
    share(numberOf(attribute[side]?.[criterion]?.[of]));
  const columns: Column<Criterion>[] = [
    { head: 'Criterion', cell: (criterion) => criterion.replaceAll('_', ' ') },
    { head: 'Apart', number: true, cell: shown('candidate', 'difference') },
    ...(version === null ? [] : [{ head: `Champion ${version}`, number: true, cell: shown('champion', 'difference') }]),
    { head: 'Ratio', number: true, cell: shown('candidate', 'ratio') },
    ...(version === null ? [] : [{ head: `Champion ${version}`, number: true, cell: shown('champion', 'ratio') }]),
  ];
  return table(`How far apart, by ${attributeName(attribute.columns)}`, columns, criteriaOf(task));
}

const share = (value: number): string => (Number.isNaN(value) ? 'not defined' : plain(value, 3));

function rateCell(rate: RateName, { candidate, champion }: Group): Html {
  const of = (value: number): string =>
    Number.isNaN(value) ? 'not defined' : percent(Math.round(value * 1000) / 1000);
  return html`${of(numberOf(candidate[rate]))}${champion ? html`<span class="why">${of(numberOf(champion[rate]))}</span>` : null}`;
}

function leftOut({ small, smallInAll, leftOut: beyond, missing, ...attribute }: AttributeFairness): Html | null {
  const count = (rows: number): string => rows.toLocaleString('en-US');
  const names = small.map(({ values, rows }) => `${groupName(attribute, values)} (${count(rows)})`);
  const more = smallInAll.groups - small.length;
  const said = [
    ...(names.length > 0
      ? [`too few rows to judge: ${names.join(', ')}${more > 0 ? ` and ${count(more)} more groups` : ''}`]
      : []),
    ...(beyond.groups > 0 ? [`not judged: ${count(beyond.groups)} more groups (${count(beyond.rows)} rows)`] : []),
    ...(missing > 0 ? [`without a value: ${count(missing)} rows`] : []),
  ];
  return said.length === 0 ? null : note(`${said.join('; ')}.`);
}

/** Both models by group, of the rate that is least alike. */
async function pictured(attribute: AttributeFairness, task: Evidence['task']): Promise<Html | null> {
  const shown = attribute.groups.slice(0, PLOTTED);
  if (shown.length < 2) return null;
  const label = (group: Group): string => groupName(attribute, group.values);
  const leading = leastAlike(attribute, task);
  const dots = shown.flatMap((group) =>
    (['candidate', 'champion'] as const).flatMap((model) => {
      const x = numberOf(group[model]?.[leading]);
      return Number.isFinite(x) ? [{ name: label(group), model, x }] : [];
    }),
  );
  return dotsByName(
    titles[leading],
    `${titles[leading]} of both models in ${shown.length} groups; the table has the figures`,
    { metric: titles[leading], names: shown.map(label), dots, zero: true },
  );
}

function leastAlike({ groups }: AttributeFairness, task: Evidence['task']): RateName {
  const spreads = criteriaOf(task).map((criterion) => disparityOf(criterion, groups, 'candidate').difference);
  const known = spreads.filter(({ difference }) => !Number.isNaN(difference));
  return known.length === 0
    ? 'accuracy'
    : known.reduce((worst, each) => (each.difference > worst.difference ? each : worst)).rate;
}
