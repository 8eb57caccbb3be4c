import type { Figures } from '../directions.ts';
import { asWritten, percent } from '../words.ts';
import type { GateRule } from './gate-rule.ts';

/** A model that gives no score where it is hard must not look better for it: both have to answer nearly all rows. */
export const coverage: GateRule<'coverage'> = {
  title: 'Rows scored',
  judge: (least, evidence) => {
    const counts = countsOf(evidence);
    if (!counts)
      return [
        {
          outcome: null,
          reason: 'note: how many rows were scored is not in this evidence, which is of an earlier version: not judged',
        },
      ];
    const { eligible, both } = counts;
    const by = evidence.champion ? 'both models' : 'the candidate';
    const share = eligible === 0 ? 0 : both / eligible;
    const said = `${count(both)} of ${count(eligible)} rows (${percent(Math.floor(share * 10_000) / 10_000)}) were scored by ${by}`;
    if (share >= least) return [{ outcome: 'passed', reason: said, quiet: true }];
    const without = [
      ['the candidate', eligible - counts.candidate],
      ['the champion', counts.champion === null ? 0 : eligible - counts.champion],
    ] as const;
    const whose = without.flatMap(([who, missing]) => (missing > 0 ? [`${who} gave none for ${count(missing)}`] : []));
    return [
      {
        outcome: 'refused',
        reason: `${eligible === 0 ? said : `only ${said}`}, and the gate needs ${percent(least)}: ${whose.join(', ') || 'no row has a target that neither was trained on'}. Let the model answer every row, or set \`coverage\` (${asWritten(least)}) in the rules`,
        distance: ['coverage', least - share],
      },
    ];
  },
};

/** By the rows that were left out where the evidence does not count otherwise: a row that both left out counts as the candidate's. */
function countsOf({ scored, rows, overlap, dropped, champion }: Figures): Figures['scored'] {
  if (scored || !dropped) return scored;
  const eligible = rows - (overlap?.rows ?? 0) - dropped.target;
  const candidate = eligible - dropped.candidate;
  return {
    ...{ eligible, candidate, champion: champion ? eligible - dropped.champion : null },
    both: candidate - dropped.champion,
  };
}

const count = (rows: number): string => rows.toLocaleString('en-US');
