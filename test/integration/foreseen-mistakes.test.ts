/** What `ratchet check` finds out of a whole pipeline before a run does: files of programs, and metrics. */
import { afterEach, expect, it } from 'vitest';
import { findPipelines } from '#workers/code/find-pipelines.ts';
import { foreseenMistakes } from '#workers/code/foreseen-mistakes.ts';
import { makeProject, type Project } from '../fixtures/project.ts';

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
