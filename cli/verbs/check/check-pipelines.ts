/** `ratchet check`. */
import { dirname, relative } from 'node:path';
import { glob } from 'tinyglobby';
import { UserError } from '#contracts/failures.ts';
import { findPipeline, findPipelines, type PipelineFolder } from '#workers/code/find-pipelines.ts';
import { foreseenMistakes } from '#workers/code/foreseen-mistakes.ts';
import { exitCode } from '../../kit/exit-codes.ts';
import { createOutput } from '../../kit/output.ts';
import { projectRoot } from '../../kit/project.ts';
import { checkReferences, type Problem } from './check-references.ts';
import { withSourceColumns } from './source-columns.ts';

async function foreseen(root: string, pipelines: readonly PipelineFolder[]) {
  const found = await withSourceColumns(root, (look) => foreseenMistakes(root, pipelines, look));
  const problems = found.flatMap(({ pipeline, mistakes }) =>
    mistakes.map(({ at, message }): Problem => {
      const [, file, line] = /^(.+?):(\d+)(?::\d+)?$/.exec(at ?? '') ?? [];
      const entry = pipelines.find(({ name }) => name === pipeline)?.entry ?? '';
      return { file: file ?? relative(root, entry), line: Number(line ?? 1), column: 1, message };
    }),
  );
  return { problems, notes: found.flatMap(({ pipeline, notes }) => notes.map((note) => `${pipeline}: ${note}`)) };
}

export async function checkPipelines(name: string | undefined, json: boolean): Promise<void> {
  const out = createOutput(json);
  const root = projectRoot();
  const pipelines = name ? [await findPipeline(root, name)] : await findPipelines(root);
  if (pipelines.length === 0)
    throw new UserError('InvalidInput', `There is no pipeline in ${root}/pipelines: \`ratchet init\` writes one.`);
  const files = (
    await Promise.all(pipelines.map(({ entry }) => glob(['**/*.{ts,mts}'], { cwd: dirname(entry), absolute: true })))
  ).flat();
  const references = checkReferences(files);
  // Of a graph that is misread as it is written, what it would do says nothing.
  const { problems, notes } =
    references.length > 0 ? { problems: references, notes: [] } : await foreseen(root, pipelines);
  out.object({ files: files.map((file) => relative(root, file)), problems, notes });
  for (const note of notes) if (!json) out.note(note);
  for (const problem of problems) out.print(`${problem.file}:${problem.line}  ${problem.message}`);
  out.print(
    problems.length === 0
      ? `No mistake found in ${files.length} ${files.length === 1 ? 'file' : 'files'} of ${pipelines.map((one) => one.name).join(', ')}.`
      : `${problems.length} to mend.`,
  );
  if (problems.length > 0) process.exitCode = exitCode.refused;
}
