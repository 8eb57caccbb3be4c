/** Rates of both models by group, and how unlike they are between groups. */
import { figure } from '#contracts/data.ts';
import {
  type AttributeFairness,
  criteriaOf,
  type Fairness,
  type FairnessAttribute,
  type RateName,
} from '#contracts/fairness.ts';
import { disparityOf, type Side } from '#decisions/fairness/disparities.ts';
import type { ReadColumns } from '#ports/tables.ts';
import type { Rows } from '../statistics/rows.ts';
import type { Units } from '../statistics/units.ts';
import { type RateByGroup, ratesByGroup } from './covariances.ts';
import { type Groups, groupsOf } from './groups.ts';
import { type FairRows, isPositive, OUTCOMES, type Outcomes, outcomesOf } from './outcomes.ts';
import { type Tally, tallied } from './tally.ts';

/** Groups of one attribute that are judged, at most: pairs grow with their square. */
const MOST_GROUPS = 50;
/** Small groups that are named. */
const NAMED = 50;

export interface FairnessRequest {
  readonly attributes: readonly FairnessAttribute[];
  /** Groups with fewer rows are counted, not judged. */
  readonly minimumGroupRows: number;
}
export interface FairlyCounted {
  readonly holdout: string;
  readonly candidate: FairRows;
  /** Of the same task, the same rows. */
  readonly champion: Rows | null;
  /** Rows of the holdout that count. */
  readonly kept: Int32Array;
  readonly weights: Float64Array | null;
  /** Null: rows are independent. */
  readonly units: Units | null;
  readonly by: Fairness['by'];
}

/** One pass over the rows for each attribute. */
export async function measureFairness(
  { attributes, minimumGroupRows }: FairnessRequest,
  counted: FairlyCounted,
  read: ReadColumns,
): Promise<Fairness> {
  const outcomes = outcomesOf(counted.candidate, counted.champion);
  const measured: AttributeFairness[] = [];
  for (const attribute of attributes) {
    const groups = await groupsOf(attribute, counted.holdout, counted.kept, read);
    measured.push(attributeFairness(groups, outcomes, minimumGroupRows, counted));
  }
  return { minimumGroupRows, by: counted.by, attributes: measured };
}

function attributeFairness(
  groups: Groups,
  outcomes: Outcomes,
  minimumRows: number,
  { candidate, champion, weights, units }: FairlyCounted,
): AttributeFairness {
  const bySize = largestFirst(groups);
  const enough = bySize.filter((group) => (groups.rows[group] as number) >= minimumRows);
  const small = bySize.slice(enough.length);
  const judged = enough.slice(0, MOST_GROUPS);
  const place = new Map(judged.map((group, at) => [group, at]));
  const numbers = Int32Array.from(groups.values, (_, group) => place.get(group) ?? -1);
  const counted = {
    groups: groups.of.map((group) => (group < 0 ? -1 : (numbers[group] as number))),
    outcomes: outcomes.of,
    ...{ weights, count: judged.length },
  };
  const tally = tallied(counted);
  const rates = ratesByGroup(outcomes.rates, outcomes.sides, counted, tally, units);
  const told = judged.map((group, at) => ({
    values: [...(groups.values[group] as readonly string[])],
    rows: groups.rows[group] as number,
    positives: candidate.task === 'binary' ? positivesOf(tally, at) : null,
    candidate: ratesAt(rates, at),
    champion: champion && ratesAt(rates, judged.length + at),
  }));
  const counts = (all: readonly number[]) => ({
    groups: all.length,
    rows: all.reduce((sum, group) => sum + (groups.rows[group] as number), 0),
  });
  const between = (side: Side) =>
    Object.fromEntries(
      criteriaOf(candidate.task).map((criterion) => {
        const { difference, ratio } = disparityOf(criterion, told, side);
        return [criterion, { difference: figure(difference.difference), ratio: figure(ratio.ratio) }];
      }),
    );
  return {
    columns: [...groups.columns],
    groups: told,
    candidate: between('candidate'),
    champion: champion && between('champion'),
    missing: groups.missing,
    small: small
      .slice(0, NAMED)
      .map((group) => ({ values: [...(groups.values[group] as string[])], rows: groups.rows[group] as number })),
    smallInAll: counts(small),
    leftOut: counts(enough.slice(MOST_GROUPS)),
    uncertainty: Object.fromEntries(rates.map(({ name, uncertainty }) => [name, uncertainty])),
  };
}

/** Ties by their values. */
function largestFirst({ rows, values }: Groups): number[] {
  const named = values.map((own) => JSON.stringify(own));
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return values
    .map((_, group) => group)
    .sort((a, b) => (rows[b] as number) - (rows[a] as number) || compare(named[a] as string, named[b] as string));
}

const ratesAt = (rates: readonly RateByGroup[], at: number): AttributeFairness['groups'][number]['candidate'] =>
  Object.fromEntries(
    rates.map(({ name, values }): [RateName, ReturnType<typeof figure>] => [name, figure(values[at] as number)]),
  );

function positivesOf({ rows }: Tally, group: number): number {
  let sum = 0;
  for (let outcome = 0; outcome < OUTCOMES; outcome++)
    if (isPositive(outcome)) sum += rows[group * OUTCOMES + outcome] as number;
  return sum;
}
