/** Copies of the small pipeline, each under a name and a model of its own, so that test files do not meet. */
import { copyFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { projectFolder, sources } from './ratchet.ts';
import { writeRows } from './rows.ts';

export interface Copy {
  readonly name: string;
  readonly folder: string;
  path(file: string): string;
  read(file: string): string;
  write(file: string, body: string | Uint8Array): void;
  /** Replaces `from`, which must be there. */
  edit(file: string, from: string, to: string): void;
}

/** A stack that is kept has the models of the last time: a new name has none. */
const kept = process.env.RATCHET_E2E_KEEP === '1' ? `-${Date.now().toString(36)}` : '';

export function copyOfSmall(prefix: string): Copy {
  const name = `${prefix}${kept}`;
  const folder = `${projectFolder}/pipelines/${name}`;
  rmSync(folder, { recursive: true, force: true });
  cpSync(fileURLToPath(new URL('../pipelines/small', import.meta.url)), folder, { recursive: true });
  // The flagship's lock: one environment for all trainers of the suite.
  copyFileSync(`${sources}pipelines/flight-delays/requirements.lock`, `${folder}/requirements.lock`);
  writeRows(`${folder}/data.csv`);
  const copy = pipelineIn(name);
  copy.write('pipeline.ts', copy.read('pipeline.ts').replaceAll("'small'", `'${name}'`));
  return copy;
}

/** A pipeline of the project, whoever wrote it. */
function pipelineIn(name: string): Copy {
  const folder = `${projectFolder}/pipelines/${name}`;
  const path = (file: string) => `${folder}/${file}`;
  const read = (file: string) => readFileSync(path(file), 'utf8');
  const write = (file: string, body: string | Uint8Array) => writeFileSync(path(file), body);
  return {
    name,
    folder,
    path,
    read,
    write,
    edit: (file, from, to) => {
      const text = read(file);
      if (!text.includes(from)) throw new Error(`${file} does not hold ${from}`);
      write(file, text.replace(from, to));
    },
  };
}

/** Source of a pipeline with a loop, whose one step needs neither data nor a trainer. @param triggers as its file has them */
export const oneStepSource = (
  name: string,
  triggers: string,
) => `import { any, definePipeline, defineStep, drift, newRows, schedule } from 'ratchet-ml';
import { z } from 'zod';
const fit = defineStep({
  name: 'fit', input: z.object({}), output: z.object({ fitted: z.boolean() }), run: async () => ({ fitted: true }),
});
export default definePipeline({
  name: '${name}',
  params: z.object({}),
  graph: ({ run }) => run(fit, {}).fitted,
  triggers: ${triggers},
});
`;
