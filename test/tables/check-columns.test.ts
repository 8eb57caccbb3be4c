/** `ratchet check` reads the headers of what pipelines name, and tells a wrong name before the first run does. */
import { createServer } from 'node:net';
import { continuousTraining, definePipeline, evaluate, featurize, python, train, validateData } from 'ratchet-ml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { withSourceColumns } from '#cli/verbs/check/source-columns.ts';
import { WatchPolicy } from '#contracts/watch.ts';
import { ratchetIn } from '../e2e/world/ratchet.ts';
import { makeProject, type Project } from '../fixtures/project.ts';

const flights = 'id,day,origin,tailnum,distance,late\n1,2026-01-01,JFK,N1,100,0\n2,2026-01-02,LGA,N2,200,1\n';
const weather = 'station,at,wind\nJFK,2026-01-01T00:00:00Z,3.5\n';
let project: Project;
beforeAll(async () => {
  project = await makeProject({
    'package.json': '{"type":"module"}',
    'pipelines/p/flights.csv': flights,
    'pipelines/p/weather.csv': weather,
    'pipelines/p/planes.jsonl': '{"tailnum":"N1","seats":100}\n',
    'pipelines/p/parts/a.csv': flights,
    'pipelines/p/parts/b.csv': flights,
    'pipelines/p/american.csv': flights.replaceAll('2026-01-', '01/').replaceAll(/(01\/0\d)/g, '$1/2026'),
  });
});
afterAll(() => project?.remove());

const asOf = '2026-03-01T00:00:00.000Z';
interface Compiled {
  compile(params: unknown, values: { champion: null; asOf: string }): Parameters<Look>[1];
  readonly watch?: unknown;
}
type Look = Parameters<Parameters<typeof withSourceColumns<unknown>>[1]>[0];
const look = (pipeline: Compiled) =>
  withSourceColumns(project.root, (columns) =>
    columns(
      'p',
      pipeline.compile({}, { champion: null, asOf }),
      !pipeline.watch ? null : WatchPolicy.parse(pipeline.watch),
    ),
  );
const told = async (pipeline: Compiled) => {
  const { problems, notes } = await look(pipeline);
  // What reads nothing is told where nothing can be read, too.
  expect(notes.filter((note) => !note.includes('s3://nowhere'))).toEqual([]);
  return problems.map(({ message }) => message);
};

type Options = Parameters<typeof continuousTraining>[0];
const preset = (more: Partial<Options>) =>
  continuousTraining({
    ...{ name: 'p', data: 'flights.csv', target: 'late', time: 'day', trainer: python('train.py') },
    ...{ train: '90d', holdout: '28d', rules: { metric: 'roc_auc', minimumEffect: 0 }, watch: {} },
    ...more,
  } as Options);
const view = { name: 'weather', source: 'weather.csv', time: 'at', on: { origin: 'station' } };
const past = { name: 'past', source: 'flights.csv', time: 'day', on: { origin: 'origin' }, prefix: 'past_' };

