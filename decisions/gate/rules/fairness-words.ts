/** Groups and how they are treated, in words that ask for no statistics. */
import {
  type AttributeFairness,
  attributeName,
  type CriterionName,
  criterionRates,
  type FairGroup,
  type RateName,
} from '#contracts/fairness.ts';
import { ratesOf, type Spread } from '../../fairness/disparities.ts';
import type { Note } from '../finding.ts';
import { percent } from '../words.ts';

/** Groups named one by one; the rest is counted. */
const NAMED = 5;

export const criterionWords = (criterion: CriterionName): string => criterion.replaceAll('_', ' ');
const rateWords = (rate: RateName): string => rate.replaceAll('_', ' ');

/** What the shares of two groups are shares of. */
const shares: Readonly<Record<RateName, string>> = {
  selection_rate: 'the model says yes to',
  true_positive_rate: 'of the rows that are positive the model finds',
  false_positive_rate: 'of the rows that are negative the model wrongly says yes to',
  precision: 'where the model says yes it is right for',
  accuracy: 'the model is right for',
};

/** `the model says yes to 43.4 % in sex=F (489 rows) and 36.5 % in sex=M (677 rows)`. */
export function treated({ rate, highest, lowest }: Spread, attribute: AttributeFairness): string {
  const told = (at: number): string => {
    const group = attribute.groups[at] as FairGroup;
    const of = rowsOf(rate, group);
    return `${percent(rounded(Number(group.candidate[rate])))} in ${groupName(attribute, group.values)}${of === null ? '' : ` (${rows(of)})`}`;
  };
  return `${shares[rate]} ${told(highest)} and ${told(lowest)}`;
}

/** Rows that a rate is of; null where it depends on what the model said. */
function rowsOf(rate: RateName, group: FairGroup): number | null {
  if (rate === 'precision') return null;
  const positives = group.positives ?? 0;
  if (rate === 'true_positive_rate') return positives;
  return rate === 'false_positive_rate' ? group.rows - positives : group.rows;
}
const rounded = (share: number): number => Math.round(share * 1000) / 1000;

/** `sex=F`, `sex=F and race=2`. */
export const groupName = ({ columns }: Pick<AttributeFairness, 'columns'>, values: readonly string[]): string =>
  columns.map((column, at) => `${column}=${shortened(values[at] ?? '')}`).join(' and ');
const shortened = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);
const rows = (count: number): string => `${count.toLocaleString('en-US')} ${count === 1 ? 'row' : 'rows'}`;

/** Why a criterion has no figure. */
export function undefinedThere(criterion: CriterionName, attribute: AttributeFairness, minimumRows: number): string {
  const { groups } = attribute;
  const least = minimumRows.toLocaleString('en-US');
  if (groups.length < 2)
    return `${groups.length === 0 ? 'no group has' : `only ${groupName(attribute, groups[0]?.values ?? [])} has`} the ${least} rows that a group is judged from, and it takes two`;
  const missing = criterionRates[criterion].find(
    (rate) => ratesOf(rate, groups, 'candidate').filter((value) => !Number.isNaN(value)).length < 2,
  );
  return `the ${rateWords(missing ?? 'accuracy')} is defined for fewer than two of ${groups.length} groups`;
}

/** Groups and rows that no criterion is judged on, and groups that lack what a rate is of. */
export function notJudged(attribute: AttributeFairness, minimumRows: number): Note[] {
  const name = attributeName(attribute.columns);
  const { groups, small, smallInAll, leftOut, missing } = attribute;
  const undefinedRates = (Object.keys(groups[0]?.candidate ?? {}) as RateName[]).flatMap((rate) => {
    const lacking = groups.filter((group) => Number.isNaN(Number(group.candidate[rate])));
    const names = lacking.map(({ values }) => groupName(attribute, values));
    return lacking.length === 0 ? [] : [`the ${rateWords(rate)} is not defined on ${named(names, names.length)}`];
  });
  const smallNames = small.map((group) => `${groupName(attribute, group.values)} (${rows(group.rows)})`);
  const said = [
    ...(smallInAll.groups === 0
      ? []
      : [
          `groups with fewer than ${rows(minimumRows)} are counted and not judged: ${named(smallNames, smallInAll.groups)}`,
        ]),
    ...(leftOut.groups === 0
      ? []
      : [`${leftOut.groups} more groups (${rows(leftOut.rows)}) are beyond those that are judged`]),
    ...(missing === 0 ? [] : [`${rows(missing)} without a value ${missing === 1 ? 'is' : 'are'} in no group`]),
    ...undefinedRates,
  ];
  return said.map((text) => ({ outcome: null, reason: `note: ${name}: ${text}` }));
}

const named = (names: readonly string[], all: number): string =>
  all <= NAMED ? names.join(', ') : `${names.slice(0, NAMED).join(', ')} and ${all - NAMED} more`;
