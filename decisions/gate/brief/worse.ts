/** For whom, and in what, the candidate is worse than the champion. */
import type { Evidence } from '#contracts/evidence.ts';
import { attributeName, criteriaOf } from '#contracts/fairness.ts';
import { holm, upperTail } from '../chance.ts';
import { criterionWords } from '../rules/fairness-words.ts';
import { LEAST_UNITS } from '../units.ts';
import { numberOf, plain } from '../words.ts';
import { count, NAMED, names, places } from './figures.ts';
import type { Judged } from './judged.ts';

/** That noise names a slice as worse although none is; as the gate's own rule has it where it does not say. */
const LEVEL = 0.05;

export function worseOf({ evidence, rules }: Judged): string[] {
  const { champion, slices } = evidence;
  if (!champion) return ['For nobody: there is no champion that was better.'];
  const metric = rules.slices?.metric ?? rules.metric;
  const compared = comparable(evidence, metric);
  const shown = shownWorse(compared, rules.slices?.level ?? LEVEL);
  const seem = compared.filter((slice) => slice.difference < 0 && !shown.includes(slice));
  const apart = furtherApart(evidence);
  return [
    ...overall(evidence),
    ...shown.slice(0, NAMED).map(sliceInWords(metric)),
    ...(shown.length > NAMED ? [`It is worse on ${shown.length - NAMED} more slices.`] : []),
    ...apart,
    ...(compared.length > 0 && shown.length === 0
      ? [`${metric} is shown to be worse on none of ${compared.length} ${compared.length === 1 ? 'slice' : 'slices'}.`]
      : []),
    ...(seem.length > 0
      ? [
          `It looks worse on ${seem.length} of ${compared.length} slices by no more than chance explains: ${names(seem)}.`,
        ]
      : []),
    ...searched(evidence),
    ...slower(evidence),
    ...(slices.length === 0 ? ['By slices it was not looked at.'] : []),
  ];
}

/** Metrics beside the slices' that are shown to be worse over all rows. */
function overall({ comparisons }: Evidence): string[] {
  return comparisons
    .filter(({ upper }) => numberOf(upper) < 0)
    .map(({ metric, difference, lower, upper }) => {
      const decimals = places(numberOf(upper) - numberOf(lower), numberOf(difference));
      return `Over all rows ${metric} is worse by ${plain(-numberOf(difference), decimals)}.`;
    });
}

interface ComparedSlice {
  readonly name: string;
  readonly rows: number;
  /** In the direction of better, as its ends. */
  readonly difference: number;
  readonly lower: number;
  readonly upper: number;
  readonly p: number;
}

/** Slices whose difference can be told from chance at all, the worst first. */
function comparable({ slices }: Evidence, metric: string): ComparedSlice[] {
  return slices
    .flatMap(({ column, value, rows, difference }) => {
      const own = difference?.[metric];
      if (!own || own.units < LEAST_UNITS) return [];
      const [by, error] = [numberOf(own.difference), numberOf(own.standardError)];
      if (Number.isNaN(by + error)) return [];
      const p = error === 0 ? (by < 0 ? 0 : 1) : upperTail(-by / error, own.units);
      const name = `${column}=${value.length > 40 ? `${value.slice(0, 39)}…` : value}`;
      return [{ name, rows, difference: by, lower: numberOf(own.lower), upper: numberOf(own.upper), p }];
    })
    .sort((a, b) => a.difference - b.difference);
}

const shownWorse = (slices: readonly ComparedSlice[], level: number): ComparedSlice[] => {
  const rejects = holm(
    slices.map(({ p }) => p),
    level,
  );
  return slices.filter((_, at) => rejects[at]);
};

const sliceInWords =
  (metric: string) =>
  ({ name, rows, difference, lower, upper }: ComparedSlice): string => {
    const decimals = places(upper - lower, difference);
    return `${name}: ${metric} is worse by ${plain(-difference, decimals)} (${plain(-upper, decimals)} … ${plain(-lower, decimals)}, ${count(rows)} rows).`;
  };

/** What a search found and the rows that it did not look at bear out. */
function searched({ worstSlices }: Evidence): string[] {
  const found = (worstSlices?.slices ?? []).filter(({ confirmed }) => confirmed);
  return found.map(({ where, difference, lower, upper, confirmedOn }) => {
    const slice = where.map(({ column, value }) => conditionOf(column, value.slice(0, 40))).join(' and ');
    const [by, least, most] = [-numberOf(difference), -numberOf(upper), -numberOf(lower)];
    const decimals = places(most - least, by);
    return `A search found ${slice}, and rows that it did not look at bear it out: ${worstSlices?.metric} is worse by ${plain(by, decimals)} (${plain(least, decimals)} … ${plain(most, decimals)}, ${count(confirmedOn)} rows).`;
  });
}

/** `carrier=UA`; of numbers that are beyond a bound `hour > 17`. */
const conditionOf = (column: string, value: string): string =>
  /^[≤>] /.test(value) ? `${column} ${value}` : `${column}=${value}`;

/** Groups that the candidate treats less alike than the champion does, by the figures. */
function furtherApart({ fairness, task }: Evidence): string[] {
  return (fairness?.attributes ?? []).flatMap((attribute) => {
    const grown = criteriaOf(task).flatMap((criterion) => {
      const own = numberOf(attribute.candidate[criterion]?.difference);
      const theirs = numberOf(attribute.champion?.[criterion]?.difference);
      return own - theirs >= 0.0005
        ? [`${criterionWords(criterion)} ${plain(own, 3)} instead of ${plain(theirs, 3)}`]
        : [];
    });
    return grown.length === 0
      ? []
      : [
          `Groups by ${attributeName(attribute.columns)} are further apart than with the champion, by the figures: ${grown.join(', ')}.`,
        ];
  });
}

/** Two processes of one and the same model differ by some per cent. */
const SLOWER = 1.1;

/** Where a request surely takes longer than the champion's. */
function slower({ latency }: Evidence): string[] {
  const figures = [
    ['p50', 'Half of the requests take'],
    ['p99', 'The slowest in a hundred take'],
  ] as const;
  return figures.flatMap(([figure, subject]) => {
    const { value, lower, upper } = latency?.ratio?.[figure] ?? {};
    const [by, least, most] = [numberOf(value), numberOf(lower), numberOf(upper)];
    if (!(least > SLOWER)) return [];
    return [`${subject} ${plain(by, 2)} times as long as the champion's (${plain(least, 2)} … ${plain(most, 2)}).`];
  });
}
