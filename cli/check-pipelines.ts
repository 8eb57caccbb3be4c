/** `ratchet check`. */
import { dirname, relative } from 'node:path';
import { glob } from 'tinyglobby';
import { UserError } from '#contracts/failures.ts';
import { findPipeline, findPipelines } from '#workers/code/find-pipelines.ts';
import { checkReferences } from './check-references.ts';
import { exitCode } from './exit-codes.ts';
import { createOutput } from './output.ts';
import { projectRoot } from './project.ts';

export async function checkPipelines(name: string | undefined, json: boolean): Promise<void> {
  const out = createOutput(json);
  const root = projectRoot();
  const pipelines = name ? [await findPipeline(root, name)] : await findPipelines(root);
  if (pipelines.length === 0)
    throw new UserError('InvalidInput', `There is no pipeline in ${root}/pipelines: \`ratchet init\` writes one.`);
  const files = (
    await Promise.all(pipelines.map(({ entry }) => glob(['**/*.{ts,mts}'], { cwd: dirname(entry), absolute: true })))
  ).flat();
  const problems = checkReferences(files);
  out.object({ files: files.map((file) => relative(root, file)), problems });
  for (const problem of problems) out.print(`${problem.file}:${problem.line}  ${problem.message}`);
  out.print(
    problems.length === 0
      ? `No mistake found in ${files.length} ${files.length === 1 ? 'file' : 'files'} of ${pipelines.map((one) => one.name).join(', ')}.`
      : `${problems.length} to mend.`,
  );
  if (problems.length > 0) process.exitCode = exitCode.refused;
}
