/** What spoiled inputs cost: the candidate against itself on the same rows. Runs in the data host. */
import { figure } from '#contracts/data.ts';
import type { PerturbationName, Robustness } from '#contracts/robustness.ts';
import type { Scores } from '#ports/predictor.ts';
import type { ReadColumns } from '#ports/tables.ts';
import { chosenMetrics } from '../evaluation/chosen-metrics.ts';
import { type DependenceRequest, dependenceOf } from '../evaluation/dependence.ts';
import { lossesOf } from '../evaluation/losses.ts';
import { differencesOf } from '../evaluation/own-errors.ts';
import { pairedRows } from '../evaluation/rows.ts';
import type { RowsRequest } from '../evaluation/rows-request.ts';
import { readWeights } from '../evaluation/weights.ts';
import { compute } from '../statistics/metric.ts';

export interface RobustnessRequest extends Omit<RowsRequest, 'candidate' | 'champion'> {
  readonly metric: string;
  /** What the candidate says of the rows that were drawn, as they are. */
  readonly asTheyAre: Scores;
  readonly spoiled: readonly Spoiled[];
  readonly dependence: DependenceRequest;
  readonly weight: string | null;
  readonly confidence: number;
  readonly seed: number;
}
/** What it says of them when they are spoiled, or why it says nothing. */
export interface Spoiled {
  readonly kind: PerturbationName;
  readonly said: Scores | { readonly failed: string };
}
type Measured = Robustness['perturbations'][number];

/** @throws UserError as the evaluation does */
export async function measureRobustness(request: RobustnessRequest, read: ReadColumns): Promise<Robustness> {
  const perturbations: Measured[] = [];
  for (const { kind, said } of request.spoiled)
    perturbations.push(
      'failed' in said
        ? { ...{ kind, failed: said.failed, cells: 0, asked: 0, answered: 0 }, ...nothing }
        : { kind, ...(await measured(request, said, read)) },
    );
  return { metric: request.metric, perturbations };
}

const nothing = { asTheyAre: null, spoiled: null, difference: null };

async function measured(
  { metric: name, asTheyAre, dependence, weight, confidence, seed, ...rows }: RobustnessRequest,
  said: Scores,
  read: ReadColumns,
): Promise<Omit<Measured, 'kind'>> {
  const { compared } = chosenMetrics(rows.task, [name], 'bootstrap');
  const paired = await pairedRows({ ...rows, candidate: said, champion: asTheyAre }, read);
  const { candidate: spoiled, champion: before, kept, scored } = paired;
  const counts = { cells: said.cells ?? 0, asked: scored.champion ?? 0, answered: kept.length };
  const [metric] = compared;
  if (!metric || !before || kept.length === 0 || counts.cells === 0) return { ...counts, ...nothing };
  const weights = weight === null ? null : await readWeights(weight, rows.holdout, kept, read);
  const { units } = await dependenceOf(dependence, rows.holdout, kept, () => lossesOf(compared, paired), read);
  const differences = differencesOf(compared, spoiled, before, { weights, units, confidence, seed });
  return {
    ...counts,
    asTheyAre: figure(compute(metric, before, weights ?? undefined)),
    spoiled: figure(compute(metric, spoiled, weights ?? undefined)),
    difference: differences[name] ?? null,
  };
}
