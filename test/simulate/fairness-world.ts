/** Drawn worlds of two models and groups of rows, whose true rates are known: alike in all groups, or apart in the last. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { AttributeFairness } from '#contracts/fairness.ts';
import { measureFairness } from '#measures/fairness/fairness.ts';
import type { BinaryRows } from '#measures/statistics/rows.ts';
import type { Units } from '#measures/statistics/units.ts';
import type { ReadColumns } from '#ports/tables.ts';

export interface FairWorld {
  /** Rows by group. */
  readonly groups: readonly number[];
  /** Shares: of positives, and of those and of negatives that either model selects. */
  readonly positives: number;
  readonly selected: readonly [ofPositives: number, ofNegatives: number];
  /** What the rows of a unit have in common, in log odds (one standard deviation), of a group's in each day or of a customer's. */
  readonly together?:
    | { readonly by: 'days'; readonly days: number }
    | { readonly by: 'customers'; readonly rows: number };
  /** Rows are taken as independent, whatever they have in common. */
  readonly takenAsRows?: boolean;
  /** Lognormal, of one standard deviation. */
  readonly weighted?: boolean;
  /** Of the last group's positives the candidate selects so many fewer. */
  readonly apart?: number;
}

const SPREAD = 0.5;
const logit = (share: number): number => Math.log(share / (1 - share));
const odds = (value: number): number => 1 / (1 + Math.exp(-value));

/** As it is measured; the same seed draws the same rows. */
export async function drawnFairness(world: FairWorld, seed: number): Promise<AttributeFairness> {
  const generator = xoroshiro128plus(seed);
  const random = () => ((generator.next() >>> 0) + 0.5) / 0x1_0000_0000;
  // Box and Muller, 1958.
  const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
  const rows = world.groups.reduce((sum, size) => sum + size, 0);
  const codes = new Int32Array(rows);
  const units: Units = { of: new Int32Array(rows), count: 0 };
  const [y, own, theirs] = [new Uint8Array(rows), new Float64Array(rows), new Float64Array(rows)];
  const weights = world.weighted ? new Float64Array(rows) : null;
  const { together, apart = 0 } = world;
  let [row, count] = [0, together?.by === 'days' ? together.days : 0];
  for (const [group, size] of world.groups.entries()) {
    const days = Float64Array.from({ length: together?.by === 'days' ? together.days : 0 }, normal);
    let common = 0;
    for (let at = 0; at < size; at++, row++) {
      if (together?.by === 'days') {
        const day = Math.floor(random() * together.days);
        units.of[row] = day;
        common = (days[day] as number) * SPREAD;
      } else if (together?.by === 'customers') {
        if (at % together.rows === 0) {
          common = normal() * SPREAD;
          count++;
        }
        units.of[row] = count - 1;
      }
      codes[row] = group;
      const positive = random() < odds(logit(world.positives) + common);
      y[row] = positive ? 1 : 0;
      const share = world.selected[positive ? 0 : 1];
      const less = positive && group === world.groups.length - 1 ? apart : 0;
      own[row] = random() < odds(logit(share - less) + common) ? 1 : 0;
      // Two models agree on most rows.
      theirs[row] =
        random() < 0.8 && less === 0 ? (own[row] as number) : random() < odds(logit(share) + common) ? 1 : 0;
      if (weights) weights[row] = Math.exp(normal());
    }
  }
  const side = (score: Float64Array): BinaryRows => ({ task: 'binary', y, score, threshold: 0.5 });
  const values = world.groups.map(String);
  const read = (async () => ({ rows, columns: { group: { codes, values } } })) as unknown as ReadColumns; // one column, whatever is asked for
  const { attributes } = await measureFairness(
    { attributes: ['group'], minimumGroupRows: 1 },
    {
      ...{ holdout: '', candidate: side(own), champion: side(theirs), kept: codes.map((_, at) => at), weights },
      ...(together && !world.takenAsRows
        ? { units: { ...units, count }, by: 'clusters' as const }
        : { units: null, by: 'rows' as const }),
    },
    read,
  );
  return attributes[0] as AttributeFairness;
}
