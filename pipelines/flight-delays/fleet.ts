/** Tidies the list of planes with danfojs: some 3,300 rows, the size that a DataFrame in JavaScript is good for. */
import { join } from 'node:path';
import { DatasetRef, defineStep, FileRef } from 'ratchet-ml';
import { z } from 'zod';

/** Makers with fewer planes than this are lumped together: a category of three planes teaches nothing. */
const RARE = 50;

/** The first hour of the year's first flight: what the list says was known by then. */
const KNOWN_AT = '2013-01-01T00:00:00Z';

/** @returns how many planes and makers there are in the CSV file that it wrote */
export async function tidy(planes: string, fleet: string): Promise<{ planes: number; makers: number }> {
  const danfo = await import('danfojs-node');
  // Loaders differ in what they call the default of a CommonJS module.
  const dfd = danfo.default ?? danfo;
  const frame = await dfd.readCSV(planes);
  const counts = frame.column('manufacturer').valueCounts();
  const common = new Set(counts.index.filter((_maker, row) => Number(counts.values[row]) >= RARE));
  const maker = (frame.column('manufacturer').values as string[]).map((name) => (common.has(name) ? name : 'OTHER'));
  const tidied = frame.loc({ columns: ['tailnum', 'year', 'engines', 'seats'] });
  tidied.addColumn('manufacturer', maker, { inplace: true });
  tidied.addColumn('known_at', Array(maker.length).fill(KNOWN_AT), { inplace: true });
  dfd.toCSV(tidied, { filePath: fleet });
  return { planes: maker.length, makers: common.size + 1 };
}

export const tidyFleet = defineStep({
  name: 'tidyFleet',
  input: z.object({ planes: FileRef }),
  output: z.object({ fleet: DatasetRef, planes: z.number(), makers: z.number() }),
  run: async ({ planes }, { localPath, saveDataset, workdir }) => {
    const path = join(workdir, 'fleet.csv');
    const counts = await tidy(await localPath(planes), path);
    return { fleet: await saveDataset(path, 'csv'), ...counts };
  },
});
