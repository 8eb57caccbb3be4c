/** Tidies the list of planes with danfojs: some 3,300 rows, the size that a DataFrame in JavaScript is good for. */
import { join } from 'node:path';
import { DatasetRef, defineStep, FileRef } from 'ratchet-ml';
import { z } from 'zod';

/** Makers with fewer planes than this are lumped together: a category of three planes teaches nothing. */
const RARE = 50;

export const tidyFleet = defineStep({
  name: 'tidyFleet',
  input: z.object({ planes: FileRef }),
  output: z.object({ fleet: DatasetRef, planes: z.number(), makers: z.number() }),
  run: async ({ planes }, { localPath, saveDataset, workdir }) => {
    const { default: dfd } = await import('danfojs-node');
    const frame = await dfd.readCSV(await localPath(planes));
    const counts = frame.column('manufacturer').valueCounts();
    const common = new Set(counts.index.filter((_maker, row) => Number(counts.values[row]) >= RARE));
    const maker = (frame.column('manufacturer').values as string[]).map((name) => (common.has(name) ? name : 'OTHER'));
    const fleet = frame.loc({ columns: ['tailnum', 'year', 'engines', 'seats'] });
    fleet.addColumn('manufacturer', maker, { inplace: true });
    const path = join(workdir, 'fleet.csv');
    dfd.toCSV(fleet, { filePath: path });
    return { fleet: await saveDataset(path, 'csv'), planes: maker.length, makers: common.size + 1 };
  },
});
