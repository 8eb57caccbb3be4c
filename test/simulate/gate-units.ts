/** How often the gate's comparison promotes models that are no better where rows hang together. */

import { chosenBlocks } from '#measures/evaluation/time-blocks.ts';
import { compareModels } from '#measures/statistics/compare/compare.ts';
import type { Metric } from '#measures/statistics/metric.ts';
import { pairedBootstrap } from '#measures/statistics/paired-bootstrap.ts';
import { metrics } from '#measures/statistics/registry.ts';
import type { RegressionRows, Rows } from '#measures/statistics/rows.ts';
import { unitsOf } from '#measures/statistics/units.ts';
import { CONFIDENCE } from './gate.ts';
import { classified, type Dependence, distanceFor, type PairOf, regressed, sizesOf } from './gate-world.ts';
import { type Study, share } from './study.ts';
import { normals } from './watch-world.ts';

/** Deviation of what a unit does to each model. */
const EFFECT = 0.5;
const RESAMPLES = 200;
/** Between the figures of one world: they are drawn together. */
const SEPARATOR = ' | ';
type Name = 'roc_auc' | 'mae';
const metricOf = (name: Name): Metric =>
  (name === 'mae' ? metrics.regression : (metrics.binary as readonly Metric[])).find(
    (metric) => metric.name === name,
  ) as Metric;
const worldOf = (normal: () => number, name: Name, rows: number, hangs: Dependence): PairOf<Rows> =>
  name === 'mae' ? regressed(normal, rows, 1, hangs) : classified(normal, rows, distanceFor(name, 0), hangs);

/** How units are judged, by name; the first takes rows as independent. */
export const ways = {
  'rows drawn': (metric, { candidate, champion }, seed) =>
    pairedBootstrap([metric], candidate, champion, { resamples: RESAMPLES, confidence: CONFIDENCE, seed })[0]?.lower,
  'units drawn, percentiles': (metric, { candidate, champion, unit }, seed) => {
    const options = { resamples: RESAMPLES, confidence: CONFIDENCE, seed, units: unitsOf(unit) };
    return pairedBootstrap([metric], candidate, champion, options)[0]?.lower;
  },
  'as evaluate does': (metric, { candidate, champion, unit }, seed) => {
    const options = { by: 'bootstrap', resamples: RESAMPLES, confidence: CONFIDENCE, seed } as const;
    const units = { units: unitsOf(unit), kind: 'clusters' } as const;
    return compareModels([metric], candidate, champion, { ...options, ...units })[0]?.lower;
  },
  't by units': (metric, { candidate, champion, unit }, seed) => {
    const options = { by: 't', resamples: 0, confidence: CONFIDENCE, seed } as const;
    const units = { units: unitsOf(unit), kind: 'clusters' } as const;
    return compareModels([metric], candidate, champion, { ...options, ...units })[0]?.lower;
  },
} satisfies Record<string, (metric: Metric, pair: PairOf<Rows>, seed: number) => number | undefined>;

/** Of so many draws, how often the interval lies above 0, by way. */
export function promotions(
  name: Name,
  hangs: Dependence,
  asked: readonly (keyof typeof ways)[],
  { draws, seed }: { draws: number; seed: number },
): number[] {
  const normal = normals(seed);
  const metric = metricOf(name);
  const rows = hangs.units.reduce((sum, size) => sum + size, 0);
  const promoted = asked.map(() => 0);
  for (let draw = 0; draw < draws; draw++) {
    const pair = worldOf(normal, name, rows, hangs);
    for (const [at, way] of asked.entries())
      if ((ways[way](metric, pair, draw) as number) > 0) promoted[at] = (promoted[at] as number) + 1;
  }
  return promoted;
}

/** Rows that follow each other: an AR(1) loss difference without a mean, judged by rows and by blocks of a chosen length. */
export function series(rows: number, correlation: number, { draws, seed }: { draws: number; seed: number }): number[] {
  const normal = normals(seed);
  const promoted = [0, 0];
  const y = new Float64Array(rows);
  const times = y.map((_, row) => row * 60_000);
  for (let draw = 0; draw < draws; draw++) {
    const gains = new Float64Array(rows);
    let state = normal();
    for (let row = 0; row < rows; row++) {
      state = correlation * state + Math.sqrt(1 - correlation ** 2) * normal();
      gains[row] = state;
    }
    // Errors of 10 and of 10 less the gain: what a row gains is the series itself.
    const rowsOf = (predicted: Float64Array): RegressionRows => ({ task: 'regression', y, predicted });
    const pair = { candidate: rowsOf(gains.map((gain) => 10 - gain)), champion: rowsOf(y.map(() => 10)) };
    const { units } = chosenBlocks(times, gains);
    const lowers = [
      ways['rows drawn'](metricOf('mae'), { ...pair, unit: units.of }, draw),
      ways['as evaluate does'](metricOf('mae'), { ...pair, unit: units.of }, draw),
    ];
    for (const [at, lower] of lowers.entries()) if ((lower as number) > 0) promoted[at] = (promoted[at] as number) + 1;
  }
  return promoted;
}

export const gateUnits: Study = {
  name: 'gate-units',
  page: 'gate-simulations',
  shows: `No true difference, but each unit (a day, a customer) makes either model better or worse by a deviation of ${EFFECT} of the score, in all its rows; promoted when the 95 % interval lies above 0: 2.5 % is what is stated.`,
  run({ seed, draws, cell }) {
    const row = (label: string, name: Name, units: number, rows: number, alike: boolean, many: number) => {
      const asked = (Object.keys(ways) as (keyof typeof ways)[]).filter(
        (way) => name === 'mae' || way !== 't by units',
      );
      const hangs = { units: sizesOf(units, rows, alike), effect: EFFECT };
      const text = cell(label, () => {
        const found = promotions(name, hangs, asked, { draws: draws ?? many, seed });
        return [...found.map((each) => share(each, draws ?? many)), ...(found.length < 4 ? ['–'] : [])].join(SEPARATOR);
      });
      return [label, ...text.split(SEPARATOR)];
    };
    const kinds = ['roc_auc', 'mae'] as const;
    const days = kinds.flatMap((name) =>
      [8, 12, 20, 50, 100].map((units) =>
        row(`${name}, ${units} days of 20 rows`, name, units, units * 20, true, 2_000),
      ),
    );
    const unequal = kinds.flatMap((name) =>
      [12, 20, 50, 100, 200, 500].map((units) =>
        row(`${name}, ${units} customers, 10 rows in the mean`, name, units, units * 10, false, 2_000),
      ),
    );
    const following = [0, 0.5, 0.9].flatMap((correlation) =>
      [500, 2_000].map((rows) => {
        const many = draws ?? 2_000;
        const label = `correlation ${correlation} from row to row, ${rows.toLocaleString('en-US')} rows`;
        const text = cell(label, () =>
          series(rows, correlation, { draws: many, seed })
            .map((each) => share(each, many))
            .join(SEPARATOR),
        );
        return [label, ...text.split(SEPARATOR)];
      }),
    );
    const columns = ['world', ...Object.keys(ways)];
    return [
      { title: 'Days of one size.', columns, rows: days },
      { title: 'Customers with few and with many rows.', columns, rows: unequal },
      {
        title:
          'Rows that follow each other within less than eight days: blocks of a length chosen by their autocorrelation.',
        columns: ['world', 'rows drawn', 'as evaluate does'],
        rows: following,
      },
    ];
  },
};