describe('a preset', () => {
  it.each<[string, Partial<Options>]>([
    ['as it is', {}],
    [
      'with a view, a target that is derived, and all options',
      {
        views: [view, { name: 'planes', source: 'planes.jsonl', on: { tailnum: 'tailnum' }, columns: ['seats'] }],
        ...{ derive: { windy: 'wind > 3', goal: 'late = 1' }, target: 'goal', where: 'windy', leakage: ['late'] },
        ...{ select: ['DISTANCE', 'seats', 'goal'], slices: ['distance'] },
      },
    ],
    [
      'with the last label that was known, as the message says, lags of what is known, and a lag that only leaves out rows',
      {
        views: [{ ...past, columns: ['late'], availableAfter: '14d' }],
        ...{ derive: { far: 'lag(distance) OVER (ORDER BY day)', twice: 'lag(late) OVER (ORDER BY day)' } },
        ...{ where: 'twice IS NULL', labelsAfter: '14d' },
      },
    ],
    ['of files by a glob', { data: 'parts/*.csv' }],
  ])('%s is in order', async (_, more) => {
    expect(await told(preset(more))).toEqual([]);
  });

  it.each<[Partial<Options>, RegExp]>([
    [
      { target: 'laet' },
      /^featurize: target: there is no column laet in flights\.csv; there are \(the nearest first\) late, .*\. Write late, if that is meant, or make laet with derive$/,
    ],
    [
      { time: 'date' },
      /^validateData: timeColumn: there is no column date in flights\.csv; .*\) (late|day), .*\. Write/,
    ],
    [{ select: ['distnace', 'late'] }, /^featurize: select: there is no column distnace .*Write distance, if/],
    [{ leakage: ['arrival'] }, /^featurize: leakage: there is no column arrival .*Write one of these$/],
    [{ where: 'origni = 1' }, /^featurize: where: there is no column origni .*Write origin, if that is meant, or make/],
    [{ derive: { far: 'distanec > 1' } }, /^featurize: derive\.far: there is no column distanec /],
    [{ derive: { far: 'distance >' } }, /^featurize: derive\.far: "distance >" is not an expression/],
    [{ derive: { late: '1' } }, /^featurize: derive brings the column late, which data has already/],
    [{ slices: ['orign'] }, /^evaluate: slices: there is no column orign in what featurize selects; .*\) origin, /],
    [
      {
        rules: {
          ...{ metric: 'roc_auc', minimumEffect: 0 },
          fairness: [{ attribute: ['origin', 'carier'], criterion: 'demographic_parity', minRatio: 0.8 }],
        },
      },
      /^evaluate: fairness\.attributes: there is no column carier in what featurize selects/,
    ],
    [{ select: ['id', 'late'], slices: ['origin'] }, /^evaluate: slices: there is no column origin in what featurize/],
    [
      { views: [{ ...view, on: { origni: 'station' } }] },
      /^featurize: view weather, on: there is no column origni in flights\.csv with weather\.csv; .*Write origin/,
    ],
    [
      { views: [{ ...view, on: { origin: 'statoin' } }] },
      /^featurize: view weather, on: there is no column statoin in weather\.csv; there are \(the nearest first\) station, /,
    ],
    [{ views: [{ ...view, time: 'att' }] }, /^weather: timeColumn: there is no column att in weather\.csv/],
    [
      { views: [{ ...view, columns: ['gust'] }] },
      /^featurize: view weather, columns: there is no column gust in weath/,
    ],
    [{ views: [{ ...view, on: { day: 'station' } }] }, /^featurize: view weather, on: day is DATE .*never equal/],
    [{ data: 'parts/*.csv', target: 'y' }, /^featurize: target: there is no column y in parts\/\*\.csv; /],
    [{ data: 'american.csv' }, /^validateData: timeColumn: day is VARCHAR, not a date or timestamp; write 2013-01-31/],
    [{ reading: { types: { dsitance: 'DOUBLE' } } }, /^validateData: types names the column dsitance, which/],
    [
      { derive: { before: 'lag(late) OVER (PARTITION BY origin ORDER BY day)' }, labelsAfter: '14d' },
      /^featurize: derive\.before looks at the target late of other rows: .* labels come 14d after their rows\. Join the last one that was known as a view, and leave this out of derive: views: \[\{ name: 'past', source: 'flights\.csv', time: 'day', on: \{ origin: 'origin' \}, columns: \['late'\], prefix: 'past_', availableAfter: '14d' \}\]$/,
    ],
    [
      {
        ...{ derive: { goal: 'distance > 5', rate: 'avg(goal::INT) OVER (ORDER BY day)' }, target: 'goal' },
        ...{ select: ['rate', 'goal'], data: 's3://nowhere/a.csv' },
      },
      /^featurize: derive\.rate looks at the target goal .*on: \{\}, columns: \['distance'\], .* availableAfter: '28d' \}\], with 28d being how late your labels are$/,
    ],
    [
      { derive: { before: 'lag(distance) OVER (ORDER BY day)' }, leakage: ['distance'], labelsAfter: '2d' },
      /^featurize: derive\.before looks at distance, known only after the fact, of other rows: .*columns: \['distance'\]/,
    ],
    [
      { views: [{ ...past, columns: ['late'] }], labelsAfter: '14d' },
      /^featurize: view past brings late of flights\.csv to the rows of flights\.csv themselves, .* labels come 14d after their rows\. Write availableAfter: '14d', or/,
    ],
    [
      { views: [{ ...past, columns: ['late'], availableAfter: '13d' }], labelsAfter: '14d' },
      /^featurize: view past brings late .*Write availableAfter: '14d', or/,
    ],
    [{ data: '../../../etc' }, /^validateData: source \.\.\/\.\.\/\.\.\/etc leads out of the project/],
    [{ data: 'parts' }, /^validateData: parts is a folder: name its files/],
  ])('%j is told once, with what there is and what to write', async (more, message) => {
    const messages = await told(preset(more));
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(message);
  });
});

