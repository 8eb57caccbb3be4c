/** How often the concept test alarms without a cause, and finds what it must. */
import { changed, found, unchanged } from './concept-world.ts';
import type { Study } from './study.ts';

const sizes = [
  [100, 1000],
  [1000, 1000],
  [10_000, 200],
  [100_000, 40],
] as const;
const share = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} % of ${whole}`;

export const concept: Study = {
  name: 'concept',
  shows:
    'Three normal features, a category of five, a logistic P(Y|X), as many labelled rows in the reference as in the analysis. The test of residuals given X is called directly, with the raw scores; neither chunks nor the calibration of CBPE take part. A draw counts as found when the test says concept drift.',
  run({ seed, draws, progress }) {
    const quiet = Object.entries(unchanged).map(([name, world]) => [
      name,
      ...sizes.map(([rows, usual]) => {
        const many = draws ?? usual;
        const alarms = found(world, rows, many, seed);
        progress(`${name}, ${rows} rows: ${share(alarms, many)}`);
        return share(alarms, many);
      }),
    ]);
    const powers = Object.entries(changed).map(([name, world]) => [
      name,
      ...[500, 1000, 5000].map((rows) => {
        const many = draws ?? 200;
        const hits = found(world, rows, many, seed);
        progress(`${name}, ${rows} rows: ${share(hits, many)}`);
        return share(hits, many);
      }),
    ]);
    return [
      {
        title: 'False alarms: P(Y|X) has not changed (stated: at most 5 % of draws; the test is made at 1 %).',
        columns: ['world', ...sizes.map(([rows]) => `${rows.toLocaleString('en-US')} rows`)],
        rows: quiet,
      },
      {
        title: 'Found: P(Y|X) has changed.',
        columns: ['world', '500 rows', '1,000 rows', '5,000 rows'],
        rows: powers,
      },
    ];
  },
};
