import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatasetRef, definePipeline, defineStep } from 'ratchet-ml';
import { z } from 'zod';

/** Hands on a reference; the rows go to the store. The same code and input again is served from the cache. */
const squares = defineStep({
  name: 'squares',
  input: z.object({ count: z.number().int().min(1) }),
  output: z.object({ rows: DatasetRef, sum: z.number() }),
  memory: '256mb',
  timeout: '1m',
  run: async ({ count }, { workdir, progress, saveDataset }) => {
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    progress(count, count, 'numbers squared');
    const path = join(workdir, 'squares.csv');
    await writeFile(path, `n,square\n${numbers.map((n) => `${n},${n * n}\n`).join('')}`);
    return { rows: await saveDataset(path, 'csv'), sum: numbers.reduce((sum, n) => sum + n * n, 0) };
  },
});

export default definePipeline({
  name: 'own-step',
  params: z.object({ count: z.number().int().default(10) }),
  graph: ({ params, run }) => {
    const { rows, sum } = run(squares, { count: params.count });
    return { rows: rows.rows, sum };
  },
});
