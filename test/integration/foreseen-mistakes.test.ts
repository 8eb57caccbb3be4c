/** What `ratchet check` finds out of a whole pipeline before a run does: files of programs, and metrics. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { findPipelines } from '#workers/code/find-pipelines.ts';
import { foreseenMistakes } from '#workers/code/foreseen-mistakes.ts';
import { makeProject, type Project, pipelineOf } from '../fixtures/project.ts';

let project: Project;
afterEach(() => project?.remove());

const pipeline = (trainer: string, metric: string) => `import { continuousTraining, python } from 'ratchet-ml';
export default continuousTraining({
  name: 'bikes', data: 'd.csv', target: 'hires', task: 'regression', trainer: ${trainer},
  rules: { metric: '${metric}', minimumEffect: 0 },
});
`;
const mistakes = async (trainer: string, metric = 'rmse') => {
  project = await makeProject({
    'package.json': '{"type":"module"}',
    'pipelines/bikes/pipeline.ts': pipeline(trainer, metric),
    'pipelines/bikes/train.py': '',
  });
  const nothing = async () => ({ problems: [], notes: [] });
  const [found] = await foreseenMistakes(project.root, await findPipelines(project.root), nothing);
  return found?.mistakes ?? [];
};

it('nothing, where all is there', async () => expect(await mistakes("python('train.py')")).toEqual([]));

it.each([
  ["python('trian.py')", /pipeline "bikes": there is no trian\.py in .*pipelines\/bikes\./],
  ["python('train.py', { lock: 'mine.lock' })", /there is no lock file mine\.lock in .*pipelines\/bikes\./],
  ["python('train.py', { files: ['*.R'] })", /no file in .*pipelines\/bikes matches "\*\.R"/],
])('a file that is not there: %s', async (trainer, words) => {
  expect(await mistakes(trainer)).toEqual([{ at: null, message: expect.stringMatching(words) }]);
});

it('a metric that the task has not, with its place, beside what else is wrong', async () => {
  expect(await mistakes("python('trian.py')", 'rsme')).toEqual([
    { at: null, message: expect.stringContaining('trian.py') },
    { at: 'pipelines/bikes/pipeline.ts:2', message: expect.stringMatching(/^compare of evaluate names "rsme"/) },
    { at: 'pipelines/bikes/pipeline.ts:2', message: expect.stringMatching(/^rules\.metric of gate names "rsme"/) },
  ]);
});

it('of many pipelines, whose graphs one process builds: each is told what it is told alone', async () => {
  const noting = "import { appendFileSync } from 'node:fs';\nappendFileSync('loads', process.pid + '\\n');\n";
  const named = (name: string, more: string) =>
    `${noting}import { definePipeline } from 'ratchet-ml';\nimport { z } from 'zod';\nexport default definePipeline({ name: '${name}',\n${more} });\n`;
  const good = Array.from({ length: 12 }, (_, n) => `good-${n}`);
  project = await makeProject({
    'package.json': '{"type":"module"}',
    ...Object.fromEntries(
      good.map((name) => [`pipelines/${name}/pipeline.ts`, `${noting}${pipelineOf(name, { fit: '() => 1' })}`]),
    ),
    'pipelines/bikes/pipeline.ts': `${noting}${pipeline("python('trian.py')", 'rsme')}`,
    'pipelines/wants/pipeline.ts': named('wants', 'params: z.object({ rounds: z.number() }), graph: () => null'),
    'pipelines/throws/pipeline.ts': named(
      'throws',
      "params: z.object({}),\n graph: () => { throw new Error('no luck'); }",
    ),
  });
  const nothing = async () => ({ problems: [], notes: [] });
  const pipelines = await findPipelines(project.root);
  const check = async () => (await foreseenMistakes(project.root, pipelines, nothing)).flat();
  const loads = async () => new Set((await readFile(join(project.root, 'loads'), 'utf8')).trim().split('\n')).size;
  const found = await check();
  // One for all, and one for each that is not built among others.
  expect(await loads()).toBe(2);
  const alone = [];
  for (const each of pipelines) alone.push(...(await foreseenMistakes(project.root, [each], nothing)));
  expect(found).toEqual(alone);
  const of = (name: string) => found.find((each) => each.pipeline === name);
  expect(of('bikes')?.mistakes.map(({ at }) => at)).toEqual([
    null,
    'pipelines/bikes/pipeline.ts:4',
    'pipelines/bikes/pipeline.ts:4',
  ]);
  expect(of('wants')).toMatchObject({
    mistakes: [],
    notes: [expect.stringMatching(/the graph was not built: .*rounds/)],
  });
  expect(of('throws')?.mistakes).toEqual([
    { at: null, message: expect.stringMatching(/throws\/pipeline\.ts:7: .*no luck/) },
  ]);

  // One that ends its process takes nobody with it.
  await project.write({
    'pipelines/exits/pipeline.ts': named('exits', 'params: z.object({}),\n graph: () => process.exit(3)'),
  });
  const all = await foreseenMistakes(project.root, await findPipelines(project.root), nothing);
  expect(all.filter((each) => each.pipeline !== 'exits')).toEqual(found);
  expect(all.find((each) => each.pipeline === 'exits')?.mistakes).toEqual([
    { at: null, message: expect.stringMatching(/exit/) },
  ]);
});
