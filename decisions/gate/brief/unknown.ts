/** What is not known: what no rule could judge, what carries no figure, what was not measured. */
import type { Evidence } from '#contracts/evidence.ts';
import { attributeName } from '#contracts/fairness.ts';
import { unknownTraining } from '../overlap.ts';
import { count, names } from './figures.ts';
import type { Judged } from './judged.ts';

export function unknownOf({ evidence, decision, rules }: Judged): string[] {
  const { slices, slicesLeftOut, minimumSliceRows, fairness } = evidence;
  const open = decision.findings.filter(({ outcome }) => outcome === 'inconclusive').map(({ reason }) => reason);
  const metric = rules.slices?.metric ?? rules.metric;
  const small = slices.filter(({ candidate }) => !(metric in candidate));
  const beyond = slicesLeftOut.map(({ column, values, rows }) => `${count(values)} of ${column} (${count(rows)} rows)`);
  const groups = (fairness?.attributes ?? []).flatMap(({ columns, smallInAll }) =>
    smallInAll.groups > 0 ? [`${count(smallInAll.groups)} by ${attributeName(columns)}`] : [],
  );
  const said = [
    ...open,
    ...unknownTraining(evidence),
    ...unscored(evidence),
    ...(small.length > 0
      ? [
          `Slices with fewer than ${count(minimumSliceRows)} rows carry no figure: ${names(small.map(({ column, value }) => ({ name: `${column}=${value.slice(0, 40)}` })))}`,
        ]
      : []),
    ...(beyond.length > 0 ? [`Values of slice columns that were not measured: ${beyond.join(', ')}`] : []),
    ...(groups.length > 0 ? [`Groups with too few rows to judge how they are treated: ${groups.join(', ')}`] : []),
    ...unmeasured(evidence),
  ];
  return said.length > 0
    ? said.map(sentence)
    : ['Nothing that was asked for: every rule could be judged, and every slice has figures.'];
}

/** What a gate can ask and nobody asked here, in one sentence. */
function unmeasured({ task, fairness, calibration, calibrationFit, latency, robustness }: Evidence): string[] {
  const parts = [
    fairness === undefined && task !== 'regression' && 'how alike groups are treated',
    !calibrationFit && !calibration && task === 'binary' && 'whether probabilities mean what they say',
    latency === undefined && 'how quickly it answers',
    robustness === undefined && 'what spoiled inputs cost',
  ].filter((part) => part !== false);
  return parts.length === 0 ? [] : [`Not measured: ${parts.join(', ')}`];
}

function unscored({ dropped, rows }: Evidence): string[] {
  const parts = [
    [dropped.target, 'without a target'],
    [dropped.candidate, 'without a score of the candidate'],
    [dropped.champion, 'without a score of the champion'],
  ] as const;
  const there = parts.filter(([missing]) => missing > 0);
  return there.length === 0
    ? []
    : [
        `Of ${count(rows)} rows these are in no figure: ${there.map(([missing, why]) => `${count(missing)} ${why}`).join(', ')}`,
      ];
}

const sentence = (text: string): string => {
  const first = /^(the|which|whether|none|only|unknown) /.test(text)
    ? `${text.charAt(0).toUpperCase()}${text.slice(1)}`
    : text;
  return /[.?!]$/.test(first) ? first : `${first}.`;
};
