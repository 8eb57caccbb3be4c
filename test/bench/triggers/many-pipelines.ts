/** A project of many small pipelines, as a platform team has them: a file each, with a step, a schedule and a row count. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const pipelineName = (n: number) => `many-${String(n).padStart(4, '0')}`;

/** Times of a week, one for each pipeline: minutes apart, as people write them. */
const cron = (n: number) => `${n % 60} ${Math.floor(n / 60) % 24} * * ${1 + (n % 5)}`;

/** @returns their names */
export function writePipelines(root: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => {
    const name = pipelineName(n);
    const folder = join(root, 'pipelines', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'pipeline.ts'), source(name, cron(n)));
    return name;
  });
}

const source = (
  name: string,
  weekly: string,
) => `import { any, definePipeline, defineStep, newRows, schedule } from 'ratchet-ml';
import { z } from 'zod';

const fit = defineStep({
  name: 'fit',
  input: z.object({ rounds: z.number() }),
  output: z.object({ fitted: z.number() }),
  cache: false,
  run: async ({ rounds }) => ({ fitted: rounds }),
});

export default definePipeline({
  name: '${name}',
  params: z.object({ rounds: z.number().int().default(100) }),
  graph: ({ params, run }) => run(fit, { rounds: params.rounds }).fitted,
  triggers: any(newRows({ atLeast: 1_000 }), schedule('${weekly}')),
});
`;
