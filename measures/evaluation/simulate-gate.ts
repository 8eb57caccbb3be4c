/**
 * What a gate's comparison does on holdouts of this size: how often it promotes a candidate that is no better, and how often
 * one that is better by so much. Runs in the data host (Tables.compute): it blocks for as long as it takes.
 */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { UserError } from '#contracts/failures.ts';
import type { ParsedGateRules } from '#contracts/gate-rules.ts';
import type { CompareBy } from '#contracts/stages/evaluate.ts';
import { boundOf, outcomeOf } from '#decisions/gate/rules/comparison.ts';
import { LEAST_UNITS, unitsInWords } from '#decisions/gate/units.ts';
import type { ReadColumns } from '#ports/tables.ts';
import { type ComparedPair, compareModels } from '../statistics/compare/compare.ts';
import { rowCount } from '../statistics/metric.ts';
import { normalQuantile } from '../statistics/normal-quantile.ts';
import { joined, pick, type Rows } from '../statistics/rows.ts';
import { membersOf, singleRows, type Units } from '../statistics/units.ts';
import { chosenMetrics } from './chosen-metrics.ts';
import { type DependenceRequest, dependenceOf } from './dependence.ts';
import { lossesOf } from './losses.ts';
import { pairedRows } from './rows.ts';
import type { RowsRequest } from './rows-request.ts';

export interface SimulationRequest extends RowsRequest {
  /** Its comparison alone is simulated: what a floor or a slice would refuse besides is not in the shares. */
  readonly rules: ParsedGateRules;
  readonly compareBy: CompareBy;
  readonly dependence: DependenceRequest;
  /** Rows of the holdouts that are drawn; null: as many as there are. */
  readonly rows: number | null;
  /** Holdouts that are drawn; null: as many as a minute has time for, 200 at least and 2,000 at most. */
  readonly repetitions: number | null;
  /** Power that {@link Simulation.needed} asks for. */
  readonly power: number;
  readonly bootstrap: { readonly resamples: number; readonly confidence: number; readonly seed: number };
}

export interface Simulation {
  readonly metric: string;
  /** What the interval has to lie above. */
  readonly bound: number;
  /** Of a holdout: rows, and what of it is independent. */
  readonly rows: number;
  readonly units: {
    readonly by: 'rows' | 'blocks' | 'clusters';
    readonly count: number;
    readonly length?: string | undefined;
  };
  readonly method: string;
  readonly repetitions: number;
  /** Of the difference on such a holdout. */
  readonly standardError: number;
  readonly promoted: readonly {
    /** What the candidate is better by in truth, in the metric's unit. */
    readonly better: number;
    readonly share: number;
    /** Standard error of the share, for being simulated. */
    readonly error: number;
  }[];
  /** Rows from which on a candidate that is better by so much is promoted with the power asked for. */
  readonly needed: readonly { readonly better: number; readonly rows: number }[];
  readonly power: number;
}

/** Row × resample that a minute has time for. */
const AFFORDED = 4e9;
const MULTIPLES = [1, 2, 4];

/**
 * Holdouts are drawn from the rows given, whole units with replacement; in each unit the two models change their places by
 * the toss of a coin, so that neither is better in truth, whatever they are (the exchange of a permutation test; Good 2005,
 * ch. 3). Each is judged as the gate judges. A candidate that is better by so much has its whole interval so much higher.
 * @throws UserError InvalidInput for a metric that cannot be compared on these rows
 */
