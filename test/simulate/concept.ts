/** How often the verdict on the concept alarms without a cause, and finds what it must. */
import { changed, found, unchanged, type World } from './concept-world.ts';
import type { Study } from './study.ts';

const quiet = [
  [100, 400],
  [1000, 400],
  [10_000, 60],
  [100_000, 8],
] as const;
const power = [
  [500, 100],
  [1000, 100],
  [5000, 200],
] as const;
const share = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} % of ${whole}`;
const rowsIn = (rows: number) => `${rows.toLocaleString('en-US')} rows`;

export const concept: Study = {
  name: 'concept',
  shows:
    'Three normal features, a category of five, a logistic P(Y|X) (of a regression: the same number with noise), as many labelled rows in the reference as in the analysis. The whole verdict of an estimate takes part: ten chunks on either side, calibration on the reference, the test of residuals given X. A draw counts as found when the verdict is concept drift.',
  async run({ seed, draws, progress }) {
    const counted = async (worlds: Readonly<Record<string, World>>, sizes: typeof quiet | typeof power) => {
      const lines: string[][] = [];
      for (const [name, world] of Object.entries(worlds)) {
        const line = [name];
        for (const [rows, usual] of sizes) {
          const many = Math.min(draws ?? usual, usual);
          line.push(share(await found(world, rows, many, seed), many));
        }
        progress(line.join(', '));
        lines.push(line);
      }
      return lines;
    };
    return [
      {
        title: 'False alarms: P(Y|X) has not changed (stated: at most 5 % of draws).',
        columns: ['world', ...quiet.map(([rows]) => rowsIn(rows))],
        rows: await counted(unchanged, quiet),
      },
      {
        title: 'Found: P(Y|X) has changed.',
        columns: ['world', ...power.map(([rows]) => rowsIn(rows))],
        rows: await counted(changed, power),
      },
    ];
  },
};
