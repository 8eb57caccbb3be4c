/** The demo's last page: one row a window. */

import type { EvidenceRef, Figure } from '#contracts/data.ts';
import type { RunRecord } from '#contracts/run.ts';
import { evaluate, featurize, gate } from '#contracts/stages/index.ts';
import pc from '../../kit/color.ts';
import { table } from '../../kit/output.ts';
import { coloured } from '../../kit/runs/view.ts';

const number = (value: Figure | undefined, digits = 3): string =>
  typeof value === 'number' ? value.toFixed(digits) : String(value ?? '');
const signed = (value: Figure): string =>
  typeof value === 'number' ? `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}` : value;

export interface Row {
  window: string;
  record: RunRecord;
}

const outputOf = (record: RunRecord, step: { name: string }): unknown =>
  record.outcomes.find((outcome) => outcome.step === step.name)?.output;

export function evidenceOf(record: RunRecord): EvidenceRef | null {
  return evaluate.output.safeParse(outputOf(record, evaluate)).data?.evidence ?? null;
}

export function summary(rows: Row[]): string {
  return table(
    ['as of', 'trigger', 'rows', 'candidate', 'champion', '95 % interval of the difference', 'verdict', 'version'],
    rows.map(({ window, record }) => {
      const comparison = gate.output.safeParse(outputOf(record, gate)).data?.record.comparison;
      const trainedOn = featurize.output.safeParse(outputOf(record, featurize)).data?.train;
      return [
        window,
        record.run.trigger.reason,
        trainedOn?.rows.toLocaleString('en') ?? '',
        number(evidenceOf(record)?.candidate.metrics.roc_auc),
        comparison ? number(comparison.champion) : pc.dim('none yet'),
        comparison ? `${signed(comparison.lower)} … ${signed(comparison.upper)}` : '',
        coloured(record.result.status),
        record.result.modelVersion ? `v${record.result.modelVersion}` : '',
      ];
    }),
    [2, 3, 4],
  );
}