export async function simulateGate(request: SimulationRequest, read: ReadColumns): Promise<Simulation> {
  const { bootstrap, compareBy, power, rules } = request;
  const { compared } = chosenMetrics(request.task, [rules.metric], compareBy);
  const [metric] = compared;
  const paired = await pairedRows(request, read);
  const { candidate, champion, kept } = paired;
  if (!metric || !champion) throw new UserError('InvalidInput', 'a simulation needs two models: give --against');
  const losses = () => lossesOf(compared, paired);
  const { kind, units, unit } = await dependenceOf(request.dependence, request.holdout, kept, losses, read);
  if (unit.count < LEAST_UNITS)
    throw new UserError(
      'InvalidInput',
      `the rows are only ${unitsInWords(unit)}: what other holdouts would look like cannot be drawn from fewer than ${LEAST_UNITS}`,
    );
  const world = new World(candidate, champion, units ?? singleRows(kept.length), bootstrap.seed);
  const rows = request.rows ?? kept.length;
  const count = Math.max(1, Math.round(world.units * (rows / kept.length)));
  const cost = rows * (compareBy === 'bootstrap' ? bootstrap.resamples : 10);
  const repetitions = request.repetitions ?? Math.round(Math.min(2_000, Math.max(200, AFFORDED / cost)));
  const found: ComparedPair[] = [];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const drawn = world.draw(count);
    const how = {
      ...{ ...bootstrap, seed: bootstrap.seed + repetition + 1 },
      ...{ by: compareBy, kind, units: kind === null ? null : drawn.units, weights: null },
    };
    const [pair] = compareModels([metric], drawn.candidate, drawn.champion, how);
    if (!pair) throw cannotCompare(metric.name);
    found.push(pair);
  }
  const standardError = deviation(found.map(({ difference }) => difference).filter(Number.isFinite));
  if (!(standardError > 0)) throw cannotCompare(metric.name);
  const bound = boundOf(rules);
  const truths = truthsOf(bound, standardError);
  const quantiles = normalQuantile(1 - (1 - bootstrap.confidence) / 2) + normalQuantile(power);
  const perUnit = kept.length / world.units;
  return {
    ...{ metric: metric.name, bound, repetitions, standardError, power },
    ...{ rows: Math.round(count * perUnit), units: { ...unit, count }, method: found[0]?.method ?? '' },
    promoted: truths.map((better) => {
      const passed = found.filter((pair) => outcomeOf(betterBy(pair, better), count, bound) === 'passed');
      const share = passed.length / repetitions;
      return { better, share, error: Math.sqrt((share * (1 - share)) / repetitions) };
    }),
    // The error of a difference falls with the root of the independent units.
    needed: truths
      .filter((better) => better > bound)
      .map((better) => {
        const units = count * ((quantiles * standardError) / (better - bound)) ** 2;
        return { better, rows: Math.ceil(perUnit * Math.max(LEAST_UNITS, units)) };
      }),
  };
}

/** What the candidate is better by in truth: none, and multiples of the minimum effect, or, without one, of the standard error. */
function truthsOf(bound: number, standardError: number): number[] {
  if (bound < 0) return [bound, 0];
  return [0, ...MULTIPLES.map((times) => times * (bound || standardError))];
}

const betterBy = ({ lower, upper, difference, candidate, champion }: ComparedPair, by: number) => ({
  ...{ candidate, champion },
  ...{ difference: difference + by, lower: lower + by, upper: upper + by },
});

const cannotCompare = (metric: string) =>
  new UserError(
    'InvalidInput',
    `${metric} cannot be compared on holdouts drawn from these rows: are both classes there, and do the two models differ?`,
  );

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1));
}

/** What holdouts are drawn from. */
class World {
  readonly units: number;
  private readonly both: Rows;
  private readonly rows: number;
  private readonly members: ReturnType<typeof membersOf>;
  private readonly random: ReturnType<typeof xoroshiro128plus>;
  constructor(candidate: Rows, champion: Rows, units: Units, seed: number) {
    this.rows = rowCount(candidate);
    this.both = joined(candidate, champion);
    this.units = units.count;
    this.members = membersOf(units);
    this.random = xoroshiro128plus(seed);
  }
  /** @param count units of the holdout */
  draw(count: number): { candidate: Rows; champion: Rows; units: Units } {
    const { starts, rows } = this.members;
    const chosen = Array.from({ length: count }, () => {
      const unit = Math.floor(((this.random.next() >>> 0) / 0x1_0000_0000) * this.units);
      return { unit, turned: this.random.next() >>> 31 === 1 };
    });
    const size = chosen.reduce((sum, { unit }) => sum + (starts[unit + 1] as number) - (starts[unit] as number), 0);
    const [own, theirs, of] = [new Int32Array(size), new Int32Array(size), new Int32Array(size)];
    let at = 0;
    for (const [number, { unit, turned }] of chosen.entries())
      for (let member = starts[unit] as number; member < (starts[unit + 1] as number); member++, at++) {
        const row = rows[member] as number;
        own[at] = turned ? row + this.rows : row;
        theirs[at] = turned ? row : row + this.rows;
        of[at] = number;
      }
    return { candidate: pick(this.both, own), champion: pick(this.both, theirs), units: { of, count } };
  }
}