describe('a pipeline', () => {
  const made = (choose: string, watch?: object) =>
    definePipeline({
      ...{ name: 'p', model: 'p', params: z.object({}) },
      ...(watch ? { watch: { source: 'flights.csv', ...watch } as never } : {}),
      graph: ({ champion, run, when }) => {
        const data = run(validateData, { source: 'flights.csv', expectations: [] });
        const again = run(validateData, { source: data.snapshot, expectations: [], timeColumn: 'day', asOf });
        const features = run(featurize, { data: again.snapshot, target: 'late', select: ['distance', 'late'] });
        when(data.passed, () => {
          const candidate = run(train, { features: features.train, trainer: python('t.py'), target: choose });
          when(data.passed, () => {
            run(evaluate, { candidate: candidate.model, champion, holdout: features.holdout, target: choose });
          });
        });
      },
    });
  it('is followed from step to step, into its bodies', async () => {
    expect(await told(made('late'))).toEqual([]);
    expect(await told(made('day'))).toEqual([
      'train: target: there is no column day in what featurize selects; there are (the nearest first) late, distance. Write one of these, or make day with derive',
    ]);
  });
  it('has a watch of its own, which is looked at as well', async () => {
    const watch = { timeColumn: 'day', target: 'late', features: { select: ['id', 'late'] } };
    expect(await told(made('late', watch))).toEqual([]);
    expect(await told(made('late', { ...watch, target: 'labels' }))).toEqual([
      `watch: target: there is no column labels in flights.csv; there are (the nearest first) ${'late, day, id, origin, tailnum, distance'}. Write one of these, or make labels with derive`,
    ]);
    expect(await told(made('late', { target: 'y' }))).toEqual([expect.stringMatching(/^watch: target: there is no/)]);
  });
});

it('what cannot be looked at is said, and is no mistake', async () => {
  const refused = createServer();
  await new Promise<void>((go) => void refused.listen(0, '127.0.0.1', go));
  const address = refused.address();
  await new Promise((go) => refused.close(go));
  const env = {
    ...{ AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 1}` },
    ...{ AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'us-east-1' },
  };
  const pipeline = (data: string, target = 'late') => `import { continuousTraining, python } from 'ratchet-ml';
export default continuousTraining({
  name: 'NAME', data: '${data}', target: '${target}', trainer: python('train.py'), watch: {},
  rules: { metric: 'roc_auc', minimumEffect: 0 },
});
`;
  const write = (name: string, text: string) =>
    project.write({
      [`pipelines/${name}/pipeline.ts`]: text.replace('NAME', name),
      [`pipelines/${name}/train.py`]: '',
    });
  await write('stored', pipeline('s3://ratchet/in/*.csv'));
  await write('elsewhere', pipeline('s3://another-bucket/a.parquet'));
  await write('tomorrow', pipeline('tomorrow.csv'));
  await write('wrong', pipeline('../p/flights.csv', 'laet'));
  const said = await ratchetIn(project.root, env, 'check', '--json');
  expect(said.code).toBe(3);
  const { problems, notes } = JSON.parse(said.stdout);
  expect(problems).toEqual([
    {
      ...{ file: 'pipelines/wrong/pipeline.ts', line: 2, column: 1 },
      message: expect.stringMatching(/^featurize: target: there is no column laet in \.\.\/p\/flights\.csv; .* late, /),
    },
  ]);
  expect(notes.sort()).toEqual([
    expect.stringMatching(
      /^elsewhere: the columns of s3:\/\/another-bucket\/a\.parquet are not checked: .*another-bucket/,
    ),
    expect.stringMatching(/^stored: the columns of s3:\/\/ratchet\/in\/\*\.csv are not checked: .*cannot be reached/),
    expect.stringMatching(
      /^tomorrow: the columns of tomorrow\.csv are not checked: tomorrow\.csv is not there; looked/,
    ),
  ]);
  const one = await ratchetIn(project.root, env, 'check', 'tomorrow');
  expect(one).toMatchObject({ code: 0, stdout: 'No mistake found in 1 file of tomorrow.\n' });
  expect(one.stderr).toMatch(/^tomorrow: the columns of tomorrow\.csv are not checked/);
});
